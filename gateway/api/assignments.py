"""The group and the usage limit of each line of Mobile Choice 050 (グループ・利用制限設定・内容変更)."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_assignments",
    __name__,
    tag={
        "name": "Groups and limits of lines",
        "description": "Which line of Mobile Choice 050 has which group and usage limit, for self-care accounts.",
    },
)

NONE = "-"
"""How the service is told of no group, or no limit."""

_LINE = {
    "phone_number": "05012345678",
    "mobile_number": "09012345678",
    "group_code": "SALES",
    "group_name": "営業部",
    "limit_code": None,
    "limit_name": None,
}


class LineChoice(Answer):
    """A line in service; null where it has no group, or limit."""

    model_config = example(_LINE)

    phone_number: str
    mobile_number: str | None
    group_code: str | None
    group_name: str | None
    limit_code: str | None
    limit_name: str | None


class LineChoicePage(Answer):
    total: int
    items: list[LineChoice]
    next_cursor: str | None


class LineChoiceFilter(Input):
    """Conditions that a line must all meet."""

    model_config = example({"group": "SALES"})

    phone_prefix: Annotated[Text | None, Field(description="first 7 or more digits of the phone number")] = (
        None
    )
    group: Annotated[Text | None, Field(description="code; `-`: lines without a group")] = None
    usage_limit: Annotated[Text | None, Field(description="code; `-`: lines without a limit")] = None


class LineChoiceQuery(LineChoiceFilter):
    cursor: Cursor = None
    limit: Limit = 50


class AssignmentWish(Input):
    """What is left out stays as it is; null takes it away."""

    group: Annotated[Text | None, Field(description="code of the group that the lines are to have")] = None
    usage_limit: Annotated[Text | None, Field(description="code of the limit that they are to have")] = None

    def wanted(self) -> dict[str, Any]:
        return {
            name: getattr(self, name) or NONE if name in self.model_fields_set else None
            for name in ("group", "usage_limit")
        }


class LineAssignment(AssignmentWish):
    model_config = example({"phone_numbers": ["05012345678"], "group": "SALES", "usage_limit": None})

    phone_numbers: Annotated[list[Text], Field(min_length=1, max_length=1_000)]


class HitAssignment(AssignmentWish):
    model_config = example({"search": {"group": "SALES"}, "expected": 12, "usage_limit": "DAY"})

    search: LineChoiceFilter
    expected: Annotated[
        int, Field(ge=0, description="how many lines the search has found; another number now is refused")
    ]


class AssignmentResult(Answer):
    model_config = example({"lines": 12, "changed": 10})

    lines: int
    changed: int = Field(description="how many of them had another group or limit before")


@blueprint.get("/contracts/<code:contract_code>/line-choices")
@operation("selfcare", 404, 422)
@blueprint.input(LineChoiceQuery, location="query")
@blueprint.output(LineChoicePage)
def list_line_choices(contract_code: str, query_data: LineChoiceQuery) -> Any:
    """Search the lines in service by their group and limit."""
    return rpc.call("contracts.list_line_choices", contract_code=contract_code, **query_data.model_dump())


@blueprint.post("/contracts/<code:contract_code>/line-choices")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(LineAssignment)
@blueprint.output(AssignmentResult)
def assign_to_lines(contract_code: str, json_data: LineAssignment) -> Any:
    """Set the group or the limit of up to 1,000 lines, all of them or none."""
    return rpc.call(
        "contracts.assign_to_lines",
        contract_code=contract_code,
        phone_numbers=json_data.phone_numbers,
        **json_data.wanted(),
    )


@blueprint.post("/contracts/<code:contract_code>/line-choices/by-search")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(HitAssignment)
@blueprint.output(AssignmentResult)
def assign_to_hits(contract_code: str, json_data: HitAssignment) -> Any:
    """Set the group or the limit of all lines that a search finds, however many."""
    return rpc.call(
        "contracts.assign_to_hits",
        contract_code=contract_code,
        expected=json_data.expected,
        phone_prefix=json_data.search.phone_prefix,
        having_group=json_data.search.group,
        having_usage_limit=json_data.search.usage_limit,
        **json_data.wanted(),
    )
