"""Data usage of SIMs and share groups, and the daily figures as CSV."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from gateway import rpc
from gateway.api import csv_file
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, Text, example
from gateway.texts.data_usage import DAILY_COLUMNS

blueprint = APIBlueprint(
    "api_sims_usage",
    __name__,
    tag={
        "name": "Data usage",
        "description": "What SIMs and share groups used, by day and month in Japan time, and when their data will be "
        "used up, for console accounts.",
    },
)

_CHUNK = 500  # SIMs a call
_TEXTS = ("sim_serial", "msisdn")  # a spreadsheet would take them for numbers

_FORECAST = {
    "runs_out_on": "2026-03-24",
    "reason": "runs_out",
    "through": "2026-03-31",
    "remaining_bytes": 650_000_000,
    "bytes_per_day": 50_000_000,
    "days_counted": 7,
    "first_day": "2026-03-04",
    "last_day": "2026-03-10",
    "method": "mean_of_days",
    "group_id": None,
}
_FIGURES = {
    "month": "2026-03",
    "first_month": "2025-04",
    "last_month": "2026-03",
    "as_of": "2026-03-11T03:00:00Z",
    "bytes": 350_000_000,
    "days": [{"day": "2026-03-01", "bytes": 50_000_000}],
    "months": [{"month": "2026-03", "bytes": 350_000_000}],
    "forecast": _FORECAST,
}

Month = Annotated[str, Field(description="`YYYY-MM`")]


class DayUsage(Answer):
    day: date
    bytes: int


class MonthUsage(Answer):
    month: Month
    bytes: int


class UsageForecast(Answer):
    """When the data that is open now will be used up, if it goes on being used as in the last days."""

    model_config = example(_FORECAST)

    runs_out_on: date | None = Field(description="null for every other reason than `runs_out`")
    reason: Literal["runs_out", "lasts", "too_little_data", "used_up"]
    through: date = Field(description="the end of the month, which brings a new allowance")
    remaining_bytes: int
    bytes_per_day: int | None = Field(description="the mean that the forecast goes by")
    days_counted: int
    first_day: date | None
    last_day: date | None
    method: Literal["mean_of_days"]
    group_id: int | None = Field(description="the share group that the forecast is of")


class UsageFigures(Answer):
    month: Month
    first_month: Month
    last_month: Month
    as_of: datetime | None = Field(description="how far the usage records reach")
    bytes: int = Field(description="of the month")
    days: list[DayUsage] = Field(description="every day of the month until today")
    months: list[MonthUsage] = Field(description="the last twelve, oldest first")
    forecast: UsageForecast


class SimUsage(UsageFigures):
    model_config = example(
        {"sim_serial": "AF0000000001", "msisdn": "02012345678", "group_id": None, **_FIGURES}
    )

    sim_serial: str
    msisdn: str
    group_id: int | None = Field(description="the share group that the SIM is in now")


class GroupUsage(UsageFigures):
    """What the members used, each in the months of its membership."""

    model_config = example({"group_id": 12, "name": "営業部", "members": 3, **_FIGURES})

    group_id: int
    name: str
    members: int = Field(description="in the month")


class DataUsageQuery(Input):
    """Of which month."""

    month: Annotated[Text | None, Field(description="`YYYY-MM`, one of the last twelve; now by default")] = (
        None
    )


class DataUsageFileQuery(DataUsageQuery):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"
    cells: Annotated[csv_file.Cells, Field(description=csv_file.CELLS)] = "plain"


@blueprint.get("/sims/<code:sim_serial>/usage")
@operation("console", 404, 422)
@blueprint.input(DataUsageQuery, location="query")
@blueprint.output(SimUsage)
def show_sim_usage(sim_serial: str, query_data: DataUsageQuery) -> Any:
    """Show the data usage of a SIM."""
    return rpc.call("sim.sim_usage", sim_serial=sim_serial, month=query_data.month)


@blueprint.get("/sims/<code:sim_serial>/usage.csv")
@operation("console", 404, 422, answers=csv_file.ANSWER)
@blueprint.input(DataUsageFileQuery, location="query")
def download_sim_usage(sim_serial: str, query_data: DataUsageFileQuery) -> Response:
    """Download the daily data usage of a SIM as CSV."""
    return download(f"usage_{sim_serial}", query_data, sim_serial=sim_serial)


@blueprint.get("/share-groups/<int:group_id>/usage")
@operation("console", 404, 422)
@blueprint.input(DataUsageQuery, location="query")
@blueprint.output(GroupUsage)
def show_group_usage(group_id: int, query_data: DataUsageQuery) -> Any:
    """Show the data usage of a share group."""
    return rpc.call("sim.group_usage", group_id=group_id, month=query_data.month)


@blueprint.get("/share-groups/<int:group_id>/usage.csv")
@operation("console", 404, 422, answers=csv_file.ANSWER)
@blueprint.input(DataUsageFileQuery, location="query")
def download_group_usage(group_id: int, query_data: DataUsageFileQuery) -> Response:
    """Download the daily data usage of a share group's members as CSV."""
    return download(f"usage_group_{group_id}", query_data, group_id=group_id)


@blueprint.get("/usage/daily.csv")
@operation("console", 422, answers=csv_file.ANSWER)
@blueprint.input(DataUsageFileQuery, location="query")
def download_daily_usage(query_data: DataUsageFileQuery) -> Response:
    """Download the daily data usage of all SIMs as CSV."""
    return download("usage_daily", query_data)


def download(name: str, query: DataUsageFileQuery, **of: Any) -> Response:
    """The daily figures `of` a SIM, a group, or all SIMs of the customer, as a file, streamed."""

    def fetch(cursor: str | None) -> csv_file.Chunk:
        found: csv_file.Chunk = rpc.call(
            "sim.export_usage", month=query.month, **of, cursor=cursor, limit=_CHUNK
        )
        return found

    first = fetch(None)
    parts = csv_file.pages(list(DAILY_COLUMNS), first, fetch, partial(_cell, query.cells))
    return csv_file.stream(f"{name}_{first['month']}", DAILY_COLUMNS.values(), parts, query.encoding)


def _cell(cells: csv_file.Cells, column: str, value: Any) -> str:
    is_text = cells == "spreadsheet" and column in _TEXTS
    return csv_file.literal(value) if is_text else csv_file.cell(value)
