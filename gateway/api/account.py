"""The caller's own account: its password, and where it is logged in."""

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
    "api_account",
    __name__,
    tag={"name": "Account", "description": "The caller's own password, and where the account is logged in."},
)

_SESSION = {
    "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    "portal": "console",
    "client_ip": "203.0.113.9",
    "user_agent": "curl/8.5.0",
    "authenticated_at": "2026-04-01T09:00:00Z",
    "last_seen_at": "2026-04-01T09:40:00Z",
    "current": True,
}


class PasswordChange(Input):
    """The present password and the one to come."""

    model_config = example({"current": "(your password)", "new": "(your new password)"})

    current: Secret
    new: Secret


class OpenSession(Answer):
    """A browser or program that is logged in with the account."""

    model_config = example(_SESSION)

    id: str
    portal: Literal["ip_phone", "mobile_choice", "free_voice", "console", "staff"]
    client_ip: str
    user_agent: str = Field(description="what the browser or program says of itself")
    authenticated_at: datetime
    last_seen_at: datetime = Field(description="last use, to the minute")
    current: bool = Field(description="whether it is the one that asks")


class OpenSessions(Answer):
    model_config = example({"items": [_SESSION]})

    items: list[OpenSession]


class Ended(Answer):
    model_config = example({"ended": 2})

    ended: int = Field(description="how many sessions there were")


@blueprint.post("/account/password")
@operation("any", 400, 413, 415, 422, answers={204: "The password is changed; all other sessions have ended"})
@blueprint.input(PasswordChange)
def change_password(json_data: PasswordChange) -> Response:
    """Change the own password."""
    rpc.call("auth.change_password", sealed=("current", "new"), **json_data.model_dump())
    return make_response("", 204)


@blueprint.get("/account/sessions")
@operation("any")
@blueprint.output(OpenSessions)
def list_sessions() -> Any:
    """Where the account is logged in."""
    return rpc.call("auth.list_sessions")


@blueprint.delete("/account/sessions")
@operation("any")
@blueprint.output(Ended)
def end_other_sessions() -> Any:
    """Log out everywhere else."""
    return rpc.call("auth.end_other_sessions")


@blueprint.delete("/account/sessions/<code:session_id>")
@operation("any", 404, 422, answers={204: "The session has ended"})
def end_other_session(session_id: str) -> Response:
    """Log out somewhere else."""
    rpc.call("auth.end_other_session", session_id=session_id)
    return make_response("", 204)
