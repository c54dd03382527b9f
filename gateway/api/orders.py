"""Orders: the list of requests (依頼一覧), one request, and its cancellation."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, url_for
from pydantic import ConfigDict, Field

from gateway import rpc
from gateway.api import csv_file, orders_csv
from gateway.api.description import operation
from gateway.api.idempotency import PARAMETER, given_key
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example
from gateway.uploads import accepts_customer_file

blueprint = APIBlueprint(
    "api_orders",
    __name__,
    tag={"name": "Orders", "description": "Requests and their state, for console accounts."},
)

_REFUSALS = (400, 404, 409, 413, 415, 422)

OrderStatus = Literal["pending", "in_progress", "completed", "partially_failed", "failed", "cancelled"]
ItemState = Literal["pending", "in_progress", "completed", "failed", "cancelled"]
OrderKind = Literal["NS", "RC", "GR", "CS", "RS", "SR", "SG", "SC", "SD", "PR", "OP", "TM"]

OrderSort = Literal[
    "number",
    "-number",
    "kind",
    "-kind",
    "service_type",
    "-service_type",
    "applicant",
    "-applicant",
    "accepted_at",
    "-accepted_at",
    "executed_on",
    "-executed_on",
    "cancelled_on",
    "-cancelled_on",
    "status",
    "-status",
]

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
    "by_hand": False,
    "changeable": True,
    "cancellable": True,
    "cancellable_until": "2026-03-31T15:00:00Z",
    "service_type": "data",
    "price_yen": 900,
    "group_id": None,
    "items_total": 1,
    "items_failed": 0,
    "terms": {
        "plan": "30GB",
        "project_name": "配送端末",
        "gigabytes": 3,
        "valid_through": "2026-07-31",
    },
    "reason": None,
}
_PARCEL = {
    "carrier_name": "みなと運輸",
    "tracking_number": "1234-5678-9012",
    "handed_over_at": "2026-03-12T05:00:00Z",
    "arrived_on": None,
}
_ITEM = {
    "item": 1,
    "sim_serial": "AF0000000001",
    "msisdn": "02012345678",
    "plan": "30GB",
    "sim_type": "card",
    "sim_size": "nano",
    "options": ["recharge"],
    "details": {},
    "state": "pending",
    "executed_at": None,
    "reason": None,
    "settled": False,
}
_STEP = {
    "at": "2026-03-11T03:00:00Z",
    "status": "pending",
    "actor": "minato-operator",
    "late": False,
    "change": False,
    "reason": None,
}


_WISH = {"kind": "RC", "sim_serial": "AF0000000001", "gigabytes": 3, "start_date": "2026-04-01"}
_QUOTE = {
    "kind": "RC",
    "customer_code": "TC1000-00009",
    "service_type": "data",
    "start_date": "2026-04-01",
    "not_before": "2026-03-31T15:00:00Z",
    "not_after": "2026-03-31T15:30:00Z",
    "cancellable_until": "2026-03-31T15:00:00Z",
    "by_hand": False,
    "price_yen": 900,
    "notices": [],
    "terms": ORDER["terms"],
    "items": [{"item": 1, "sim_serial": "AF0000000001", "msisdn": "02012345678"}],
    "fingerprint": "c0ffee",
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
    by_hand: bool = Field(description="whether it begins when staff hand it over to shipping")
    changeable: bool
    cancellable: bool
    cancellable_until: datetime | None = Field(
        description="exclusive; null for an order that starts the day it is placed, or begins by hand"
    )
    service_type: str
    price_yen: int
    group_id: int | None
    items_total: int
    items_failed: int
    terms: dict[str, Any] = Field(description="what was confirmed, in the terms of its kind")
    reason: str | None = Field(description="why it failed")


class ListedOrder(Order):
    model_config = example({**ORDER, "customer_name": "みなと商事株式会社"})

    customer_name: str


class OrderItem(Answer):
    """One SIM of an order, with what that SIM is now; or the group that the order is for."""

    model_config = example(_ITEM)

    item: int = Field(description="counts from 1")
    sim_serial: str | None
    msisdn: str
    plan: str | None
    sim_type: Literal["card", "esim"] | None
    sim_size: str | None
    options: list[str] = Field(description="codes of the options")
    details: dict[str, Any] = Field(
        description="what the order keeps of this SIM alone, as `new_serial` of a reissue"
    )
    state: ItemState
    executed_at: datetime | None
    reason: str | None = Field(description="why it failed")
    settled: bool = Field(description="whether staff have decided that it stays failed")


class OrderStep(Answer):
    """A change of an order's status."""

    model_config = example(_STEP)

    at: datetime
    status: OrderStatus
    actor: str = Field(description="login ID, `staff`, or empty for the system")
    late: bool = Field(description="whether work began after the promised window")
    change: bool = Field(description="whether this tells of a change of what was ordered")
    reason: str | None


