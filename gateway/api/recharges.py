"""Recharges: what one would cost and when it would run, and placing the order."""

from datetime import date, datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, jsonify, url_for
from pydantic import Field, StringConstraints

from gateway import rpc
from gateway.api.description import operation
from gateway.api.idempotency import PARAMETER, given_key
from gateway.api.orders import Order
from gateway.api.schema import Answer, Input, Text, example

blueprint = APIBlueprint(
    "api_recharges",
    __name__,
    tag={"name": "Recharges", "description": "Quotation and purchase of extra data, for console operators."},
)

_WISH = {"sim_serial": "AF0000000001", "gigabytes": 3, "start_date": "2026-04-01"}
_QUOTE = {
    "sim_serial": "AF0000000001",
    "msisdn": "02012345678",
    "plan": "30GB",
    "project_name": "配送端末",
    "gigabytes": 3,
    "price_yen": 900,
    "start_date": "2026-04-01",
    "not_before": "2026-03-31T15:00:00Z",
    "not_after": "2026-03-31T15:30:00Z",
    "valid_through": "2026-07-31",
    "cancellable_until": "2026-03-31T15:00:00Z",
    "fingerprint": "c0ffee",
}

# A plain text here, so that the refusal of a malformed day also names the days that may be chosen.
StartDate = Annotated[
    str | None,
    StringConstraints(max_length=64),
    Field(
        description="first day of use, YYYY-MM-DD; today in Japan if left out",
        json_schema_extra={"format": "date"},
    ),
]


class RechargeWish(Input):
    """What is wanted for which SIM."""

    model_config = example(_WISH)

    sim_serial: Annotated[Text, Field(min_length=1)]
    gigabytes: int
    start_date: StartDate = None


class RechargeOrder(RechargeWish):
    """The wish, and the quotation that its buyer has seen."""

    model_config = example({**_WISH, "fingerprint": "c0ffee"})

    fingerprint: Annotated[
        Text | None,
        Field(description="of the quotation; the order is refused if the offer has changed since"),
    ] = None


class RechargeQuote(Answer):
    """An offer; nothing is stored."""

    model_config = example(_QUOTE)

    sim_serial: str
    msisdn: str
    plan: str
    project_name: str
    gigabytes: int
    price_yen: int
    start_date: date
    not_before: datetime
    not_after: datetime
    valid_through: date
    cancellable_until: datetime | None = Field(description="exclusive; null if it would start today")
    fingerprint: str


@blueprint.post("/recharges/quote")
@operation("console", 400, 404, 409, 413, 415, 422)
@blueprint.input(RechargeWish)
@blueprint.output(RechargeQuote)
def quote_recharge(json_data: RechargeWish) -> Any:
    """Ask for the price and the time of a recharge."""
    return rpc.call("sim.quote_recharge", **json_data.model_dump(mode="json"))


@blueprint.post("/recharges")
@operation(
    "console",
    400,
    404,
    409,
    413,
    415,
    422,
    parameters=[PARAMETER],
)
@blueprint.input(RechargeOrder)
@blueprint.output(Order, status_code=201)
def place_recharge(json_data: RechargeOrder) -> Response:
    """Order a recharge.

    The answer to a repeated `Idempotency-Key` with the same body is the first answer again.
    """
    order = rpc.call("sim.place_recharge", idempotency_key=given_key(), **json_data.model_dump(mode="json"))
    response = jsonify(Order.model_validate(order).model_dump(mode="json"))
    response.status_code = 201
    response.headers["Location"] = url_for("api_orders.get_order", number=order["number"])
    return response
