"""The passwords of a line: shown, changed, and how far a change is."""

from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from flask import Response, make_response
from pydantic import Field

from gateway import rpc
from gateway.api.auth import Secret
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, example

blueprint = APIBlueprint(
    "api_line_passwords",
    __name__,
    tag={
        "name": "Line passwords",
        "description": "The passwords that a line's devices and its add-on services use. Showing and changing them "
        "asks for a proof of the person within the last minutes (`proof.required`).",
    },
)


class LinePasswordChange(Input):
    """The password in force and the one to come."""

    model_config = example({"current": "(the password in force)", "new": "k3m9x2pq"})

    current: Secret
    new: Secret = Field(description="exactly eight half-width lower-case letters and digits")


class LinePasswords(Answer):
    """Null where none is set; absent where the contract's plan does not show it."""

    model_config = example({"line_password": "fVFZ29", "addon_password": None})

    line_password: str | None = Field(None, description="加入電話パスワード")
    addon_password: str | None = Field(None, description="付加サービスパスワード")


class PasswordChangeState(Answer):
    """The latest change of the line's password (IP加入電話パスワード)."""

    model_config = example(
        {
            "phone_number": "05012345678",
            "state": "pending",
            "changed_at": "2026-04-01T05:00:00Z",
            "reflected_by": "2026-04-01T08:30:00Z",
            "late": False,
        }
    )

    phone_number: str
    state: Literal["none", "pending", "reflected", "failed"] = Field(
        description="pending: the line cannot be used; failed: the former password is in force, and staff see to it"
    )
    changed_at: datetime | None = None
    reflected_by: datetime | None = Field(None, description="when the new password works at the latest")
    late: bool | None = Field(None, description="whether a pending change should have been reflected by now")


@blueprint.get("/lines/<code:phone_number>/passwords")
@operation("selfcare", 404)
@blueprint.output(LinePasswords)
def show_line_passwords(phone_number: str) -> Any:
    """Show a line's passwords.

    Every time is recorded in the audit trail.
    """
    return rpc.call_sealed("contracts.show_passwords", phone_number=phone_number)


@blueprint.post("/lines/<code:phone_number>/password")
@operation("selfcare", 400, 404, 409, 413, 415, 422, 429)
@blueprint.input(LinePasswordChange)
@blueprint.output(PasswordChangeState)
def change_line_password(phone_number: str, json_data: LinePasswordChange) -> Any:
    """Change a line's password for the network.

    The line cannot be used until the change is reflected. A change that is still pending is replaced.
    """
    return rpc.call(
        "contracts.change_line_password",
        sealed=("current", "new"),
        phone_number=phone_number,
        **json_data.model_dump(),
    )


@blueprint.post("/lines/<code:phone_number>/addon-password")
@operation("selfcare", 400, 404, 409, 413, 415, 422, 429, answers={204: "The new password works"})
@blueprint.input(LinePasswordChange)
def change_addon_password(phone_number: str, json_data: LinePasswordChange) -> Response:
    """Change a line's password for the settings of add-on services."""
    rpc.call(
        "contracts.change_addon_password",
        sealed=("current", "new"),
        phone_number=phone_number,
        **json_data.model_dump(),
    )
    return make_response("", 204)


@blueprint.get("/lines/<code:phone_number>/password-change")
@operation("selfcare", 404)
@blueprint.output(PasswordChangeState)
def get_password_change(phone_number: str) -> Any:
    """How far the latest change of a line's password is."""
    return rpc.call("contracts.get_password_change", phone_number=phone_number)
