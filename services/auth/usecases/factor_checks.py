"""Is it they? A second factor, or a recovery code in its place, judged at a login and for a new proof in a session."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import Invalid
from chassis.sealing import FieldCipher
from services.auth import factor_store, passkeys, recovery_codes, totp
from services.auth.models import Account, Factor, FactorKind
from services.auth.settings import Settings

REGISTER, PROVE = "register", "prove"  # purposes of challenges


@dataclass(frozen=True)
class Offered:
    """What somebody offers as proof: exactly one of these. `assertion` is the browser's answer to a challenge."""

    totp: str | None = None
    recovery_code: str | None = None
    assertion: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        """totp, recovery_code or passkey. Raises Invalid("request.invalid") unless exactly one thing is offered."""
        given = {"totp": self.totp, "recovery_code": self.recovery_code, "passkey": self.assertion}
        kinds = [kind for kind, value in given.items() if value is not None]
        if len(kinds) != 1:
            raise Invalid("request.invalid", errors=[{"pointer": "totp", "code": "type.missing"}])
        return kinds[0]


@dataclass(frozen=True)
class Judgement:
    """`refusal` is empty for a right one, else why not: wrong or cloned. Both are for the audit trail."""

    kind: str
    refusal: str = ""

    @property
    def is_right(self) -> bool:
        return not self.refusal


def judge(session: Session, settings: Settings, account: Account, offered: Offered, holder: str) -> Judgement:
    """What the proof is worth; a right one is used up within the caller's transaction, and so is a passkey's challenge
    in any case: commit whatever the judgement. `holder` is the login attempt or session that got the challenge.

    Raises Invalid("factor.format") or Invalid("factor.recovery_format"), which are no tries.
    """
    kind = offered.kind
    if offered.totp is not None:
        refusal = _refuse_totp(session, settings, account, offered.totp)
    elif offered.recovery_code is not None:
        refusal = _refuse_recovery_code(session, settings, account, offered.recovery_code)
    else:
        refusal = _refuse_passkey(session, settings, account, offered.assertion or {}, holder)
    return Judgement(kind, refusal)


def challenge(session: Session, settings: Settings, account: Account, holder: str) -> dict[str, Any]:
    """{"options": …} for `navigator.credentials.get`, good for five minutes and one answer of this holder."""
    known = [one.credential_id for one in factor_store.confirmed(session, account.id) if one.credential_id]
    made, options = passkeys.request_options(site(settings), known)
    keep_challenge(session, holder, PROVE, made)
    return {"options": options}


def keep_challenge(session: Session, holder: str, purpose: str, made: str) -> None:
    ends_at = clock.now() + passkeys.CHALLENGE_LIFETIME
    factor_store.keep_challenge(session, holder, purpose, made, ends_at)


def site(settings: Settings) -> passkeys.Site:
    return passkeys.Site.at(settings.public_url, settings.operator_name)


def fits(settings: Settings, factor: Factor, code: str) -> bool:
    """Is this a new right code of the one-time password? If so it is used up. Raises Invalid("factor.format")."""
    if not totp.is_well_formed(code):
        raise Invalid("factor.format")
    now = clock.now()
    step = totp.matching_step(_secret(settings, factor), code, now, factor.last_step)
    if step is not None:
        factor.last_step, factor.last_used_at = step, now
    return step is not None


def secret_place(factor: Factor) -> str:
    """Where the encrypted secret stands, so that it opens nowhere else."""
    return f"factors.secret:{factor.id}"


def _refuse_totp(session: Session, settings: Settings, account: Account, code: str) -> str:
    if not totp.is_well_formed(code):
        raise Invalid("factor.format", errors=[{"pointer": "totp", "code": "factor.format"}])
    held = factor_store.lock_totps(session, account.id)
    return "" if any(fits(settings, factor, code) for factor in held) else "wrong"


def _refuse_recovery_code(session: Session, settings: Settings, account: Account, typed: str) -> str:
    code = recovery_codes.normalised(typed)
    if code is None:
        problem = {"pointer": "recovery_code", "code": "factor.recovery_format"}
        raise Invalid("factor.recovery_format", errors=[problem])
    digest = recovery_codes.digest(code, account.id, settings.code_pepper)
    return "" if factor_store.use_recovery_code(session, account.id, digest, clock.now()) else "wrong"


def _refuse_passkey(
    session: Session, settings: Settings, account: Account, assertion: dict[str, Any], holder: str
) -> str:
    now = clock.now()
    asked = factor_store.take_challenge(session, holder, PROVE, now)
    named = passkeys.credential_id(assertion)
    factor = factor_store.lock_passkey(session, account.id, named) if named else None
    if asked is None or factor is None:
        return "wrong"
    held = passkeys.Passkey(factor.credential_id or "", factor.public_key or "", factor.sign_count)
    try:
        factor.sign_count = passkeys.count_after(site(settings), asked, held, assertion)
    except passkeys.Refused as refused:
        return refused.reason
    factor.last_used_at = now
    return ""


def _secret(settings: Settings, factor: Factor) -> str:
    assert factor.kind is FactorKind.TOTP
    return FieldCipher(settings.field_keys).decrypt(factor.secret or "", secret_place(factor))
