"""SIM status and data usage."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BeforeValidator, Field

from gateway import rpc, uploads
from gateway.api import csv_file, sims_csv
from gateway.api.csv_file import CELLS, ENCODING, Cells, Encoding
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example
from gateway.refusals import UnsupportedMediaType
from gateway.texts import message

blueprint = APIBlueprint(
    "api_sims",
    __name__,
    tag={"name": "SIMs", "description": "SIM status and data usage, for console accounts."},
)

SimStatus = Literal["active", "suspended", "terminated", "reissuing", "error", "ordered", "shipped"]
ServiceType = Literal["data", "mobile_choice"]
SimType = Literal["card", "esim"]
_COLUMNS = (
    "sim_serial",
    "msisdn",
    "status",
    "service_type",
    "project_name",
    "plan",
    "sim_type",
    "used",
    "remaining",
    "restricted",
    "as_of",
)

_SIM = {
    "sim_serial": "AF0000000001",
    "msisdn": "02012345678",
    "status": "active",
    "service_type": "data",
    "project_name": "配送端末",
    "plan": "30GB",
    "options": ["recharge"],
    "sim_type": "card",
    "sim_size": "nano",
    "used_bytes": 1_250_000_000,
    "capacity_bytes": 30_000_000_000,
    "remaining_bytes": 28_750_000_000,
    "restricted": False,
    "as_of": "2026-03-11T03:00:00Z",
    "group_id": None,
}
_BUCKET = {
    "kind": "recharge",
    "amount_bytes": 1_000_000_000,
    "used_bytes": 0,
    "valid_from": "2026-03-11",
    "valid_through": "2026-06-30",
    "order_number": "TC1000-00009-RC260001",
}
_TOUCHED = {
    "number": "TC1000-00009-RC260001",
    "kind": "RC",
    "status": "completed",
    "state": "completed",
    "applicant": "minato-operator",
    "accepted_at": "2026-03-11T03:00:00Z",
    "start_date": "2026-03-11",
    "executed_at": "2026-03-11T03:00:09Z",
    "cancelled_at": None,
    "reason": None,
    "note": None,
}
_PROBLEM = {
    "row": 2,
    "value": "02012345678",
    "code": "share.number_unhyphenated",
    "detail": "This number is written without hyphens.",
}


class Sim(Answer):
    """A row of SIM状況一覧."""

    model_config = example(_SIM)

    sim_serial: str = Field(description="SIM製造番号 (ICCID or maker's number)")
    msisdn: str = Field(description="phone number")
    status: SimStatus
    service_type: ServiceType
    project_name: str
    plan: str
    options: list[str] = Field(description="codes")
    sim_type: SimType
    sim_size: str | None
    used_bytes: int
    capacity_bytes: int = Field(description="plan allowance and unexpired recharges")
    remaining_bytes: int
    restricted: bool = Field(description="whether the speed is restricted")
    as_of: datetime | None = Field(description="how far the usage records reach")
    group_id: int | None = Field(description="the share group that it is in this month")


class Bucket(Answer):
    """An amount of data with its own expiry."""

    model_config = example(_BUCKET)

    kind: str
    amount_bytes: int
    used_bytes: int
    valid_from: date
    valid_through: date
    order_number: str | None = Field(description="the recharge that bought it")


class Group(Answer):
    """The share group that a SIM is in, with what all its members have together."""

    group_id: int
    name: str
    capacity_bytes: int
    used_bytes: int
    remaining_bytes: int


class TouchingOrder(Answer):
    """An order that a SIM is an item of."""

    model_config = example(_TOUCHED)

    number: str
    kind: str
    status: str
    state: str = Field(description="of this SIM in the order")
    applicant: str
    accepted_at: datetime
    start_date: date
    executed_at: datetime | None
    cancelled_at: datetime | None
    reason: str | None = Field(description="why it failed")
    note: str | None = Field(description="what the customer gave as the reason")


class SimDetail(Sim):
    model_config = example(
        {**_SIM, "activated_on": "2026-01-15", "group": None, "buckets": [_BUCKET], "orders": [_TOUCHED]}
    )

    activated_on: date | None
    group: Group | None
    buckets: list[Bucket] = Field(description="in the order in which they are used up")
    orders: list[TouchingOrder] = Field(description="the latest 20, the newest first")


class SimPage(Answer):
    total: int
    items: list[Sim]
    next_cursor: str | None
    plans: list[str] = Field(description="all that a SIM may have")


class RowProblem(Answer):
    """A row of a file that is wrong."""

    model_config = example(_PROBLEM)

    row: int = Field(description="counts from 1, blank rows included")
    value: str
    code: str
    detail: str = Field(description="what is wrong and what to do, in the caller's language")
    first_row: int | None = Field(None, description="of a number that comes twice, where it came first")
    status: SimStatus | None = Field(None, description="of a SIM whose status does not fit")


class Matched(Answer):
    """The SIMs of the numbers in a file."""

    model_config = example(
        {"sim_serials": ["AF0000000001"], "rows": 2, "errors": [_PROBLEM], "error_count": 1}
    )

    sim_serials: list[str]
    rows: int
    errors: list[RowProblem] = Field(description="the first 1,000")
    error_count: int


def _listed(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


Statuses = Annotated[
    list[SimStatus] | None,
    BeforeValidator(_listed),
    Field(description="one or several of these, separated by commas"),
]


class SimConditions(Input):
    """Conditions that a SIM must all meet."""

    status: Statuses = None
    serial: Annotated[Text | None, Field(description="part of the SIM serial")] = None
    msisdn: Annotated[Text | None, Field(description="part of the phone number, hyphens or not")] = None
    service_type: ServiceType | None = None
    plan: Text | None = None
    sim_type: SimType | None = None
    project_name: Annotated[Text | None, Field(description="part of the project's name")] = None
    restricted: Annotated[bool | None, Field(description="whether the speed is restricted")] = None


class SimQuery(SimConditions):
    sort: Annotated[
        str,
        Field(
            pattern=rf"^-?({'|'.join(_COLUMNS)})$",
            description=f"a column: {', '.join(_COLUMNS)}; led by `-` from the largest on",
        ),
    ] = "sim_serial"
    cursor: Cursor = None
    limit: Limit = 50


class SimFileQuery(SimConditions):
    encoding: Annotated[Encoding, Field(description=ENCODING)] = "utf-8"
    cells: Annotated[Cells, Field(description=CELLS)] = "plain"


class StatusQuery(Input):
    status: Statuses = None


@blueprint.get("/sims")
@operation("console", 422)
@blueprint.input(SimQuery, location="query")
@blueprint.output(SimPage)
def list_sims(query_data: SimQuery) -> Any:
    """Search the customer's SIMs."""
    return rpc.call("sim.list_sims", **query_data.model_dump(mode="json"))


