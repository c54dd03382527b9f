"""The pool of 050 numbers, for staff."""

from datetime import date
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, make_response
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, example

blueprint = APIBlueprint(
    "api_numbers",
    __name__,
    tag={
        "name": "Number pool",
        "description": "The numbers that lines are issued with; new ones come by import.",
    },
)

NumberState = Literal["free", "in_use", "quarantined"]
_NUMBER = {
    "phone_number": "05012345678",
    "family": "ip_phone",
    "state": "quarantined",
    "free_from": "2026-09-27",
    "contract_code": "IP1000009",
    "customer_code": "C900000009",
    "customer_name": "山田商店",
}
_COUNTS = {"family": "ip_phone", "free": 120, "in_use": 30, "quarantined": 4}


class PoolNumber(Answer):
    """`contract_code` is that of the newest line that has, or had, the number."""

    model_config = example(_NUMBER)

    phone_number: str
    family: Literal["ip_phone", "mobile_choice"]
    state: NumberState
    free_from: date | None = Field(description="when a number in quarantine may be given out again")
    contract_code: str | None
    customer_code: str | None
    customer_name: str | None


class PoolCounts(Answer):
    model_config = example(_COUNTS)

    family: Literal["ip_phone", "mobile_choice"]
    free: int
    in_use: int
    quarantined: int


class PoolPage(Answer):
    total: int
    counts: list[PoolCounts] = Field(description="of the prefix, whatever the state that was asked for")
    items: list[PoolNumber]
    next_cursor: str | None


class PoolQuery(Input):
    prefix: Annotated[str, Field(max_length=14, pattern=r"^[0-9]*$", description="first digits")] = ""
    state: NumberState | None = None
    cursor: Cursor = None
    limit: Limit = 50


@blueprint.get("/staff/numbers")
@operation("staff", 422)
@blueprint.input(PoolQuery, location="query")
@blueprint.output(PoolPage)
def list_numbers(query_data: PoolQuery) -> Any:
    """Count and list the numbers of the pool."""
    return rpc.call("contracts.list_numbers", **query_data.model_dump(mode="json"))


@blueprint.delete("/staff/numbers/<code:phone_number>")
@operation("staff", 404, 409, answers={204: "The number is not in the pool any more"})
def remove_number(phone_number: str) -> Response:
    """Take a free number out of the pool."""
    rpc.call("contracts.remove_number", phone_number=phone_number)
    return make_response("", 204)
