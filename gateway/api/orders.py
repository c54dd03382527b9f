"""Orders: the list of requests (依頼一覧), one request, and its cancellation."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_orders",
    __name__,
    tag={"name": "Orders", "description": "Requests and their state, for console accounts."},
)

OrderStatus = Literal["pending", "in_progress", "completed", "partially_failed", "failed", "cancelled"]
OrderKind = Literal["NS", "RC", "GR", "CS", "RS", "SR", "SG", "SC", "SD", "PR", "OP", "TM"]

ORDER = {
    "number": "TC1000-00009-RC260001",
    "kind": "RC",
    "status": "pending",
    "customer_code": "TC1000-00009",
    "applicant": "minato-operator",
    "accepted_at": "2026-03-11T03:00:00Z",
    "start_date": "2026-04-01",
    "not_before": "2026-03-31T15:00:00Z",
    "not_after": "2026-03-31T15:30:00Z",
    "executed_at": None,
    "cancelled_at": None,
    "price_yen": 900,
    "gigabytes": 3,
    "valid_through": "2026-07-31",
    "cancellable": True,
    "cancellable_until": "2026-03-31T15:00:00Z",
    "sim_serial": "AF0000000001",
    "msisdn": "02012345678",
    "reason": None,
}
_ITEM = {
    "item": 1,
    "sim_serial": "AF0000000001",
    "msisdn": "02012345678",
    "state": "pending",
    "executed_at": None,
    "reason": None,
}
_STEP = {
    "at": "2026-03-11T03:00:00Z",
    "status": "pending",
    "actor": "minato-operator",
    "late": False,
    "reason": None,
}


class Order(Answer):
    """A request (依頼)."""

    model_config = example(ORDER)

    number: str
    kind: OrderKind
    status: OrderStatus
    customer_code: str
    applicant: str
    accepted_at: datetime
    start_date: date
    not_before: datetime = Field(description="start of the window in which it is carried out")
    not_after: datetime
    executed_at: datetime | None
    cancelled_at: datetime | None
    price_yen: int
    gigabytes: int
    valid_through: date = Field(description="last day of the data bought")
    cancellable: bool
    cancellable_until: datetime | None = Field(
        description="exclusive; null for an order that starts the day it is placed"
    )
    sim_serial: str
    msisdn: str
    reason: str | None = Field(description="why it failed")


class OrderItem(Answer):
    """One SIM of an order."""

    model_config = example(_ITEM)

    item: int = Field(description="counts from 1")
    sim_serial: str
    msisdn: str
    state: Literal["pending", "in_progress", "completed", "failed", "cancelled"]
    executed_at: datetime | None
    reason: str | None


class OrderStep(Answer):
    """A change of an order's status."""

    model_config = example(_STEP)

    at: datetime
    status: OrderStatus
    actor: str = Field(description="login ID, or empty for the system")
    late: bool = Field(description="whether work began after the promised window")
    reason: str | None


class OrderDetail(Order):
    model_config = example({**ORDER, "items": [_ITEM], "history": [_STEP]})

    items: list[OrderItem]
    history: list[OrderStep] = Field(description="oldest first")


class OrderPage(Answer):
    total: int
    items: list[Order]
    next_cursor: str | None


class OrderQuery(Input):
    """Conditions that an order must all meet."""

    status: OrderStatus | None = None
    kind: OrderKind | None = None
    number: Annotated[Text | None, Field(description="part of the order number")] = None
    cursor: Cursor = None
    limit: Limit = 50


@blueprint.get("/orders")
@operation("console", 422)
@blueprint.input(OrderQuery, location="query")
@blueprint.output(OrderPage)
def list_orders(query_data: OrderQuery) -> Any:
    """Search the customer's orders."""
    return rpc.call("sim.list_orders", **query_data.model_dump(mode="json"))


@blueprint.get("/orders/<code:number>")
@operation("console", 404)
@blueprint.output(OrderDetail)
def get_order(number: str) -> Any:
    """Show an order with its SIMs and its history."""
    return rpc.call("sim.get_order", number=number)


@blueprint.post("/orders/<code:number>/cancel")
@operation("console", 404, 409)
@blueprint.output(Order)
def cancel_order(number: str) -> Any:
    """Cancel an order before its deadline.

    For orders that start on a later day that is 00:00 of the day; for others, until they are begun.
    """
    return rpc.call("sim.cancel_order", number=number)
