"""The staff's desk: orders of all customers, and what becomes of items that have failed."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints

from gateway import rpc
from gateway.api.description import operation
from gateway.api.orders import (
    ORDER,
    ItemState,
    ListedOrder,
    OrderDetail,
    OrderItem,
    OrderKind,
    OrderStatus,
    OrderStep,
)
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_desk",
    __name__,
    tag={
        "name": "Order desk",
        "description": "Orders of all customers, for the operator's staff: failed items are carried out once more, or "
        "it is stated what is true of them.",
    },
)

Trouble = Literal["failed", "overdue"]
Items = Annotated[
    list[Annotated[int, Field(ge=1, lt=2**31)]] | None,
    Field(
        min_length=1,
        max_length=10_000,
        description="numbers of failed items; all that have failed if left out",
    ),
]
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$"),
    Field(description="the reason, for the staff's history and the audit trail"),
]


_LISTED = {**ORDER, "customer_name": "みなと商事株式会社", "trouble": "failed"}
_JOB = {
    "kind": "suspend",
    "state": "failed",
    "attempts": 1,
    "error": "carrier.rejected",
    "started_at": "2026-03-31T15:00:01Z",
    "operations": ["5f1d3f0f-5c0b-4b0e-8a58-a9e7f0b6c1d2-suspend"],
}
_ITEM = {
    "item": 1,
    "sim_serial": "AF0000000001",
    "msisdn": "02012345678",
    "plan": "30GB",
    "sim_type": "card",
    "sim_size": "nano",
    "options": [],
    "details": {},
    "state": "failed",
    "executed_at": None,
    "reason": "carrier.rejected",
    "settled": False,
    "jobs": [_JOB],
}
_STEP = {
    "at": "2026-03-31T15:01:00Z",
    "status": "in_progress",
    "actor": "staff:desk-1",
    "late": False,
    "change": False,
    "reason": None,
    "note": "the line was repaired",
}


class DeskOrder(ListedOrder):
    model_config = example(_LISTED)

    trouble: Trouble | None = Field(description="why it waits for the staff")


class Job(Answer):
    """Work at the systems outside."""

    kind: str
    state: Literal["waiting", "started", "done", "failed", "obsolete", "cancelled"]
    attempts: int
    error: str | None = Field(description="the last one")
    started_at: datetime | None
    operations: list[str] = Field(description="ids that the system outside knows")


class DeskItem(OrderItem):
    model_config = example(_ITEM)

    jobs: list[Job] = Field(description="oldest first")


class DeskStep(OrderStep):
    model_config = example(_STEP)

    note: str


class DeskDetail(OrderDetail):
    model_config = example(
        {
            **_LISTED,
            "undecided": True,
            "request": {},
            "items": [_ITEM],
            "items_next_cursor": None,
            "shipment": None,
            "history": [_STEP],
        }
    )

    trouble: Trouble | None
    undecided: bool = Field(description="whether failed items wait for a decision")
    items: list[DeskItem]  # type: ignore[assignment]
    history: list[DeskStep]  # type: ignore[assignment]


class DeskPage(Answer):
    total: int
    items: list[DeskOrder]
    next_cursor: str | None


class DeskItemPage(Answer):
    total: int
    items: list[DeskItem]
    next_cursor: str | None


class DeskQuery(Input):
    """Conditions that an order must all meet. The failed come first, then the overdue, then the latest."""

    trouble: Annotated[Literal["failed", "overdue", "any"] | None, Field(description="only such orders")] = (
        None
    )
    customer_code: Text | None = None
    number: Annotated[Text | None, Field(description="part of the order number")] = None
    kind: OrderKind | None = None
    status: OrderStatus | None = None
    msisdn: Annotated[Text | None, Field(description="part of the phone number of one of its SIMs")] = None
    serial: Annotated[Text | None, Field(description="part of the serial of one of its SIMs")] = None
    cursor: Cursor = None
    limit: Limit = 50


class DeskItemQuery(Input):
    state: ItemState | None = None
    cursor: Cursor = None
    limit: Limit = 50


class Retry(Input):
    model_config = example({"note": "the line was repaired"})

    note: Note
    items: Items = None


class Resolution(Retry):
    model_config = example({"outcome": "done", "note": "seen at the carrier", "items": [1]})

    outcome: Literal["done", "not_done"]


class Decided(Answer):
    number: str
    items: int = Field(description="how many it was about")


@blueprint.get("/staff/orders")
@operation("staff", 422)
@blueprint.input(DeskQuery, location="query")
@blueprint.output(DeskPage)
def list_all_orders(query_data: DeskQuery) -> Any:
    """Search the orders of all customers."""
    return rpc.call("sim.list_all_orders", **query_data.model_dump(mode="json"))


@blueprint.get("/staff/orders/<code:number>")
@operation("staff", 404)
@blueprint.output(DeskDetail)
def get_any_order(number: str) -> Any:
    """Show an order with its first items, their jobs, and its history."""
    return rpc.call("sim.get_any_order", number=number)


@blueprint.get("/staff/orders/<code:number>/items")
@operation("staff", 404, 422)
@blueprint.input(DeskItemQuery, location="query")
@blueprint.output(DeskItemPage)
def list_any_order_items(number: str, query_data: DeskItemQuery) -> Any:
    """List the items of an order with their jobs; `total` counts those of every state."""
    return rpc.call("sim.list_any_order_items", number=number, **query_data.model_dump(mode="json"))


@blueprint.post("/staff/orders/<code:number>/retry")
@operation("staff", 400, 404, 409, 413, 415, 422)
@blueprint.input(Retry)
@blueprint.output(Decided)
def retry_order(number: str, json_data: Retry) -> Any:
    """Have failed items carried out once more. The system outside is asked for each before it is sent again."""
    return rpc.call("sim.retry_order", number=number, **json_data.model_dump(mode="json"))


@blueprint.post("/staff/orders/<code:number>/resolve")
@operation("staff", 400, 404, 409, 413, 415, 422)
@blueprint.input(Resolution)
@blueprint.output(Decided)
def resolve_order(number: str, json_data: Resolution) -> Any:
    """State what is true of failed items: done, which gives them their effect here, or not done."""
    return rpc.call("sim.resolve_order", number=number, **json_data.model_dump(mode="json"))
