"""Customers, contracts and lines as staff look them up."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_customers",
    __name__,
    tag={
        "name": "Customers",
        "description": "Customers with their contracts and lines, for the operator's staff.",
    },
)

Family = Literal["ip_phone", "mobile_choice", "free_voice", "data_sim"]
ServiceType = Literal["ip_phone", "b2bua", "b2bua_opengate", "mobile_choice", "free_voice", "data_sim"]
LineState = Annotated[
    Literal["upcoming", "in_service", "ending", "terminated"],
    Field(description="ending: in service, with an end date to come"),
]

_CUSTOMER = {"customer_code": "C900123", "name": "みなと商事株式会社", "contracts": 1}
_CONTRACT = {
    "contract_code": "K-000123",
    "project_name": "本社",
    "service_name": "IP電話サービス",
    "service_type": "ip_phone",
    "family": "ip_phone",
    "display_plan": "standard",
    "issued": 10,
    "in_service": 9,
    "terminated": 1,
}
_FOUND_LINE = {
    "phone_number": "05012345678",
    "contract_code": "K-000123",
    "customer_code": "C900123",
    "customer_name": "みなと商事株式会社",
    "start_date": "2024-03-01",
    "end_date": None,
    "state": "in_service",
}


class CustomerItem(Answer):
    model_config = example(_CUSTOMER)

    customer_code: str
    name: str
    contracts: int = Field(description="how many there are")


class CustomerPage(Answer):
    total: int
    items: list[CustomerItem]
    next_cursor: str | None


class CustomerContract(Answer):
    contract_code: str
    project_name: str
    service_name: str
    service_type: ServiceType
    family: Family
    display_plan: Literal["standard", "basic"]
    issued: int = Field(description="numbers applied for so far: in service and terminated")
    in_service: int
    terminated: int


class CustomerDetail(Answer):
    model_config = example(
        {
            "customer_code": "C900123",
            "name": "みなと商事株式会社",
            "projects": ["本社"],
            "contracts": [_CONTRACT],
        }
    )

    customer_code: str
    name: str
    projects: list[str]
    contracts: list[CustomerContract]


class FoundContract(Answer):
    contract_code: str
    service_name: str
    customer_code: str
    customer_name: str


class FoundLine(Answer):
    phone_number: str
    contract_code: str
    customer_code: str
    customer_name: str
    start_date: date
    end_date: date | None
    state: LineState


class FoundCustomers(Answer):
    total: int
    items: list[CustomerItem]


class FoundContracts(Answer):
    total: int
    items: list[FoundContract]


class FoundLines(Answer):
    total: int
    items: list[FoundLine]


class Found(Answer):
    """The first 20 hits of each kind."""

    model_config = example(
        {
            "customers": {"total": 0, "items": []},
            "contracts": {"total": 0, "items": []},
            "lines": {"total": 1, "items": [_FOUND_LINE]},
        }
    )

    customers: FoundCustomers
    contracts: FoundContracts
    lines: FoundLines


class Named(Answer):
    code: str
    name: str


class LinePasswordChangeItem(Answer):
    """A change of the line's password for the network."""

    version: int = Field(description="counts the changes of the line")
    state: Literal["pending", "reflected", "superseded", "failed"]
    changed_at: datetime
    reflected_by: datetime
    ended_at: datetime | None
    attempts: int = Field(description="how often it was sent to the switch")
    reason: str | None


class LineDetail(Answer):
    """Everything about a line, whatever its customer's plan shows; passwords are stars, or blank where none is set."""

    model_config = example(
        {
            **_FOUND_LINE,
            "number": 1,
            "service_name": "IP電話サービス",
            "service_type": "ip_phone",
            "family": "ip_phone",
            "account_id": "8150512345",
            "line_password": "********",
            "addon_password": "",
            "channels": 2,
            "notified_number": None,
            "pilot_number": None,
            "mobile_number": None,
            "group": None,
            "usage_limit": None,
            "rejected_numbers": 0,
            "password_changes": [],
        }
    )

    phone_number: str
    contract_code: str
    customer_code: str
    customer_name: str
    start_date: date
    end_date: date | None
    state: LineState
    number: int = Field(description="the line's number within its contract")
    service_name: str
    service_type: ServiceType
    family: Family
    account_id: str
    line_password: str
    addon_password: str
    channels: int
    notified_number: str | None
    pilot_number: str | None
    mobile_number: str | None
    group: Named | None
    usage_limit: Named | None
    rejected_numbers: int = Field(description="how many callers the line rejects")
    password_changes: list[LinePasswordChangeItem] = Field(description="the latest 20, latest first")


class CustomerQuery(Input):
    query: Annotated[Text, Field(description="how the code begins, or any part of the name")] = ""
    cursor: Cursor = None
    limit: Limit = 50


class LookupQuery(Input):
    query: Annotated[
        Text,
        Field(
            description="how a customer's or contract's code begins, any part of a name, or 7 or more digits of a "
            "telephone number"
        ),
    ]


@blueprint.get("/staff/customers")
@operation("staff", 422)
@blueprint.input(CustomerQuery, location="query")
@blueprint.output(CustomerPage)
def list_customers(query_data: CustomerQuery) -> Any:
    """List or search customers."""
    return rpc.call("contracts.list_customers", **query_data.model_dump(mode="json"))


@blueprint.get("/staff/customers/<code:customer_code>")
@operation("staff", 404)
@blueprint.output(CustomerDetail)
def get_customer(customer_code: str) -> Any:
    """Show a customer with projects and contracts."""
    return rpc.call("contracts.get_customer", customer_code=customer_code)


@blueprint.get("/staff/lines/<code:phone_number>")
@operation("staff", 404)
@blueprint.output(LineDetail)
def find_line(phone_number: str) -> Any:
    """Show a line, whosever it is."""
    return rpc.call("contracts.find_line", phone_number=phone_number)


@blueprint.get("/staff/search")
@operation("staff", 422)
@blueprint.input(LookupQuery, location="query")
@blueprint.output(Found)
def look_up(query_data: LookupQuery) -> Any:
    """Find customers, contracts and lines by what somebody says on the telephone."""
    return rpc.call("contracts.look_up", query=query_data.query)
