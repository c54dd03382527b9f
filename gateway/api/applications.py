"""Applications for more 050 numbers: for customers who place them, and for staff who decide on them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, url_for
from pydantic import Field

from gateway import rpc
from gateway.api import idempotency
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Day, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_applications",
    __name__,
    tag={
        "name": "Applications",
        "description": "Applications for more 050 numbers (050番号追加申込) of IP phone and Mobile Choice contracts.",
    },
)

ApplicationState = Literal["received", "issued", "declined", "withdrawn"]
LongText = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]

_WISH = {
    "contract_code": "IP1000009",
    "count": 2,
    "wished_date": "2026-04-01",
    "channels": 2,
    "contact_name": "山田 花子",
    "contact_phone": "0312345678",
    "contact_email": "hanako@yamada.example",
}
_APPLICATION = {
    **_WISH,
    "number": "C900000009-AN260001",
    "service_name": "IP電話サービス",
    "customer_code": "C900000009",
    "customer_name": "山田商店",
    "state": "received",
    "applicant": "C900000009",
    "accepted_at": "2026-03-11T03:00:00Z",
    "ended_at": None,
    "start_date": None,
    "reason": None,
}


class ApplicationWish(Input):
    """What is applied for, and whom to tell."""

    model_config = example(_WISH)

    contract_code: Text
    count: int = Field(description="telephone numbers")
    wished_date: Day = Field(description="first day of service that is wished")
    channels: int = Field(
        1, description="of each number; without effect where the plan does not show channels"
    )
    contact_name: LongText
    contact_phone: LongText = Field(description="10 or 11 digits, no hyphens")
    contact_email: LongText


class Application(Answer):
    """`start_date` of the lines that were issued, `reason` of a decline."""

    model_config = example(_APPLICATION)

    number: str
    contract_code: str
    service_name: str
    customer_code: str
    customer_name: str
    state: ApplicationState
    count: int
    wished_date: date
    channels: int | None = Field(None, description="absent where the plan does not show it")
    contact_name: str
    contact_phone: str
    contact_email: str
    applicant: str
    accepted_at: datetime
    ended_at: datetime | None
    start_date: date | None
    reason: str | None


class ApplicationDetail(Application):
    model_config = example({**_APPLICATION, "phone_numbers": []})

    phone_numbers: list[str] = Field(description="that were issued")


class ApplicationPage(Answer):
    total: int
    items: list[Application]
    next_cursor: str | None


class ContractChoice(Answer):
    contract_code: str
    service_name: str
    in_service: int = Field(description="lines")
    asks_channels: bool


class ApplicationRules(Answer):
    """What may be applied for today."""

    contracts: list[ContractChoice] = Field(description="those that numbers can be added to")
    maximum: int = Field(description="numbers of one application")
    maximum_channels: int
    earliest: date
    latest: date


class ApplicationQuery(Input):
    state: ApplicationState | None = None
    cursor: Cursor = None
    limit: Limit = 20


class StaffApplicationQuery(ApplicationQuery):
    customer_code: Text | None = None


class Issue(Input):
    """Left out: the day that was wished, and the lowest free numbers."""

    model_config = example({"start_date": "2026-04-01", "phone_numbers": ["05012345678", "05012345679"]})

    start_date: Day | None = None
    phone_numbers: Annotated[list[Text], Field(max_length=1000)] | None = None


class Decline(Input):
    model_config = example({"reason": "ご契約内容の確認が必要です。"})

    reason: LongText = Field(description="the customer is told")


@blueprint.get("/applications/rules")
@operation("selfcare")
@blueprint.output(ApplicationRules)
def get_application_rules() -> Any:
    """What may be applied for today, and for which contracts."""
    return rpc.call("contracts.application_rules")


@blueprint.get("/applications")
@operation("selfcare", 422)
@blueprint.input(ApplicationQuery, location="query")
@blueprint.output(ApplicationPage)
def list_applications(query_data: ApplicationQuery) -> Any:
    """List the customer's applications, newest first."""
    return rpc.call("contracts.list_applications", **query_data.model_dump(mode="json"))


@blueprint.post("/applications")
@operation("selfcare", 400, 404, 409, 413, 415, 422, parameters=[idempotency.PARAMETER])
@blueprint.input(ApplicationWish)
@blueprint.output(ApplicationDetail, status_code=201)
def place_application(json_data: ApplicationWish) -> Response:
    """Apply for more numbers.

    The answer to a repeated `Idempotency-Key` with the same body is the first application again.
    """
    placed = rpc.call(
        "contracts.place_application",
        idempotency_key=idempotency.given_key(),
        **json_data.model_dump(mode="json"),
    )
    shown = ApplicationDetail.model_validate(placed).model_dump(mode="json", exclude_unset=True)
    response = jsonify(shown)
    response.status_code = 201
    response.headers["Location"] = url_for("api_applications.get_application", number=placed["number"])
    return response


@blueprint.get("/applications/<code:number>")
@operation("selfcare", 404)
@blueprint.output(ApplicationDetail)
def get_application(number: str) -> Any:
    """Show an application with the numbers that were issued."""
    return rpc.call("contracts.get_application", number=number)


@blueprint.post("/applications/<code:number>/withdraw")
@operation("selfcare", 404, 409)
@blueprint.output(ApplicationDetail)
def withdraw_application(number: str) -> Any:
    """Withdraw an application that has not been decided on."""
    return rpc.call("contracts.withdraw_application", number=number)


@blueprint.get("/staff/applications")
@operation("staff", 422)
@blueprint.input(StaffApplicationQuery, location="query")
@blueprint.output(ApplicationPage)
def list_all_applications(query_data: StaffApplicationQuery) -> Any:
    """List the applications of all customers, newest first."""
    return rpc.call("contracts.list_applications", **query_data.model_dump(mode="json"))


@blueprint.get("/staff/applications/<code:number>")
@operation("staff", 404)
@blueprint.output(ApplicationDetail)
def get_any_application(number: str) -> Any:
    """Show an application of any customer."""
    return rpc.call("contracts.get_application", number=number)


@blueprint.post("/staff/applications/<code:number>/issue")
@operation("staff", 400, 404, 409, 413, 415, 422)
@blueprint.input(Issue)
@blueprint.output(ApplicationDetail)
def issue_application(number: str, json_data: Issue) -> Any:
    """Issue the numbers: the lines are there, all of them or none."""
    return rpc.call("contracts.issue_application", number=number, **json_data.model_dump(mode="json"))


@blueprint.post("/staff/applications/<code:number>/decline")
@operation("staff", 400, 404, 409, 413, 415, 422)
@blueprint.input(Decline)
@blueprint.output(ApplicationDetail)
def decline_application(number: str, json_data: Decline) -> Any:
    """Turn an application down."""
    return rpc.call("contracts.decline_application", number=number, **json_data.model_dump())
