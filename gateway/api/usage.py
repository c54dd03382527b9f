"""Usage inquiry: calls, duration and charge by number and month."""

from functools import partial
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from gateway import rpc
from gateway.api import csv_file
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example
from gateway.texts.calls import USAGE_COLUMNS
from gateway.web.formats import duration

blueprint = APIBlueprint(
    "api_usage",
    __name__,
    tag={
        "name": "Usage",
        "description": "What the numbers of a contract called, in total and call by call, for self-care accounts. "
        "Months and days are those of Japan.",
    },
)

_CHUNK = 2_000  # numbers a call
_SUMS = {"calls": 2, "duration_seconds": 185, "charge_yen": 24}

Month = Annotated[Text | None, Field(description="`YYYY-MM`, the present month by default")]
Kept = Annotated[str, Field(description="`YYYY-MM`: the first month that is kept")]


class Sums(Answer):
    """Of calls that have ended and are on record."""

    model_config = example(_SUMS)

    calls: int
    duration_seconds: int
    charge_yen: int


class NumberUsage(Sums):
    """What a number called in the month."""

    model_config = example({"number": 1, "phone_number": "05012345678", **_SUMS})

    number: int = Field(description="the line's number within its contract")
    phone_number: str


class UsagePage(Answer):
    month: str = Field(description="`YYYY-MM`")
    kept_since: Kept
    total: int = Field(description="numbers that meet the conditions")
    totals: Sums = Field(description="of all of them")
    items: list[NumberUsage]
    next_cursor: str | None


class MonthUsage(Sums):
    """What was called in a month."""

    model_config = example({"month": "2026-03", **_SUMS})

    month: str = Field(description="`YYYY-MM`")


class UsageHistory(Answer):
    phone_number: str | None = Field(description="null: the whole contract")
    kept_since: Kept
    items: list[MonthUsage] = Field(description="every month from the first one with service, oldest first")


class UsageFilter(Input):
    """Which numbers, in which month."""

    month: Month = None
    phone_prefix: Annotated[Text | None, Field(description="first 7 or more digits of the phone number")] = (
        None
    )
    sort: Annotated[
        Literal["number", "phone_number", "calls", "duration", "charge"],
        Field(description="calls, duration and charge: the greatest first"),
    ] = "number"


class UsagePageQuery(UsageFilter):
    cursor: Cursor = None
    limit: Limit = 20


class UsageFileQuery(UsageFilter):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"


class HistoryQuery(Input):
    """Of one number, or of all."""

    phone_number: Text | None = None


@blueprint.get("/contracts/<code:contract_code>/usage")
@operation("selfcare", 404, 422)
@blueprint.input(UsagePageQuery, location="query")
@blueprint.output(UsagePage)
def list_usage(contract_code: str, query_data: UsagePageQuery) -> Any:
    """Show the usage of a month by number."""
    return rpc.call("contracts.list_usage", contract_code=contract_code, **query_data.model_dump())


@blueprint.get("/contracts/<code:contract_code>/usage.csv")
@operation("selfcare", 404, 422, answers=csv_file.ANSWER)
@blueprint.input(UsageFileQuery, location="query")
def download_usage(contract_code: str, query_data: UsageFileQuery) -> Response:
    """Download the usage of a month by number as CSV."""
    fetch = partial(_fetch, contract_code, query_data.model_dump(exclude={"encoding"}))
    first = fetch(None)
    name = f"usage_{contract_code}_{first['month']}"
    return csv_file.download(name, USAGE_COLUMNS, first, fetch, query_data.encoding)


@blueprint.get("/contracts/<code:contract_code>/usage/history")
@operation("selfcare", 404)
@blueprint.input(HistoryQuery, location="query")
@blueprint.output(UsageHistory)
def show_usage_history(contract_code: str, query_data: HistoryQuery) -> Any:
    """Show the usage month by month."""
    return rpc.call("contracts.usage_history", contract_code=contract_code, **query_data.model_dump())


def _fetch(contract_code: str, search: dict[str, Any], cursor: str | None) -> csv_file.Chunk:
    found: csv_file.Chunk = rpc.call(
        "contracts.export_usage", contract_code=contract_code, **search, cursor=cursor, limit=_CHUNK
    )
    items = [item | {"duration": duration(item["duration_seconds"])} for item in found["items"]]
    return found | {"items": items}
