"""SIM status and data usage."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_sims",
    __name__,
    tag={"name": "SIMs", "description": "SIM status and data usage, for console accounts."},
)

SimStatus = Literal["active", "suspended", "terminated", "reissuing", "error", "ordered", "shipped"]

_SIM = {
    "sim_serial": "AF0000000001",
    "msisdn": "02012345678",
    "status": "active",
    "project_name": "配送端末",
    "plan": "30GB",
    "sim_type": "card",
    "sim_size": "nano",
    "used_bytes": 1_250_000_000,
    "capacity_bytes": 30_000_000_000,
    "remaining_bytes": 28_750_000_000,
    "restricted": False,
    "as_of": "2026-03-11T03:00:00Z",
}
_BUCKET = {
    "kind": "recharge",
    "amount_bytes": 1_000_000_000,
    "used_bytes": 0,
    "valid_from": "2026-03-11",
    "valid_through": "2026-06-30",
    "order_number": "TC1000-00009-RC260001",
}


class Sim(Answer):
    """A row of SIM状況一覧."""

    model_config = example(_SIM)

    sim_serial: str = Field(description="SIM製造番号 (ICCID or maker's number)")
    msisdn: str = Field(description="phone number")
    status: SimStatus
    project_name: str
    plan: str
    sim_type: Literal["card", "esim"]
    sim_size: str | None
    used_bytes: int
    capacity_bytes: int = Field(description="plan allowance and unexpired recharges")
    remaining_bytes: int
    restricted: bool = Field(description="whether the speed is restricted")
    as_of: datetime | None = Field(description="how far the usage records reach")


class Bucket(Answer):
    """An amount of data with its own expiry."""

    model_config = example(_BUCKET)

    kind: str
    amount_bytes: int
    used_bytes: int
    valid_from: date
    valid_through: date
    order_number: str | None = Field(description="the recharge that bought it")


class SimDetail(Sim):
    model_config = example({**_SIM, "buckets": [_BUCKET]})

    buckets: list[Bucket] = Field(description="in the order in which they are used up")


class SimPage(Answer):
    total: int
    items: list[Sim]
    next_cursor: str | None


class SimQuery(Input):
    """Conditions that a SIM must all meet."""

    status: SimStatus | None = None
    serial: Annotated[Text | None, Field(description="part of the SIM serial")] = None
    msisdn: Annotated[Text | None, Field(description="part of the phone number")] = None
    cursor: Cursor = None
    limit: Limit = 50


@blueprint.get("/sims")
@operation("console", 422)
@blueprint.input(SimQuery, location="query")
@blueprint.output(SimPage)
def list_sims(query_data: SimQuery) -> Any:
    """Search the customer's SIMs."""
    return rpc.call("sim.list_sims", **query_data.model_dump(mode="json"))


@blueprint.get("/sims/<code:sim_serial>")
@operation("console", 404)
@blueprint.output(SimDetail)
def get_sim(sim_serial: str) -> Any:
    """Show a SIM with its data buckets."""
    return rpc.call("sim.get_sim", sim_serial=sim_serial)
