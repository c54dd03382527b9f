"""Charges of a month."""

from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field

from chassis import clock
from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, Text, example

blueprint = APIBlueprint(
    "api_charges",
    __name__,
    tag={"name": "Charges", "description": "What was charged in a month, for console accounts."},
)

_CHARGE = {
    "occurred_at": "2026-03-11T03:10:00Z",
    "kind": "recharge",
    "order_number": "TC1000-00009-RC260001",
    "description_ja": "リチャージ 3GB",
    "description_en": "Recharge 3 GB",
    "amount_yen": 900,
}


class Charge(Answer):
    model_config = example(_CHARGE)

    occurred_at: datetime
    kind: str
    order_number: str | None = Field(description="null for the monthly fee of a share group")
    description_ja: str
    description_en: str
    amount_yen: int


class MonthCharges(Answer):
    """The charges for the use of one month in Japan, oldest first."""

    model_config = example({"month": "2026-03", "items": [_CHARGE], "total_yen": 900})

    month: str
    items: list[Charge]
    total_yen: int


class MonthQuery(Input):
    month: Annotated[
        Text | None, Field(description="YYYY-MM in Japan; this month if left out", examples=["2026-03"])
    ] = None


@blueprint.get("/charges")
@operation("console", 422)
@blueprint.input(MonthQuery, location="query")
@blueprint.output(MonthCharges)
def list_charges(query_data: MonthQuery) -> Any:
    """Show the charges of a month."""
    return rpc.call("payments.list_charges", month=query_data.month or f"{clock.today():%Y-%m}")
