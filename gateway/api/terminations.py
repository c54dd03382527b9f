"""Terminations of lines (解約), for staff."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Day, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_terminations",
    __name__,
    tag={
        "name": "Terminations",
        "description": "Lines that are to end. Until a termination is completed its line is in service.",
    },
)

TerminationState = Literal["registered", "completed", "withdrawn"]
Ids = Annotated[
    list[Annotated[int, Field(ge=1, lt=2**63 - 1)]],
    Field(min_length=1, max_length=500, description="all of them or none"),
]
_TERMINATION = {
    "termination_id": 4711,
    "phone_number": "05012345678",
    "contract_code": "IP1000009",
    "customer_code": "C900000009",
    "customer_name": "山田商店",
    "state": "registered",
    "start_date": "2022-08-17",
    "wished_date": "2026-04-30",
    "end_date": None,
    "registered_at": "2026-04-01T03:00:00Z",
    "registered_by": "staff-1",
    "ended_at": None,
    "ended_by": None,
}


class Termination(Answer):
    model_config = example(_TERMINATION)

    termination_id: int
    phone_number: str
    contract_code: str
    customer_code: str
    customer_name: str
    state: TerminationState
    start_date: date
    wished_date: date
    end_date: date | None = Field(description="of the line, once the termination is completed")
    registered_at: datetime
    registered_by: str
    ended_at: datetime | None
    ended_by: str | None


class TerminationPage(Answer):
    total: int
    items: list[Termination]
    next_cursor: str | None


class TerminationQuery(Input):
    """Conditions that a termination must all meet."""

    state: TerminationState | None = None
    customer_code: Text | None = None
    phone_prefix: Annotated[Text | None, Field(description="first digits of the number")] = None
    cursor: Cursor = None
    limit: Limit = 50


class Registration(Input):
    model_config = example({"phone_numbers": ["05098765432"], "wished_date": "2026-04-30"})

    phone_numbers: Annotated[list[Text], Field(min_length=1, max_length=1000)]
    wished_date: Day


class Completion(Input):
    model_config = example({"ids": [900000001], "end_date": "2026-04-30"})

    ids: Ids
    end_date: Day = Field(description="last day of the lines: today at the latest")


class Withdrawal(Input):
    model_config = example({"ids": [900000001]})

    ids: Ids


class Registered(Answer):
    registered: int


class Completed(Answer):
    completed: int


class Withdrawn(Answer):
    withdrawn: int


@blueprint.get("/staff/terminations")
@operation("staff", 422)
@blueprint.input(TerminationQuery, location="query")
@blueprint.output(TerminationPage)
def list_terminations(query_data: TerminationQuery) -> Any:
    """Search terminations, newest first."""
    return rpc.call("contracts.list_terminations", **query_data.model_dump(mode="json"))


@blueprint.get("/staff/terminations/<int:termination_id>")
@operation("staff", 404)
@blueprint.output(Termination)
def get_termination(termination_id: int) -> Any:
    """Show a termination."""
    return rpc.call("contracts.get_termination", termination_id=termination_id)


@blueprint.post("/staff/terminations")
@operation("staff", 400, 413, 415, 422)
@blueprint.input(Registration)
@blueprint.output(Registered, status_code=201)
def register_terminations(json_data: Registration) -> Any:
    """Register lines that are to end, all of them or none; the lines stay in service."""
    return rpc.call("contracts.register_terminations", **json_data.model_dump(mode="json"))


@blueprint.post("/staff/terminations/complete")
@operation("staff", 400, 404, 409, 413, 415, 422)
@blueprint.input(Completion)
@blueprint.output(Completed)
def complete_terminations(json_data: Completion) -> Any:
    """End the lines, release what was chosen for them, and put their numbers into quarantine."""
    return rpc.call("contracts.complete_terminations", **json_data.model_dump(mode="json"))


@blueprint.post("/staff/terminations/withdraw")
@operation("staff", 400, 404, 409, 413, 415, 422)
@blueprint.input(Withdrawal)
@blueprint.output(Withdrawn)
def withdraw_terminations(json_data: Withdrawal) -> Any:
    """Take registrations back."""
    return rpc.call("contracts.withdraw_terminations", **json_data.model_dump(mode="json"))
