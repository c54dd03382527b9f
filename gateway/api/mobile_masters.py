"""Groups and usage limits of a contract of Mobile Choice 050 (マスタテーブル設定)."""

from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, url_for
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, Text, example

blueprint = APIBlueprint(
    "api_mobile_masters",
    __name__,
    tag={
        "name": "Groups and usage limits",
        "description": "The masters of a contract of Mobile Choice 050, for self-care accounts: groups of lines, and "
        "what a line may call. Whoever changes one states the `version` that was seen.",
    },
)

_GROUP = {"code": "SALES", "name": "営業部", "lines": 12, "version": "3f1c0a9b7d2e4c55"}
_BAND = {"days": "weekdays", "start": "09:00", "end": "18:30"}
_TERMS = {
    "name": "平日昼のみ",
    "bars_international": True,
    "bars_premium": True,
    "bars_directory": False,
    "monthly_ceiling": 5000,
    "bands": [_BAND],
}
_LIMIT = {"code": "DAY", **_TERMS, "lines": 12, "version": "9a41b6f0c2d83e17"}

Version = Annotated[Text, Field(description="of the state that was seen; another one is `master.changed`")]
Code = Annotated[
    Text, Field(description="up to 20 half-width letters, digits, `-` and `_`; it never changes")
]
Name = Annotated[Text, Field(description="up to 50 characters")]


class LineGroupName(Input):
    model_config = example({"name": "営業部", "version": _GROUP["version"]})

    name: Name
    version: Version


class NewLineGroup(Input):
    model_config = example({"code": "SALES", "name": "営業部"})

    code: Code
    name: Name


class LineGroup(Answer):
    """A group (グループ) of lines."""

    model_config = example(_GROUP)

    code: str
    name: str
    lines: int = Field(description="lines in service that have it")
    version: str


class LineGroupList(Answer):
    """All groups of the contract, by code."""

    items: list[LineGroup]
    most: int = Field(description="how many there may be")


class TimeBandWish(Input):
    """Times of day in Japan; bands of the same days must not overlap."""

    model_config = example(_BAND)

    days: Literal["every_day", "weekdays", "weekends_and_holidays"]
    start: Annotated[Text, Field(description="HH:MM")]
    end: Annotated[Text, Field(description="HH:MM, exclusive, up to 24:00")]


class UsageLimitTerms(Input):
    """What a line with this limit may call, and when."""

    name: Name
    bars_international: bool = Field(False, description="no international calls")
    bars_premium: bool = Field(False, description="no calls to premium-rate numbers")
    bars_directory: bool = Field(False, description="no calls to directory assistance (104)")
    monthly_ceiling: int | None = Field(None, description="yen a month, 1 or more; null for none")
    bands: list[TimeBandWish] = Field([], description="when calls may go out; at all times if there are none")


class NewUsageLimit(UsageLimitTerms):
    model_config = example({"code": "DAY", **_TERMS})

    code: Code


class ChangedUsageLimit(UsageLimitTerms):
    model_config = example({**_TERMS, "version": _LIMIT["version"]})

    version: Version


class TimeBand(Answer):
    """Times of day in Japan, `end` exclusive."""

    model_config = example(_BAND)

    days: Literal["every_day", "weekdays", "weekends_and_holidays"]
    start: str
    end: str


class UsageLimit(Answer):
    """A usage limit (利用制限)."""

    model_config = example(_LIMIT)

    code: str
    name: str
    bars_international: bool
    bars_premium: bool
    bars_directory: bool
    monthly_ceiling: int | None
    bands: list[TimeBand]
    lines: int = Field(description="lines in service that have it")
    version: str


class UsageLimitList(Answer):
    """All usage limits of the contract, by code."""

    items: list[UsageLimit]
    most: int = Field(description="how many there may be")


@blueprint.get("/contracts/<code:contract_code>/line-groups")
@operation("selfcare", 404)
@blueprint.output(LineGroupList)
def list_line_groups(contract_code: str) -> Any:
    """List the groups of a contract."""
    return rpc.call("contracts.list_line_groups", contract_code=contract_code)


