"""The shipping desk and the stock of SIM cards and eSIM profiles, for staff; the last delivery, for customers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, make_response
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Day, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_shipments",
    __name__,
    tag={
        "name": "Shipping",
        "description": "Orders for SIM cards from the hand-over to the arrival, and the stock; for staff with the "
        "operations role.",
    },
)

_REFUSALS = (400, 404, 409, 413, 415, 422)

ShipmentState = Literal["waiting", "failed", "in_transit", "arrived"]
StockState = Literal["free", "reserved", "assigned", "retired"]
SimType = Literal["card", "esim"]

_ADDRESS = {
    "postcode": "105-0011",
    "prefecture": "東京都",
    "city": "港区",
    "street": "芝公園4-2-8",
    "building": "みなとビル3階",
    "recipient": "港 花子",
    "phone": "03-1234-5678",
}
_LISTED = {
    "number": "TC1000-00009-SR260001",
    "kind": "SR",
    "status": "in_progress",
    "state": "in_transit",
    "customer_code": "TC1000-00009",
    "customer_name": "みなと物流株式会社",
    "accepted_at": "2026-03-11T03:00:00Z",
    "start_date": "2026-03-16",
    "items_total": 1,
    "terms": {
        "sim_type": "card",
        "sim_size": "nano",
        "reason": "lost_or_stolen",
        "estimated_on": "2026-03-16",
    },
    "carrier_name": "みなと運輸",
    "tracking_number": "1234-5678-9012",
    "handed_over_at": "2026-03-12T05:00:00Z",
    "arrived_on": None,
}
_SIM = {
    "item": 1,
    "sim_serial": "AF0000000001",
    "new_serial": "CD0000000001",
    "msisdn": "02012345678",
    "state": "completed",
    "reason": None,
    "sim_status": "terminated",
}
_STOCK = {
    "sim_serial": "CD0000000001",
    "sim_type": "card",
    "sim_size": "nano",
    "msisdn": None,
    "state": "free",
    "order_number": None,
}
_COUNT = {
    "sim_type": "card",
    "sim_size": "nano",
    "free": 12,
    "reserved": 1,
    "assigned": 230,
    "retired": 2,
    "low": True,
}


class Address(Answer):
    """Where cards are delivered (納品先)."""

    model_config = example(_ADDRESS)

    postcode: str
    prefecture: str
    city: str
    street: str
    building: str
    recipient: str
    phone: str


class LastDelivery(Answer):
    """Nothing, if there has been none."""

    model_config = example(
        {"delivery": _ADDRESS, "contact_name": "港 太郎", "contact_mail": "taro@minato.example"}
    )

    delivery: Address | None = None
    contact_name: str | None = None
    contact_mail: str | None = None


class LastDeliveryQuery(Input):
    sim_serial: Annotated[Text | None, Field(description="rather for this SIM's number than for others")] = (
        None
    )


class Shipment(Answer):
    """An order for cards."""

    model_config = example(_LISTED)

    number: str
    kind: Literal["SR", "NS"]
    status: str = Field(description="of the order")
    state: Literal["waiting", "failed", "in_transit", "arrived", "cancelled"]
    customer_code: str
    customer_name: str
    accepted_at: datetime
    start_date: date = Field(description="day of delivery, asked for or estimated")
    items_total: int = Field(description="cards")
    terms: dict[str, Any]
    carrier_name: str | None
    tracking_number: str | None
    handed_over_at: datetime | None
    arrived_on: date | None


class ShippedSim(Answer):
    model_config = example(_SIM)

    item: int = Field(description="counts from 1")
    sim_serial: str | None = Field(description="of a reissue the former SIM")
    new_serial: str | None = Field(description="of a reissue the card")
    msisdn: str
    state: str
    reason: str | None
    sim_status: str | None


class ShipmentDetail(Shipment):
    model_config = example(
        {
            **_LISTED,
            "contact_name": "港 太郎",
            "contact_mail": "taro@minato.example",
            "delivery": _ADDRESS,
            "sims": [_SIM],
        }
    )

    contact_name: str
    contact_mail: str
    delivery: Address
    sims: list[ShippedSim]


class ShipmentPage(Answer):
    total: int
    items: list[Shipment]
    next_cursor: str | None


class ShipmentQuery(Input):
    state: ShipmentState | None = None
    kind: Literal["SR", "NS"] | None = None
    customer_code: Text | None = None
    number: Annotated[Text | None, Field(description="part of the order number")] = None
    cursor: Cursor = None
    limit: Limit = 50


class Card(Input):
    model_config = example({"sim_serial": "CD0000000001"})

    sim_serial: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{4,32}$")]
    msisdn: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{10,15}$", description="of a new line, unless the card comes with a number"),
    ] = None


Cards = Annotated[
    list[Card] | None,
    Field(
        max_length=1000, description="one for each SIM; left out: those chosen before, or the next free ones"
    ),
]


class Preparation(Input):
    model_config = example({"cards": [{"sim_serial": "CD0000000001"}]})

    cards: Cards = None


class HandOver(Input):
    model_config = example({"carrier_name": "みなと運輸", "tracking_number": "1234-5678-9012"})

    carrier_name: Annotated[str, Field(max_length=60)]
    tracking_number: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{0,40}$")]
    cards: Cards = None


class Arrival(Input):
    model_config = example({"arrived_on": "2026-03-14"})

    arrived_on: Day


class StockedSim(Answer):
    model_config = example(_STOCK)

    sim_serial: str
    sim_type: SimType
    sim_size: str = Field(description="empty for an eSIM")
    msisdn: str | None = Field(description="of a card that comes with a number")
    state: StockState
    order_number: str | None = Field(description="that it was given to")


class StockCount(Answer):
    model_config = example(_COUNT)

    sim_type: SimType
    sim_size: str
    free: int
    reserved: int
    assigned: int
    retired: int
    low: bool = Field(description="whether few are free")


class StockPage(Answer):
    total: int
    counts: list[StockCount] = Field(description="of the whole stock")
    items: list[StockedSim]
    next_cursor: str | None


class StockQuery(Input):
    state: StockState | None = None
    sim_type: SimType | None = None
    serial: Annotated[Text | None, Field(description="its beginning")] = None
    cursor: Cursor = None
    limit: Limit = 50


@blueprint.get("/orders/last-delivery")
@operation("console", 404, 422)
@blueprint.input(LastDeliveryQuery, location="query")
@blueprint.output(LastDelivery)
def last_delivery(query_data: LastDeliveryQuery) -> Any:
    """Where the customer had cards delivered last."""
    return rpc.call("sim.last_delivery", **query_data.model_dump())


@blueprint.get("/staff/shipments")
@operation("staff", 422)
@blueprint.input(ShipmentQuery, location="query")
@blueprint.output(ShipmentPage)
def list_shipments(query_data: ShipmentQuery) -> Any:
    """List the orders for cards of all customers, the earliest day of delivery first."""
    return rpc.call("sim.list_shipments", **query_data.model_dump(mode="json"))


@blueprint.get("/staff/shipments/<code:number>")
@operation("staff", 404)
@blueprint.output(ShipmentDetail)
def get_shipment(number: str) -> Any:
    """Show an order for cards with its place of delivery and its SIMs."""
    return rpc.call("sim.get_shipment", number=number)


@blueprint.post("/staff/shipments/<code:number>/cards")
@operation("staff", *_REFUSALS)
@blueprint.input(Preparation)
@blueprint.output(ShipmentDetail)
def prepare_shipment(number: str, json_data: Preparation) -> Any:
    """Choose the cards of an order; others that were chosen before are free again."""
    return rpc.call("sim.prepare_shipment", number=number, **json_data.model_dump(mode="json"))


@blueprint.post("/staff/shipments/<code:number>/hand-over")
@operation("staff", *_REFUSALS)
@blueprint.input(HandOver)
@blueprint.output(ShipmentDetail)
def hand_over_shipment(number: str, json_data: HandOver) -> Any:
    """Hand an order over to shipping.

    It can neither be changed nor cancelled any more, and its SIMs are switched at the network. Many orders are handed
    over by a file of the kind `shipments`.
    """
    return rpc.call("sim.hand_over_shipment", number=number, **json_data.model_dump(mode="json"))


@blueprint.post("/staff/shipments/<code:number>/arrival")
@operation("staff", *_REFUSALS)
@blueprint.input(Arrival)
@blueprint.output(ShipmentDetail)
def record_arrival(number: str, json_data: Arrival) -> Any:
    """Record the day on which the cards arrived."""
    return rpc.call("sim.record_arrival", number=number, **json_data.model_dump(mode="json"))


@blueprint.get("/staff/stock")
@operation("staff", 422)
@blueprint.input(StockQuery, location="query")
@blueprint.output(StockPage)
def list_stock(query_data: StockQuery) -> Any:
    """Count and list the stock; new cards and profiles come by a file of the kind `stock`."""
    return rpc.call("sim.list_stock", **query_data.model_dump(mode="json"))


@blueprint.delete("/staff/stock/<code:sim_serial>")
@operation("staff", 404, 409, answers={204: "It will not be given to anybody"})
def retire_stock(sim_serial: str) -> Response:
    """Take a free card or profile out of the stock for good."""
    rpc.call("sim.retire_stock", sim_serial=sim_serial)
    return make_response("", 204)
