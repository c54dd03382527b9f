"""The second factor as a step of a login: proving one, and setting up the first one where it is required."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from gateway import csrf, rpc
from gateway.api.auth import Secret, Step, step_answer
from gateway.api.description import operation
from gateway.api.factors import (
    ANSWER,
    CODES,
    BrowserAnswer,
    Name,
    OneTimePassword,
    PasskeyOptions,
    TotpSecret,
)
from gateway.api.schema import Input, example
from gateway.auth import new_session_token, session_hash
from gateway.web.enrolment import new_recovery_codes, new_totp_secret, totp_setup
from gateway.web.factor_form import SEALED
from gateway.web.session import origin

blueprint = APIBlueprint(
    "api_factor_steps",
    __name__,
    tag={
        "name": "Login with a second factor",
        "description": "Steps of a login to the console or the staff pages: `factor` and `enrol`.",
    },
)

_ATTEMPT = "gB5xkq0Yp1n3"


class Waiting(Input):
    """A login that waits for this step."""

    model_config = example({"attempt": _ATTEMPT})

    attempt: Secret


class FactorInput(Waiting):
    """Exactly one of them beside the attempt."""

    model_config = example({"attempt": _ATTEMPT, "totp": "094672"})

    totp: OneTimePassword | None = None
    recovery_code: Secret | None = None
    assertion: BrowserAnswer | None = None


class EnrolmentInput(Waiting):
    model_config = example({"attempt": _ATTEMPT, "name": "認証アプリ"})

    name: Name


class ConfirmationInput(Waiting):
    model_config = example({"attempt": _ATTEMPT, "code": "094672"})

    code: OneTimePassword


class PasskeyInput(Waiting):
    model_config = example({"attempt": _ATTEMPT, "name": "会社のノートPC", "response": ANSWER})

    name: Name
    response: BrowserAnswer


class EnrolledStep(Step):
    """A step with the recovery codes of the new factor, which are shown this once."""

    model_config = example({"attempt": None, "next": "done", "recovery_codes": CODES})

    recovery_codes: list[str] = Field(description="ten; each stands in once for the factor")


@blueprint.post("/auth/factor/challenge")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(Waiting)
@blueprint.output(PasskeyOptions)
def challenge_factor(json_data: Waiting) -> Any:
    """What the account's passkeys have to sign for `POST /auth/factor`, within five minutes."""
    return rpc.call("auth.challenge_factor", sealed=("attempt",), attempt=json_data.attempt)


@blueprint.post("/auth/factor")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(FactorInput)
@blueprint.output(Step)
def verify_factor(json_data: FactorInput) -> Response:
    """Take the next step by a one-time password, a recovery code, or a passkey."""
    token = new_session_token()
    step = rpc.call(
        "auth.verify_factor",
        sealed=("attempt", *SEALED),
        session_hash=session_hash(token),
        **json_data.model_dump(),
        **origin(),
    )
    return step_answer(step, token)


@blueprint.post("/auth/enrolment/totp")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(EnrolmentInput)
@blueprint.output(TotpSecret, status_code=201)
def begin_enrolled_totp(json_data: EnrolmentInput) -> Any:
    """Begin the first one-time password, which replaces an unfinished one."""
    secret = new_totp_secret()
    known = rpc.call(
        "auth.enrol_totp",
        sealed=("attempt", "secret"),
        attempt=json_data.attempt,
        secret=secret,
        name=json_data.name,
    )
    return {"secret": secret, "uri": totp_setup(secret, known["login_id"]).uri}


@blueprint.post("/auth/enrolment/totp/confirmation")
@operation("public", 400, 401, 404, 413, 415, 422)
@csrf.json_login
@blueprint.input(ConfirmationInput)
@blueprint.output(EnrolledStep)
def confirm_enrolled_totp(json_data: ConfirmationInput) -> Response:
    """Take the one-time password into use, and the next step."""
    return _enrolled(
        "auth.confirm_enrolled_totp", ("attempt", "code", "recovery_codes"), json_data.model_dump()
    )


@blueprint.post("/auth/enrolment/passkey/options")
@operation("public", 400, 401, 413, 415, 422)
@csrf.json_login
@blueprint.input(Waiting)
@blueprint.output(PasskeyOptions)
def begin_enrolled_passkey(json_data: Waiting) -> Any:
    """What the browser is to make a passkey of, within five minutes."""
    return rpc.call("auth.enrol_passkey", sealed=("attempt",), attempt=json_data.attempt)


@blueprint.post("/auth/enrolment/passkey")
@operation("public", 400, 401, 409, 413, 415, 422)
@csrf.json_login
@blueprint.input(PasskeyInput)
@blueprint.output(EnrolledStep)
def add_enrolled_passkey(json_data: PasskeyInput) -> Response:
    """Take the browser's new passkey into use, and the next step."""
    return _enrolled("auth.finish_enrolled_passkey", ("attempt", "recovery_codes"), json_data.model_dump())


def _enrolled(method: str, sealed: tuple[str, ...], arguments: dict[str, Any]) -> Response:
    codes = new_recovery_codes()
    token = new_session_token()
    step = rpc.call(
        method,
        sealed=sealed,
        recovery_codes=codes,
        session_hash=session_hash(token),
        **arguments,
        **origin(),
    )
    return step_answer(step, token, recovery_codes=codes)