class Parcel(Answer):
    """The cards of an order, handed over to shipping."""

    model_config = example(_PARCEL)

    carrier_name: str
    tracking_number: str
    handed_over_at: datetime
    arrived_on: date | None


class OrderDetail(ListedOrder):
    model_config = example(
        {
            **ORDER,
            "customer_name": "みなと商事株式会社",
            "request": _WISH,
            "items": [_ITEM],
            "items_next_cursor": None,
            "shipment": None,
            "history": [_STEP],
        }
    )

    request: dict[str, Any] = Field(description="what was asked for, as it can be sent again to change it")
    items: list[OrderItem] = Field(description="the first ones")
    items_next_cursor: str | None = Field(description="leads to the others")
    shipment: Parcel | None = Field(description="of an order for cards, once it is handed over")
    history: list[OrderStep] = Field(description="oldest first")


class OrderWish(Input):
    """What is wanted: its `kind`, and beside it the fields of that kind."""

    model_config = ConfigDict(extra="allow", **example(_WISH))

    kind: OrderKind

    def wanted(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"fingerprint"})


class OrderChoices(Answer):
    """What a form offers; beside these fields, those of the kind."""

    model_config = ConfigDict(
        extra="allow",
        **example(
            {
                "start_date": {"earliest": "2026-03-11", "latest": "2026-06-11"},
                "prices_yen": {"1": 300, "3": 900, "10": 3_000, "100": 30_000},
            }
        ),
    )

    start_date: dict[str, date] | None = Field(
        None, description="earliest and latest day to start on, both inclusive, where the kind has one"
    )


class AgreedOrder(OrderWish):
    """The wish, and the quotation that its buyer has seen."""

    model_config = ConfigDict(extra="allow", **example({**_WISH, "fingerprint": "c0ffee"}))

    fingerprint: Annotated[
        Text | None,
        Field(description="of the quotation; the order is refused if the offer has changed since"),
    ] = None


class QuoteItem(Answer):
    item: int
    sim_serial: str | None
    msisdn: str


class Quote(Answer):
    """An offer; nothing is stored."""

    model_config = example(_QUOTE)

    kind: OrderKind
    customer_code: str
    service_type: str
    start_date: date
    not_before: datetime
    not_after: datetime
    cancellable_until: datetime | None = Field(description="exclusive; null if it would start today")
    by_hand: bool
    price_yen: int
    notices: list[str] = Field(description="codes of what to know before ordering")
    terms: dict[str, Any]
    items: list[QuoteItem]
    fingerprint: str


class OrderPage(Answer):
    total: int
    items: list[ListedOrder]
    next_cursor: str | None


class ItemPage(Answer):
    total: int
    items: list[OrderItem]
    next_cursor: str | None


class OrderSearch(Input):
    """Conditions that an order must all meet."""

    status: OrderStatus | None = None
    kind: OrderKind | None = None
    service_type: Text | None = None
    number: Annotated[Text | None, Field(description="part of the order number")] = None
    applicant: Annotated[Text | None, Field(description="part of the applicant's login ID")] = None
    msisdn: Annotated[Text | None, Field(description="part of the phone number of one of its SIMs")] = None
    serial: Annotated[Text | None, Field(description="part of the serial of one of its SIMs")] = None
    sort: Annotated[OrderSort, Field(description="a column, led by `-` from the largest value on")] = (
        "-accepted_at"
    )


class OrderQuery(OrderSearch):
    cursor: Cursor = None
    limit: Limit = 50


class OrderFileQuery(OrderSearch):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"
    cells: Annotated[csv_file.Cells, Field(description=csv_file.CELLS)] = "plain"


