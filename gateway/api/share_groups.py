"""Share groups (大規模シェア), and the files of numbers for the orders that register and change them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, current_app, request
from pydantic import Field

from gateway import rpc, uploads
from gateway.api import csv_file
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example
from gateway.refusals import UnsupportedMediaType
from gateway.texts import message

blueprint = APIBlueprint(
    "api_share_groups",
    __name__,
    tag={
        "name": "Share groups",
        "description": "Groups of SIMs that share their data, for console accounts.",
    },
)

_GROUP = {
    "group_id": 12,
    "name": "営業部",
    "type": "large",
    "state": "active",
    "created_by": "minato-operator",
    "created_at": "2026-03-11T03:00:00Z",
    "starts_on": "2026-04-01",
    "ends_on": None,
    "sim_bytes": 500_000_000,
    "members": 3,
    "capacity_bytes": 1_500_000_000,
    "used_bytes": 0,
    "remaining_bytes": 1_500_000_000,
}
_MEMBER = {
    "msisdn": "020-1234-5678",
    "sim_serial": "AF0000000001",
    "plan": "500MB",
    "sim_type": "card",
    "sim_size": "nano",
    "options": ["data_share"],
    "status": "active",
}
_ORDER = {
    "number": "TC1000-00009-SC260001",
    "kind": "SC",
    "status": "pending",
    "start_date": "2026-05-01",
}
_READ = {"numbers": ["020-1234-5678", "020-1234-5679"], "total": 2, "error_count": 0, "errors": []}
_ROW_ERROR = {
    "row": 3,
    "value": "02012345678",
    "code": "share.number_unhyphenated",
    "detail": "ハイフンがないか、位置が違います。020-1000-0022 のように入力してください。",
}

Month = Annotated[Text | None, Field(description="YYYY-MM; the earliest that can be chosen if left out")]
NUMBERS: dict[int, Any] = {
    200: {
        "description": "One number a line, hyphenated, in double quotes, without a header",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class Group(Answer):
    model_config = example(_GROUP)

    group_id: int
    name: str
    type: Literal["large"]
    state: Literal["upcoming", "active", "ending", "ended"] = Field(
        description="ending: an order deletes it at the first of a month"
    )
    created_by: str
    created_at: datetime
    starts_on: date | None
    ends_on: date | None = Field(description="the first day without the group")
    sim_bytes: int = Field(description="what each SIM adds to the capacity of a month")
    members: int = Field(description="SIMs of the present month")
    capacity_bytes: int
    used_bytes: int
    remaining_bytes: int


class Member(Answer):
    model_config = example(_MEMBER)

    msisdn: str
    sim_serial: str
    plan: str
    sim_type: Literal["card", "esim"]
    sim_size: str | None
    options: list[str]
    status: str


class OpenOrder(Answer):
    model_config = example(_ORDER)

    number: str
    kind: str
    status: str
    start_date: date


class GroupDetail(Group):
    model_config = example({**_GROUP, "numbers": [_MEMBER], "orders": [_ORDER]})

    numbers: list[Member] = Field(description="of the present month, or of the first one")
    orders: list[OpenOrder] = Field(description="not ended")


class GroupPage(Answer):
    model_config = example({"total": 1, "items": [_GROUP], "next_cursor": None})

    total: int
    items: list[Group]
    next_cursor: str | None


class GroupQuery(Input):
    """Conditions that a group must all meet. Groups that have ended are not found."""

    name: Annotated[Text | None, Field(description="part of the name")] = None
    creator: Annotated[Text | None, Field(description="part of the creator's login ID")] = None
    msisdn: Annotated[Text | None, Field(description="part of a member's phone number")] = None
    cursor: Cursor = None
    limit: Limit = 50


class MonthQuery(Input):
    start_month: Month = None


class FileQuery(Input):
    start_month: Month = None
    group_id: Annotated[int | None, Field(description="the group to change; none: a new one", ge=1)] = None


class RowError(Answer):
    model_config = example(_ROW_ERROR)

    row: int
    value: str
    code: str
    detail: str


class Numbers(Answer):
    model_config = example(_READ)

    numbers: list[str] = Field(description="those that can be in the group")
    total: int
    error_count: int
    errors: list[RowError] = Field(description="the first 1,000 rows that cannot")


@blueprint.get("/share-groups")
@operation("console", 422)
@blueprint.input(GroupQuery, location="query")
@blueprint.output(GroupPage)
def list_groups(query_data: GroupQuery) -> Any:
    """Search the customer's share groups."""
    return rpc.call("sim.list_groups", **query_data.model_dump(mode="json"))


@blueprint.get("/share-groups/<int:group_id>")
@operation("console", 404)
@blueprint.output(GroupDetail)
def get_group(group_id: int) -> Any:
    """Show a share group with its members."""
    return rpc.call("sim.get_group", group_id=group_id)


@blueprint.get("/share-groups/shareable-numbers.csv")
@operation("console", 422, answers=NUMBERS)
@blueprint.input(MonthQuery, location="query")
def download_shareable(query_data: MonthQuery) -> Response:
    """Download the numbers that can join a group (登録可能SIMリスト)."""
    found = rpc.call("sim.shareable_numbers", start_month=query_data.start_month)
    return _file("shareable_sim_numbers.csv", found["numbers"])


@blueprint.get("/share-groups/<int:group_id>/numbers.csv")
@operation("console", 404, answers=NUMBERS)
def download_shared(group_id: int) -> Response:
    """Download the numbers of a group, with its accepted orders carried out: the file that a change begins with."""
    found = rpc.call("sim.shared_numbers", group_id=group_id)
    return _file("shared_sim_numbers.csv", found["numbers"])


@blueprint.post("/share-groups/numbers")
@operation(
    "console",
    400,
    404,
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
@blueprint.input(FileQuery, location="query")
@blueprint.output(Numbers)
def read_numbers(query_data: FileQuery) -> Any:
    """Read a file of numbers for a new group or a change of one; every row that cannot be taken is told."""
    if request.mimetype != "text/csv":
        raise UnsupportedMediaType("request.content_type", expected="text/csv")
    read = rpc.call("sim.read_numbers", text=uploads.read_csv("cp932"), **query_data.model_dump(mode="json"))
    return read | {"errors": [each | {"detail": message(each["code"], each)} for each in read["errors"]]}


def _file(name: str, numbers: list[str]) -> Response:
    response = current_app.response_class(
        csv_file.rows([number] for number in numbers),
        content_type="text/csv; charset=utf-8; header=absent",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
