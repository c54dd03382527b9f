"""The caller's own second factors: one-time passwords, passkeys, recovery codes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, make_response
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, Text, example
from gateway.auth import current_account
from gateway.web.enrolment import new_recovery_codes, new_totp_secret, totp_setup

blueprint = APIBlueprint(
    "api_factors",
    __name__,
    tag={
        "name": "Factors",
        "description": (
            "Second factors of console and staff accounts. Changes ask for a fresh proof of the person "
            "(`POST /auth/proof`)."
        ),
    },
)

SECRET = {
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "uri": "otpauth://totp/Minato%20Telecom:minato-admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
}
CODES = ["7K3QM-0XW9C", "2B8RT-4JVNP"]
ANSWER = {"id": "q1w2e3", "rawId": "q1w2e3", "type": "public-key", "response": {"clientDataJSON": "eyJ0"}}
_FACTOR = {
    "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    "kind": "totp",
    "name": "認証アプリ",
    "created_at": "2026-04-01T09:00:00Z",
    "last_used_at": None,
}

Name = Annotated[Text, Field(min_length=1, description="by which its owner tells it from others")]
OneTimePassword = Annotated[str, Field(max_length=64, description="six half-width digits")]
BrowserAnswer = Annotated[
    dict[str, Any], Field(description="the browser's `PublicKeyCredential` as JSON, its bytes in base64url")
]
RecoveryCodes = Annotated[
    list[str] | None,
    Field(description="shown this once; null unless this is the account's first factor"),
]


class Factor(Answer):
    """A second factor in use."""

    model_config = example(_FACTOR)

    id: str
    kind: Literal["totp", "passkey"]
    name: str
    created_at: datetime
    last_used_at: datetime | None


class Factors(Answer):
    model_config = example({"items": [_FACTOR], "recovery_codes_left": 10, "required": False})

    items: list[Factor]
    recovery_codes_left: int
    required: bool = Field(description="whether the account must keep at least one")


class FactorName(Input):
    model_config = example({"name": "認証アプリ"})

    name: Name


class FirstCode(Input):
    """The first one-time password, by which an app proves that it holds the secret."""

    model_config = example({"code": "094672"})

    code: OneTimePassword


class NewPasskey(Input):
    """What the browser has made."""

    model_config = example({"name": "会社のノートPC", "response": ANSWER})

    name: Name
    response: BrowserAnswer


class TotpSecret(Answer):
    """What an authenticator app is told, shown this once."""

    model_config = example(SECRET)

    secret: str = Field(description="base32")
    uri: str = Field(description="the same as an `otpauth` address, for a QR code")


class PasskeyOptions(Answer):
    """What to hand to `navigator.credentials`, once its bytes are decoded from base64url."""

    model_config = example({"options": {"challenge": "c29tZSByYW5kb20", "rpId": "localhost"}})

    options: dict[str, Any]


class AddedFactor(Answer):
    model_config = example({"factor": _FACTOR, "recovery_codes": CODES})

    factor: Factor
    recovery_codes: RecoveryCodes


class NewRecoveryCodes(Answer):
    model_config = example({"recovery_codes": CODES})

    recovery_codes: list[str] = Field(description="shown this once; those before are dead")


@blueprint.get("/account/factors")
@operation("any")
@blueprint.output(Factors)
def list_factors() -> Any:
    """The second factors in use."""
    return rpc.call("auth.list_factors")


@blueprint.post("/account/factors/totp")
@operation("any", 400, 413, 415, 422)
@blueprint.input(FactorName)
@blueprint.output(TotpSecret, status_code=201)
def begin_totp(json_data: FactorName) -> Any:
    """Begin a one-time password, which replaces an unfinished one and is used once it is confirmed."""
    account = current_account()
    assert account is not None
    setup = totp_setup(new_totp_secret(), account.login_id)
    rpc.call("auth.begin_totp", sealed=("secret",), secret=setup.secret, name=json_data.name)
    return {"secret": setup.secret, "uri": setup.uri}


@blueprint.post("/account/factors/totp/confirmation")
@operation("any", 400, 404, 413, 415, 422)
@blueprint.input(FirstCode)
@blueprint.output(AddedFactor)
def confirm_totp(json_data: FirstCode) -> Any:
    """Take the one-time password that was begun into use."""
    codes = new_recovery_codes()
    added = rpc.call(
        "auth.confirm_totp", sealed=("code", "recovery_codes"), code=json_data.code, recovery_codes=codes
    )
    return _answer(added, codes)


@blueprint.post("/account/factors/passkeys/options")
@operation("any")
@blueprint.output(PasskeyOptions)
def begin_passkey() -> Any:
    """What the browser is to make a passkey of, within five minutes."""
    return rpc.call("auth.begin_passkey")


@blueprint.post("/account/factors/passkeys")
@operation("any", 400, 409, 413, 415, 422)
@blueprint.input(NewPasskey)
@blueprint.output(AddedFactor, status_code=201)
def add_passkey(json_data: NewPasskey) -> Any:
    """Take the browser's new passkey into use."""
    codes = new_recovery_codes()
    added = rpc.call(
        "auth.finish_passkey",
        sealed=("recovery_codes",),
        recovery_codes=codes,
        **json_data.model_dump(),
    )
    return _answer(added, codes)


@blueprint.delete("/account/factors/<code:factor_id>")
@operation("any", 404, 409, answers={204: "The factor is removed, and with the last one the recovery codes"})
def remove_factor(factor_id: str) -> Response:
    """Remove a factor, unless it is the last one of an account that must keep one."""
    rpc.call("auth.remove_factor", factor_id=factor_id)
    return make_response("", 204)


@blueprint.post("/account/recovery-codes")
@operation("any", 404)
@blueprint.output(NewRecoveryCodes, status_code=201)
def renew_recovery_codes() -> Any:
    """Make new recovery codes in the place of those before."""
    codes = new_recovery_codes()
    rpc.call("auth.new_recovery_codes", sealed=("recovery_codes",), recovery_codes=codes)
    return {"recovery_codes": codes}


@blueprint.post("/auth/proof/challenge")
@operation("any")
@blueprint.output(PasskeyOptions)
def challenge_proof() -> Any:
    """What the account's passkeys have to sign for `POST /auth/proof`, within five minutes."""
    return rpc.call("auth.challenge_proof")


def _answer(added: dict[str, Any], codes: list[str]) -> dict[str, Any]:
    return {
        "factor": added["factor"],
        "recovery_codes": codes if added["recovery_codes_kept"] else None,
    }
