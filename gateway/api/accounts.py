"""Accounts: those of a customer's console, by its administrators; all accounts, by staff."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, url_for
from pydantic import Field, StringConstraints

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example
from gateway.initial_password import new_initial_password

blueprint = APIBlueprint(
    "api_accounts",
    __name__,
    tag={
        "name": "Accounts",
        "description": (
            "Accounts of a customer's console, for its administrators. Staff see the accounts of everybody; their "
            "administrators change them, and create accounts of staff."
        ),
    },
)

Role = Literal["viewer", "operator", "administrator", "support", "operations"]
Address = Annotated[str, StringConstraints(max_length=254)]
Condition = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^\x00-\x1f\x7f]*$"),
    Field(description="how the login ID or the mail address begins"),
]

_NEW = {"login_id": "sato.hanako", "role": "operator", "email": "sato@minato.example", "language": "ja"}
_ACCOUNT = {
    "login_id": "sato.hanako",
    "kind": "console",
    "customer_code": "TC1000-00009",
    "role": "operator",
    "email": "sato@minato.example",
    "language": "ja",
    "disabled": False,
    "has_password": True,
    "must_change_password": True,
    "factors": [],
    "last_login_at": None,
    "created_at": "2026-03-11T03:00:00Z",
}


class AccountItem(Answer):
    """An account."""

    model_config = example(_ACCOUNT)

    login_id: str
    kind: Literal["selfcare", "console", "staff"]
    customer_code: str | None
    role: str = Field(description="of the console or the staff; empty for self-care accounts")
    email: str | None
    language: Literal["ja", "en"]
    disabled: bool
    has_password: bool
    must_change_password: bool = Field(description="whether the next login begins with a new password")
    factors: list[Literal["passkey", "totp"]] = Field(description="kinds of second factors in use")
    last_login_at: datetime | None
    created_at: datetime


class AccountPage(Answer):
    total: int
    items: list[AccountItem]
    next_cursor: str | None


class AccountQuery(Input):
    """Conditions that an account must all meet."""

    query: Condition = ""
    kind: Literal["selfcare", "console", "staff"] | None = None
    customer_code: Text | None = None
    cursor: Cursor = None
    limit: Limit = 50


class NewAccount(Input):
    """An account to create; one without an address gets no mail."""

    model_config = example(_NEW)

    login_id: Annotated[Text, Field(min_length=1)]
    role: Role
    email: Address | None = None
    language: Literal["ja", "en"] = "ja"


class AccountChange(Input):
    """What is to be different; what is left out stays. `null` removes the address."""

    model_config = example({"role": "viewer", "disabled": True})

    role: Role | None = None
    email: Address | None = None
    disabled: bool | None = None


class AccountReset(Input):
    """A new initial password and, where somebody lost their second factor, its removal."""

    model_config = example({"factors": True})

    factors: bool = False


class PasswordHandedOut(Answer):
    """Where the initial password is. That of a console or staff account works for one login, in which it is changed."""

    model_config = example(
        {"mailed": False, "ends_at": "2026-03-12T03:00:00Z", "initial_password": "(shown this once)"}
    )

    mailed: bool = Field(description="whether it was mailed to the account's address")
    ends_at: datetime | None = Field(description="when it stops working; null for self-care accounts: never")
    initial_password: str | None = Field(None, description="only if it was not mailed; it is not shown again")


class FactorPolicy(Input):
    """Whether the customer's console accounts log in with a second factor only, from their next login."""

    model_config = example({"required": True})

    required: bool


class PresentFactorPolicy(Answer):
    model_config = example({"required": True})

    required: bool


@blueprint.get("/accounts")
@operation("any", 422)
@blueprint.input(AccountQuery, location="query")
@blueprint.output(AccountPage)
def list_accounts(query_data: AccountQuery) -> Any:
    """Search the accounts, by login ID."""
    return rpc.call("auth.list_accounts", **query_data.model_dump(mode="json"))


@blueprint.post("/accounts")
@operation("any", 400, 409, 413, 415, 422)
@blueprint.input(NewAccount)
@blueprint.output(PasswordHandedOut, status_code=201)
def create_account(json_data: NewAccount) -> Response:
    """Create an account of the caller's own customer or, by staff, of staff."""
    password = new_initial_password()
    answer = rpc.call(
        "auth.create_account",
        sealed=("initial_password",),
        initial_password=password,
        **json_data.model_dump(mode="json"),
    )
    handed_out = PasswordHandedOut.model_validate(_handed_out(answer, password))
    response = jsonify(handed_out.model_dump(mode="json", exclude_unset=True))
    response.status_code = 201
    response.headers["Location"] = url_for("api_accounts.get_account", login_id=json_data.login_id)
    return response


@blueprint.get("/accounts/<code:login_id>")
@operation("any", 404)
@blueprint.output(AccountItem)
def get_account(login_id: str) -> Any:
    """Show an account."""
    return rpc.call("auth.get_account", login_id=login_id)


@blueprint.patch("/accounts/<code:login_id>")
@operation("any", 400, 404, 409, 413, 415, 422)
@blueprint.input(AccountChange)
@blueprint.output(AccountItem)
def change_account(login_id: str, json_data: AccountChange) -> Any:
    """Change the role or the address, disable or enable.

    An account that is disabled or given a lower role is logged out at once.
    """
    wish = json_data.model_dump(mode="json", exclude_unset=True)
    if wish.get("email", "") is None:
        wish["email"] = ""
    return rpc.call("auth.change_account", login_id=login_id, **wish)


@blueprint.post("/accounts/<code:login_id>/reset")
@operation("any", 400, 404, 409, 413, 415, 422)
@blueprint.input(AccountReset)
@blueprint.output(PasswordHandedOut)
def reset_account(login_id: str, json_data: AccountReset) -> Any:
    """Give an account a new initial password, and log it out at once."""
    password = new_initial_password()
    answer = rpc.call(
        "auth.reset_account",
        sealed=("initial_password",),
        login_id=login_id,
        initial_password=password,
        factors=json_data.factors,
    )
    return _handed_out(answer, password)


@blueprint.delete("/accounts/<code:login_id>")
@operation("any", 404, 409, answers={204: "The account is gone; its login ID is not given out again"})
def delete_account(login_id: str) -> Response:
    """Delete an account, and log it out at once."""
    rpc.call("auth.delete_account", login_id=login_id)
    return make_response("", 204)


@blueprint.get("/account-policy")
@operation("console")
@blueprint.output(PresentFactorPolicy)
def get_factor_policy() -> Any:
    """Show whether the customer's console accounts need a second factor."""
    return rpc.call("auth.get_factor_policy")


@blueprint.put("/account-policy")
@operation("console", 400, 413, 415, 422)
@blueprint.input(FactorPolicy)
@blueprint.output(PresentFactorPolicy)
def set_factor_policy(json_data: FactorPolicy) -> Any:
    """Ask for a second factor, or leave it to everybody.

    Needs a recent proof of the person (`POST /auth/proof`).
    """
    return rpc.call("auth.set_factor_policy", required=json_data.required)


def _handed_out(answer: dict[str, Any], password: str) -> dict[str, Any]:
    return answer if answer["mailed"] else answer | {"initial_password": password}
