"""Login, code, session, logout."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, request
from pydantic import Field, StringConstraints

from gateway import csrf, language, rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, Text, example
from gateway.auth import (
    clear_session_cookie,
    current_account,
    new_session_token,
    presented_token,
    session_hash,
    set_session_cookie,
)

blueprint = APIBlueprint(
    "api_auth",
    __name__,
    tag={
        "name": "Auth",
        "description": "Login in two steps (self-care) or one (console, staff), and the session.",
    },
)

Secret = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class LoginInput(Input):
    """Credentials for one portal."""

    model_config = example({"portal": "console", "login_id": "minato-admin", "password": "(your password)"})

    portal: Literal["ip_phone", "mobile_choice", "free_voice", "console", "staff"]
    login_id: Annotated[Text, Field(min_length=1)]
    password: Secret


class LoginAnswer(Answer):
    """Either an attempt that waits for its mailed code, or a session."""

    model_config = example({"attempt": "gB5xkq0Yp1n3", "next": "code"})

    attempt: str | None
    next: Literal["code", "done"]
    token: str | None = Field(None, description="session token; only with `next` = `done`")
    expires_at: datetime | None = Field(None, description="end of the session; only with `next` = `done`")


class CodeInput(Input):
    """The code that was mailed for an attempt."""

    model_config = example({"attempt": "gB5xkq0Yp1n3", "code": "094672"})

    attempt: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    code: Annotated[str, StringConstraints(max_length=64), Field(description="six half-width digits")]


class SessionToken(Answer):
    """A session; the same token is also set as a cookie."""

    model_config = example({"token": "(43 characters)", "expires_at": "2026-04-01T10:00:00Z"})

    token: str
    expires_at: datetime


class Session(Answer):
    """Who is logged in."""

    model_config = example(
        {
            "login_id": "minato-admin",
            "kind": "console",
            "portal": "console",
            "customer_code": "TC1000-00009",
            "customer_name": "みなと物流株式会社",
            "roles": ["console_administrator", "console_operator", "console_viewer"],
            "language": "ja",
            "expires_at": "2026-04-01T10:00:00Z",
            "csrf_token": "(for the header X-CSRF-Token)",
        }
    )

    login_id: str
    kind: Literal["selfcare", "console", "staff"]
    portal: str
    customer_code: str | None
    customer_name: str | None
    roles: list[str]
    language: Literal["ja", "en"]
    expires_at: datetime
    csrf_token: str


@blueprint.post("/auth/login")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(LoginInput)
@blueprint.output(LoginAnswer)
def log_in(json_data: LoginInput) -> Any:
    """Check ID and password.

    Self-care accounts get a code by mail and go on with `POST /auth/code`; console and staff accounts are logged in at
    once.
    """
    token = new_session_token()
    needs_code = json_data.portal not in ("console", "staff")
    started = rpc.call(
        "auth.start_login",
        sealed=("password",),
        portal=json_data.portal,
        login_id=json_data.login_id,
        password=json_data.password,
        session_hash=None if needs_code else session_hash(token),
        client_ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
        language=language.requested(),
    )
    if started["next"] == "code":
        return {"attempt": started["attempt"], "next": "code"}
    response = jsonify(attempt=None, next="done", token=token, expires_at=started["expires_at"])
    set_session_cookie(response, token)
    return response


@blueprint.post("/auth/code")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(CodeInput)
@blueprint.output(SessionToken)
def verify_code(json_data: CodeInput) -> Response:
    """Exchange the mailed code for a session."""
    token = new_session_token()
    verified = rpc.call(
        "auth.verify_code",
        sealed=("code",),
        attempt=json_data.attempt,
        code=json_data.code,
        session_hash=session_hash(token),
        client_ip=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )
    response = jsonify(token=token, expires_at=verified["expires_at"])
    set_session_cookie(response, token)
    return response


@blueprint.get("/auth/session")
@operation("any")
@blueprint.output(Session)
def get_session() -> Any:
    """Who is logged in, until when, and the form token for unsafe requests with the cookie."""
    account = current_account()
    assert account is not None
    return {
        "login_id": account.login_id,
        "kind": account.kind,
        "portal": account.portal,
        "customer_code": account.customer_code,
        "customer_name": account.customer_name,
        "roles": sorted(account.roles),
        "language": account.language,
        "expires_at": account.expires_at,
        "csrf_token": csrf.token(),
    }


@blueprint.post("/auth/logout")
@operation("public", 403, answers={204: "The session has ended; so it has if there was none"})
def log_out() -> Response:
    """End the session at once, on every server."""
    token = presented_token()
    if token:
        rpc.call("auth.end_session", session_hash=session_hash(token))
    response = make_response("", 204)
    clear_session_cookie(response)
    return response