@blueprint.post("/contracts/<code:contract_code>/line-groups")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(NewLineGroup)
@blueprint.output(LineGroup, status_code=201)
def add_line_group(contract_code: str, json_data: NewLineGroup) -> Response:
    """Add a group."""
    made = rpc.call("contracts.add_line_group", contract_code=contract_code, **json_data.model_dump())
    return _created(LineGroup, made, "get_line_group", contract_code)


@blueprint.get("/contracts/<code:contract_code>/line-groups/<code:group_code>")
@operation("selfcare", 404)
@blueprint.output(LineGroup)
def get_line_group(contract_code: str, group_code: str) -> Any:
    """Show a group."""
    return rpc.call("contracts.get_line_group", contract_code=contract_code, code=group_code)


@blueprint.put("/contracts/<code:contract_code>/line-groups/<code:group_code>")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(LineGroupName)
@blueprint.output(LineGroup)
def change_line_group(contract_code: str, group_code: str, json_data: LineGroupName) -> Any:
    """Give a group another name."""
    return rpc.call(
        "contracts.change_line_group",
        contract_code=contract_code,
        code=group_code,
        **json_data.model_dump(),
    )


@blueprint.delete("/contracts/<code:contract_code>/line-groups/<code:group_code>")
@operation("selfcare", 404, 409, answers={204: "The group is deleted"})
def delete_line_group(contract_code: str, group_code: str) -> Response:
    """Delete a group that no line in service has."""
    rpc.call("contracts.delete_line_group", contract_code=contract_code, code=group_code)
    return make_response("", 204)


@blueprint.get("/contracts/<code:contract_code>/usage-limits")
@operation("selfcare", 404)
@blueprint.output(UsageLimitList)
def list_usage_limits(contract_code: str) -> Any:
    """List the usage limits of a contract."""
    return rpc.call("contracts.list_usage_limits", contract_code=contract_code)


@blueprint.post("/contracts/<code:contract_code>/usage-limits")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(NewUsageLimit)
@blueprint.output(UsageLimit, status_code=201)
def add_usage_limit(contract_code: str, json_data: NewUsageLimit) -> Response:
    """Add a usage limit."""
    terms = json_data.model_dump(exclude={"code", "name"})
    made = rpc.call(
        "contracts.add_usage_limit",
        contract_code=contract_code,
        code=json_data.code,
        name=json_data.name,
        terms=terms,
    )
    return _created(UsageLimit, made, "get_usage_limit", contract_code)


@blueprint.get("/contracts/<code:contract_code>/usage-limits/<code:limit_code>")
@operation("selfcare", 404)
@blueprint.output(UsageLimit)
def get_usage_limit(contract_code: str, limit_code: str) -> Any:
    """Show a usage limit."""
    return rpc.call("contracts.get_usage_limit", contract_code=contract_code, code=limit_code)


@blueprint.put("/contracts/<code:contract_code>/usage-limits/<code:limit_code>")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(ChangedUsageLimit)
@blueprint.output(UsageLimit)
def change_usage_limit(contract_code: str, limit_code: str, json_data: ChangedUsageLimit) -> Any:
    """Change what a usage limit says; it holds for all lines that have it."""
    return rpc.call(
        "contracts.change_usage_limit",
        contract_code=contract_code,
        code=limit_code,
        name=json_data.name,
        terms=json_data.model_dump(exclude={"name", "version"}),
        version=json_data.version,
    )


@blueprint.delete("/contracts/<code:contract_code>/usage-limits/<code:limit_code>")
@operation("selfcare", 404, 409, answers={204: "The usage limit is deleted"})
def delete_usage_limit(contract_code: str, limit_code: str) -> Response:
    """Delete a usage limit that no line in service has."""
    rpc.call("contracts.delete_usage_limit", contract_code=contract_code, code=limit_code)
    return make_response("", 204)


def _created(model: type[Answer], made: dict[str, Any], endpoint: str, contract_code: str) -> Response:
    response = jsonify(model.model_validate(made).model_dump(mode="json"))
    response.status_code = 201
    name = "group_code" if endpoint == "get_line_group" else "limit_code"
    response.headers["Location"] = url_for(
        f".{endpoint}", contract_code=contract_code, **{name: made["code"]}
    )
    return response
