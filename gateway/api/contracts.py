"""Contract inquiry: contracts, their lines, and the lines as a file."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from gateway import rpc
from gateway.api import csv_file, lines_csv
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Day, Input, Limit, Text, example

blueprint = APIBlueprint(
    "api_contracts",
    __name__,
    tag={
        "name": "Contracts",
        "description": "Contract inquiry, for self-care accounts; staff may look at any contract.",
    },
)

_HIDDEN = "absent where the contract's plan does not show it"
_CONTRACT = {
    "contract_code": "K-000123",
    "customer_name": "みなと商事株式会社",
    "service_name": "IP電話サービス",
    "customer_code": "C900123",
    "sip_proxy": "192.0.2.10",
    "sip_domain": "sip.minato-telecom.example",
    "issued": 10,
    "in_service": 9,
    "terminated": 1,
    "call_plan": "3分課金プラン",
    "family": "ip_phone",
    "display_plan": "standard",
}
_LINE = {
    "number": 1,
    "phone_number": "05012345678",
    "account_id": "8150512345",
    "line_password": "********",
    "addon_password": "********",
    "start_date": "2024-03-01",
    "end_date": None,
    "channels": 2,
    "notified_number": "05012345678",
    "pilot_number": None,
    "mobile_number": None,
    "password_change": None,
}


class Contract(Answer):
    """The block ご契約内容."""

    model_config = example(_CONTRACT)

    contract_code: str
    customer_name: str
    service_name: str
    customer_code: str
    sip_proxy: str | None = Field(None, description=_HIDDEN)
    sip_domain: str | None = Field(None, description=_HIDDEN)
    issued: int = Field(description="numbers applied for so far: in service and terminated")
    in_service: int
    terminated: int
    call_plan: str | None = Field(None, description=_HIDDEN)
    family: Literal["ip_phone", "mobile_choice", "free_voice", "data_sim"]
    display_plan: Literal["standard", "basic"]


class ContractList(Answer):
    items: list[Contract]


class OpenPasswordChange(Answer):
    """A change of the line's password that has not taken effect."""

    state: Literal["pending", "failed"] = Field(
        description="pending: the line cannot be used; failed: the former password is in force, and staff see to it"
    )
    reflected_by: datetime
    late: bool = Field(description="whether a pending change should have been reflected by now")


class Line(Answer):
    """A row of 回線情報. Passwords are stars, or blank where none is set."""

    model_config = example(_LINE)

    number: int = Field(description="the line's number within its contract")
    phone_number: str
    account_id: str | None = Field(None, description=_HIDDEN)
    line_password: str | None = Field(None, description=_HIDDEN)
    addon_password: str | None = Field(None, description=_HIDDEN)
    start_date: date
    end_date: date | None = Field(description="null while the line is in service")
    channels: int | None = Field(None, description=_HIDDEN)
    notified_number: str | None = Field(None, description=_HIDDEN)
    pilot_number: str | None = Field(None, description=_HIDDEN)
    mobile_number: str | None
    password_change: OpenPasswordChange | None = None


class LinePage(Answer):
    total: int
    items: list[Line]
    next_cursor: str | None


class LineFilter(Input):
    """Conditions that a line must all meet."""

    phone_prefix: Annotated[Text | None, Field(description="first 7 or more digits of the phone number")] = (
        None
    )
    status: Annotated[Literal["all", "in_service"], Field(description="all: terminated lines included")] = (
        "all"
    )
    start_from: Annotated[Day | None, Field(description="service started on this day or later")] = None
    start_to: Annotated[Day | None, Field(description="service started on this day or before")] = None


LineSort = Literal[
    "number",
    "phone_number",
    "account_id",
    "start_date",
    "end_date",
    "channels",
    "notified_number",
    "pilot_number",
    "mobile_number",
    "-number",
    "-phone_number",
    "-account_id",
    "-start_date",
    "-end_date",
    "-channels",
    "-notified_number",
    "-pilot_number",
    "-mobile_number",
]


class LinePageQuery(LineFilter):
    sort: Annotated[
        LineSort,
        Field(
            description="a column that the contract's plan shows; led by `-`, the largest first; blanks come last"
        ),
    ] = "number"
    cursor: Cursor = None
    limit: Limit = 50


class LineFileQuery(LineFilter):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"
    cells: Annotated[csv_file.Cells, Field(description=csv_file.CELLS)] = "plain"
    passwords: Annotated[
        Literal["masked", "clear"],
        Field(description="clear asks for a fresh proof of the person, and is recorded in the audit trail"),
    ] = "masked"


@blueprint.get("/contracts")
@operation("selfcare")
@blueprint.output(ContractList)
def list_contracts() -> Any:
    """List the customer's contracts."""
    return rpc.call("contracts.list_contracts")


@blueprint.get("/contracts/<code:contract_code>")
@operation("any", 404)
@blueprint.output(Contract)
def get_contract(contract_code: str) -> Any:
    """Show a contract."""
    return rpc.call("contracts.get_contract", contract_code=contract_code)


@blueprint.get("/contracts/<code:contract_code>/lines")
@operation("any", 404, 422)
@blueprint.input(LinePageQuery, location="query")
@blueprint.output(LinePage)
def list_lines(contract_code: str, query_data: LinePageQuery) -> Any:
    """Search the lines of a contract.

    More than 5,000 hits are refused with `lines.too_many`: narrow the search, or take the file. A cursor belongs to its
    sort; with another one it is refused.
    """
    return rpc.call("contracts.list_lines", contract_code=contract_code, **query_data.model_dump(mode="json"))


@blueprint.get("/contracts/<code:contract_code>/lines.csv")
@operation("any", 404, 422, 429, answers=csv_file.ANSWER)
@blueprint.input(LineFileQuery, location="query")
def download_lines(contract_code: str, query_data: LineFileQuery) -> Response:
    """Download the lines of a contract as CSV."""
    search = query_data.model_dump(mode="json", exclude={"encoding", "cells", "passwords"})
    in_clear = query_data.passwords == "clear"
    return lines_csv.download(
        contract_code, search, query_data.encoding, query_data.cells, passwords=in_clear
    )
