"""The steps of a login, the session, the proof of the person, logout."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response
from pydantic import Field, StringConstraints

from gateway import csrf, language, rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, Text, example
from gateway.auth import (
    bearer_token,
    clear_session_cookie,
    current_account,
    new_session_token,
    presented_token,
    session_hash,
    set_session_cookie,
)
from gateway.web.session import origin

blueprint = APIBlueprint(
    "api_auth",
    __name__,
    tag={
        "name": "Auth",
        "description": "Login step by step: every answer names the `next` one, until it is `done`. And the session.",
    },
)

Secret = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class LoginInput(Input):
    """Credentials for one portal."""

    model_config = example({"portal": "console", "login_id": "minato-admin", "password": "(your password)"})

    portal: Literal["ip_phone", "mobile_choice", "free_voice", "console", "staff"]
    login_id: Annotated[Text, Field(min_length=1)]
    password: Secret


class Step(Answer):
    """A login that goes on with `next`, or a session; its token is also set as a cookie."""

    model_config = example({"attempt": "gB5xkq0Yp1n3", "next": "code", "ends_at": "2026-04-01T10:20:00Z"})

    next: Literal["code", "factor", "password", "enrol", "done"]
    attempt: str | None = Field(description="to be sent with the next step; null with `next` = `done`")
    ends_at: datetime | None = Field(None, description="last instant at which the next step can be taken")
    factors: list[Literal["totp", "passkey"]] | None = Field(
        None, description="second factors of the account; with `next` = `factor`"
    )
    minimum: int | None = Field(
        None, description="least characters of the new password; with `next` = `password`"
    )
    token: str | None = Field(None, description="session token; only with `next` = `done`")
    expires_at: datetime | None = Field(None, description="end of the session; only with `next` = `done`")


class CodeInput(Input):
    """The code that was mailed for an attempt."""

    model_config = example({"attempt": "gB5xkq0Yp1n3", "code": "094672"})

    attempt: Secret
    code: Annotated[str, StringConstraints(max_length=64), Field(description="six half-width digits")]


class RecoveryInput(Input):
    """Another mail address for the code, and the contact phone number of the contract."""

    model_config = example(
        {"attempt": "gB5xkq0Yp1n3", "email": "taro@home.example", "contact_phone": "0300000001"}
    )

    attempt: Secret
    email: Secret
    contact_phone: Annotated[
        str, StringConstraints(min_length=1, max_length=64), Field(description="digits without hyphens")
    ]


class PasswordInput(Input):
    """The person's own password instead of an initial or expired one."""

    model_config = example({"attempt": "gB5xkq0Yp1n3", "password": "(your new password)"})

    attempt: Secret
    password: Secret


class ProofInput(Input):
    """Exactly one of them: a factor where the account has one, the password otherwise."""

    model_config = example({"password": "(your password)"})

    password: Secret | None = None
    totp: Secret | None = None
    recovery_code: Secret | None = None
    assertion: dict[str, Any] | None = Field(
        None, description="what the browser answered to `POST /auth/proof/challenge`"
    )


class Proof(Answer):
    """The session goes on under another token."""

    model_config = example({"proved_at": "2026-04-01T10:00:00Z", "token": "(43 characters)"})

    proved_at: datetime
    token: str = Field(
        description="replaces the one that the request carried; the cookie is set anew as well"
    )


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
@operation("public", 400, 401, 413, 415, 422, 429)
@csrf.json_login
@blueprint.input(LoginInput)
@blueprint.output(Step)
def log_in(json_data: LoginInput) -> Response:
    """Check ID and password.

    Self-care accounts get a code by mail. Others are logged in at once, unless they have a second factor, must have
    one, or must choose a password of their own first.
    """
    token = new_session_token()
    step = rpc.call(
        "auth.start_login",
        sealed=("password",),
        session_hash=session_hash(token),
        language=language.requested(),
        **json_data.model_dump(),
        **origin(),
    )
    return step_answer(step, token)


@blueprint.post("/auth/code")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(CodeInput)
@blueprint.output(Step)
def verify_code(json_data: CodeInput) -> Response:
    """Take the next step by the mailed code."""
    token = new_session_token()
    step = rpc.call(
        "auth.verify_code",
        sealed=("attempt", "code"),
        session_hash=session_hash(token),
        **json_data.model_dump(),
        **origin(),
    )
    return step_answer(step, token)


@blueprint.post("/auth/recovery")
@operation("public", 400, 401, 403, 413, 415, 422, 429)
@csrf.json_login
@blueprint.input(RecoveryInput)
@blueprint.output(Step)
def recover_address(json_data: RecoveryInput) -> Response:
    """Have the code mailed to another address.

    The address becomes the account's own when its code is given. A wrong phone number counts; after the third the
    login has ended.
    """
    token = new_session_token()
    step = rpc.call(
        "auth.start_recovery",
        sealed=("attempt", "email", "contact_phone"),
        session_hash=session_hash(token),
        **json_data.model_dump(),
        **origin(),
    )
    return step_answer(step, token)


@blueprint.post("/auth/password")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(PasswordInput)
@blueprint.output(Step)
def choose_password(json_data: PasswordInput) -> Response:
    """Replace an initial or expired password, as a step of the login."""
    token = new_session_token()
    step = rpc.call(
        "auth.set_password",
        sealed=("attempt", "password"),
        session_hash=session_hash(token),
        **json_data.model_dump(),
        **origin(),
    )
    return step_answer(step, token)


def step_answer(step: dict[str, Any], token: str, **shown: Any) -> Response:
    """Auth's answer to a step of a login, for the caller, with the token that bears what follows: as `attempt`, or
    after the last one as `token`, also as a cookie, and with what is to be `shown` besides.
    """
    if step["next"] != "done":
        waiting = Step.model_validate({**step, "attempt": token})
        return jsonify(waiting.model_dump(mode="json", exclude_unset=True))
    response = jsonify(next="done", attempt=None, token=token, expires_at=step["expires_at"], **shown)
    set_session_cookie(response, token)
    return response


@blueprint.post("/auth/proof")
@operation("any", 400, 413, 415, 422)
@blueprint.input(ProofInput)
@blueprint.output(Proof)
def prove(json_data: ProofInput) -> Response:
    """Prove once more who is at work: changes of credentials ask for a proof of the last minutes.

    The session gets another token; the one of this request has ended.
    """
    token = new_session_token()
    proved = rpc.call(
        "auth.prove",
        sealed=("password", "totp", "recovery_code"),
        new_session_hash=session_hash(token),
        **json_data.model_dump(),
    )
    response = jsonify(proved_at=proved["proved_at"], token=token)
    if bearer_token() is None:
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
        rpc.call("auth.end_session", session_hash=session_hash(token), **origin())
    response = make_response("", 204)
    clear_session_cookie(response)
    return response