class PageQuery(Input):
    cursor: Cursor = None
    limit: Limit = 50


@blueprint.get("/orders")
@operation("console", 422)
@blueprint.input(OrderQuery, location="query")
@blueprint.output(OrderPage)
def list_orders(query_data: OrderQuery) -> Any:
    """Search the customer's orders. A cursor belongs to its sort; with another one it is refused."""
    return rpc.call("sim.list_orders", **query_data.model_dump(mode="json"))


@blueprint.get("/orders.csv")
@operation("console", 422, 429, answers=csv_file.ANSWER)
@blueprint.input(OrderFileQuery, location="query")
def download_orders(query_data: OrderFileQuery) -> Response:
    """Download the list of orders as CSV, in the caller's language."""
    search = query_data.model_dump(mode="json", exclude={"encoding", "cells"})
    return orders_csv.download(search, query_data.encoding, query_data.cells)


@blueprint.get("/orders/<code:number>/items")
@operation("console", 404, 422)
@blueprint.input(PageQuery, location="query")
@blueprint.output(ItemPage)
def list_order_items(number: str, query_data: PageQuery) -> Any:
    """List the SIMs of an order."""
    return rpc.call("sim.list_order_items", number=number, **query_data.model_dump(mode="json"))


@blueprint.get("/orders/<code:number>")
@operation("console", 404)
@blueprint.output(OrderDetail)
def get_order(number: str) -> Any:
    """Show an order with its first SIMs and its history."""
    return rpc.call("sim.get_order", number=number)


@blueprint.get("/orders/choices/<kind>")
@operation("console", 404)
@blueprint.output(OrderChoices)
def order_choices(kind: str) -> Any:
    """What can be chosen for an order of a kind now: days or months to start on, prices, plans."""
    return rpc.call("sim.order_choices", kind=kind)


@blueprint.post("/orders/quote")
@operation("console", *_REFUSALS)
@accepts_customer_file
@blueprint.input(OrderWish)
@blueprint.output(Quote)
def quote_order(json_data: OrderWish) -> Any:
    """Ask for the price, the time and the terms of an order."""
    return rpc.call("sim.quote_order", order=json_data.wanted())


@blueprint.post("/orders")
@operation("console", *_REFUSALS, parameters=[PARAMETER])
@accepts_customer_file
@blueprint.input(AgreedOrder)
@blueprint.output(Order, status_code=201)
def place_order(json_data: AgreedOrder) -> Response:
    """Place an order.

    The answer to a repeated `Idempotency-Key` with the same body is the first answer again.
    """
    order = rpc.call(
        "sim.place_order",
        order=json_data.wanted(),
        fingerprint=json_data.fingerprint,
        idempotency_key=given_key(),
    )
    response = jsonify(Order.model_validate(order).model_dump(mode="json"))
    response.status_code = 201
    response.headers["Location"] = url_for("api_orders.get_order", number=order["number"])
    return response


@blueprint.post("/orders/<code:number>/quote")
@operation("console", *_REFUSALS)
@accepts_customer_file
@blueprint.input(OrderWish)
@blueprint.output(Quote)
def quote_order_change(number: str, json_data: OrderWish) -> Any:
    """Ask what an order would be with another content."""
    return rpc.call("sim.quote_order_change", number=number, order=json_data.wanted())


@blueprint.put("/orders/<code:number>")
@operation("console", *_REFUSALS, parameters=[PARAMETER])
@accepts_customer_file
@blueprint.input(AgreedOrder)
@blueprint.output(Order)
def change_order(number: str, json_data: AgreedOrder) -> Any:
    """Put another content in place of an order's, before its deadline; its number stays."""
    return rpc.call(
        "sim.change_order",
        number=number,
        order=json_data.wanted(),
        fingerprint=json_data.fingerprint,
        idempotency_key=given_key(),
    )


@blueprint.post("/orders/<code:number>/cancel")
@operation("console", 404, 409)
@blueprint.output(Order)
def cancel_order(number: str) -> Any:
    """Cancel an order before its deadline.

    For orders that start on a later day that is 00:00 of the day; for others, until they are begun.
    """
    return rpc.call("sim.cancel_order", number=number)
