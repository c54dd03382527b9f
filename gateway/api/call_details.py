"""Call details: the application for them, and the calls since."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from gateway import rpc
from gateway.api import csv_file
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Day, Input, Limit, Text, example
from gateway.api.usage import Kept, Sums
from gateway.texts.calls import CALL_COLUMNS, CALL_TYPE
from gateway.web.formats import duration, second

blueprint = APIBlueprint(
    "api_call_details",
    __name__,
    tag={
        "name": "Call details",
        "description": "Every call of a contract, once it has applied for that. The application is free of charge and "
        "opens the calls from its own instant on; earlier ones are in the totals of the usage only.",
    },
)

_CHUNK = 2_000  # calls a call
_SINCE = "2026-03-11T03:00:00Z"


class CallDetailsState(Answer):
    """Whether the contract has applied for call details."""

    model_config = example({"applied": True, "since": _SINCE})

    applied: bool
    since: datetime | None = Field(description="calls from this instant on are shown")


class Call(Answer):
    """A call that has ended."""

    model_config = example(
        {
            "record_id": "20260311-000042",
            "phone_number": "05012345678",
            "started_at": "2026-03-11T03:04:05Z",
            "destination": "0312345678",
            "call_type": "domestic",
            "duration_seconds": 61,
            "charge_yen": 8,
        }
    )

    record_id: str
    phone_number: str = Field(description="the contract's number that called")
    started_at: datetime
    destination: str
    call_type: Literal["domestic", "mobile", "international", "other"]
    duration_seconds: int
    charge_yen: int


class CallPage(Answer):
    since: datetime = Field(description="calls from this instant on are shown")
    kept_since: Kept
    total: int
    totals: Sums = Field(description="of all calls that meet the conditions")
    items: list[Call] = Field(description="latest first")
    next_cursor: str | None


class CallFilter(Input):
    """Conditions that a call must all meet; without a month or a day it is the present month."""

    phone_prefix: Annotated[Text | None, Field(description="first 7 or more digits of the number")] = None
    destination_prefix: Annotated[
        Text | None, Field(description="first 3 or more digits of the number that was called")
    ] = None
    month: Annotated[Text | None, Field(description="`YYYY-MM`")] = None
    day_from: Annotated[Day | None, Field(description="on this day or later")] = None
    day_to: Annotated[Day | None, Field(description="on this day or before")] = None


class CallPageQuery(CallFilter):
    cursor: Cursor = None
    limit: Limit = 20


class CallFileQuery(CallFilter):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"


@blueprint.get("/contracts/<code:contract_code>/call-details")
@operation("selfcare", 404)
@blueprint.output(CallDetailsState)
def get_call_details(contract_code: str) -> Any:
    """Whether call details are shown, and since when."""
    return rpc.call("contracts.get_call_details", contract_code=contract_code)


@blueprint.put("/contracts/<code:contract_code>/call-details")
@operation("selfcare", 404)
@blueprint.output(CallDetailsState)
def apply_for_call_details(contract_code: str) -> Any:
    """Apply for call details.

    Free of charge. Repeated, it changes nothing.
    """
    return rpc.call("contracts.apply_for_call_details", contract_code=contract_code)


@blueprint.delete("/contracts/<code:contract_code>/call-details")
@operation("selfcare", 404)
@blueprint.output(CallDetailsState)
def cancel_call_details(contract_code: str) -> Any:
    """Cancel the application for call details.

    No details are shown any more. A later application opens the calls from then on.
    """
    return rpc.call("contracts.cancel_call_details", contract_code=contract_code)


@blueprint.get("/contracts/<code:contract_code>/calls")
@operation("selfcare", 404, 409, 422)
@blueprint.input(CallPageQuery, location="query")
@blueprint.output(CallPage)
def list_calls(contract_code: str, query_data: CallPageQuery) -> Any:
    """Search the calls of a contract.

    `call_details.not_applied` until the contract has applied for call details.
    """
    return rpc.call("contracts.list_calls", contract_code=contract_code, **query_data.model_dump(mode="json"))


@blueprint.get("/contracts/<code:contract_code>/calls.csv")
@operation("selfcare", 404, 409, 422, answers=csv_file.ANSWER)
@blueprint.input(CallFileQuery, location="query")
def download_calls(contract_code: str, query_data: CallFileQuery) -> Response:
    """Download the calls of a contract as CSV."""
    fetch = partial(_fetch, contract_code, query_data.model_dump(mode="json", exclude={"encoding"}))
    return csv_file.download(f"calls_{contract_code}", CALL_COLUMNS, fetch(None), fetch, query_data.encoding)


def _fetch(contract_code: str, search: dict[str, Any], cursor: str | None) -> csv_file.Chunk:
    found: csv_file.Chunk = rpc.call(
        "contracts.export_calls", contract_code=contract_code, **search, cursor=cursor, limit=_CHUNK
    )
    return found | {"items": [_flat(item) for item in found["items"]]}


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """A call as cells of a table."""
    return item | {
        "started_at": second(item["started_at"]),
        "call_type": str(CALL_TYPE[item["call_type"]]),
        "duration": duration(item["duration_seconds"]),
    }