@blueprint.get("/sims.csv")
@operation("console", 422, 429, answers=csv_file.ANSWER)
@blueprint.input(SimFileQuery, location="query")
def download_sims(query_data: SimFileQuery) -> Response:
    """Download all SIMs that meet the conditions, with their data usage."""
    conditions = query_data.model_dump(mode="json", exclude={"encoding", "cells"})
    return sims_csv.sims(conditions, query_data.encoding, query_data.cells)


@blueprint.get("/sims/numbers.csv")
@operation("console", 422, 429, answers=csv_file.ANSWER)
@blueprint.input(SimConditions, location="query")
def download_numbers(query_data: SimConditions) -> Response:
    """Download the numbers of all SIMs that meet the conditions: one a line, with hyphens, no header."""
    return sims_csv.numbers(query_data.model_dump(mode="json"))


@blueprint.post("/sims/matches")
@operation(
    "console",
    400,
    413,
    415,
    422,
    requestBody={
        "required": True,
        "description": "UTF-8, with or without byte order mark, or CP932; one hyphenated number a line, quoted or not",
        "content": {"text/csv": {"schema": {"type": "string"}, "example": '"020-1234-5678"\n'}},
    },
)
@uploads.accepts_customer_file
@blueprint.input(StatusQuery, location="query")
@blueprint.output(Matched)
def match_sims(query_data: StatusQuery) -> Any:
    """Find the SIMs of the numbers in a file, one hyphenated number a line; those with another status are errors."""
    if request.mimetype != "text/csv":
        raise UnsupportedMediaType("request.content_type", expected="text/csv")
    report = rpc.call("sim.match_sims", text=uploads.read_csv("cp932"), status=query_data.status)
    return report | {"errors": [each | {"detail": message(each["code"], each)} for each in report["errors"]]}


@blueprint.get("/sims/<code:sim_serial>")
@operation("console", 404)
@blueprint.output(SimDetail)
def get_sim(sim_serial: str) -> Any:
    """Show a SIM with its data buckets, its group and its latest orders."""
    return rpc.call("sim.get_sim", sim_serial=sim_serial)
