"""New second factors, wherever they are set up: a one-time password is begun and confirmed, a passkey made.

The caller commits what is done here. Recovery codes come with the first factor and stay as they are
when others follow.
"""

from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from chassis import clock
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from chassis.sealing import FieldCipher
from services.auth import factor_store, passkeys, recovery_codes
from services.auth.models import Account, Factor, FactorKind
from services.auth.settings import Settings
from services.auth.usecases.audit import Actor, Entry
from services.auth.usecases.factor_checks import REGISTER, fits, keep_challenge, secret_place, site


def begin_totp(session: Session, settings: Settings, account: Account, secret: str, name: str) -> None:
    """Keep the secret of a one-time password until its first code; an unfinished one before it is forgotten."""
    factor_store.delete_unfinished(session, account.id)
    factor = _new(account, FactorKind.TOTP, name)
    factor.secret = FieldCipher(settings.field_keys).encrypt(secret, secret_place(factor))
    session.add(factor)


def confirm_totp(session: Session, settings: Settings, account: Account, code: str) -> Factor:
    """The one-time password that was begun, in use from now on.

    Raises NotFound("factor.unknown") if none was begun, Invalid "factor.format" or "factor.wrong" for its first code:
    whoever sets it up holds the secret, so that there is nothing to guess and no try to count.
    """
    factor = factor_store.unfinished_totp(session, account.id)
    if factor is None:
        raise NotFound("factor.unknown")
    if not fits(settings, factor, code):
        raise Invalid("factor.wrong", errors=[{"pointer": "code", "code": "factor.wrong"}])
    factor.confirmed_at = clock.now()
    return factor


def offer_passkey(session: Session, settings: Settings, account: Account, holder: str) -> dict[str, Any]:
    """{"options": …} for `navigator.credentials.create`, good for five minutes and one answer of this holder."""
    known = [one.credential_id for one in factor_store.confirmed(session, account.id) if one.credential_id]
    made, options = passkeys.registration_options(site(settings), account.id, account.login_id, known)
    keep_challenge(session, holder, REGISTER, made)
    return {"options": options}


def add_passkey(
    uow: UnitOfWork, settings: Settings, account: Account, holder: str, response: dict[str, Any], name: str
) -> Factor:
    """The passkey that the browser has made for the holder's challenge, in use from now on.

    Raises Invalid("factor.not_accepted") for anything but a genuine answer to it, Conflict("factor.exists") for a
    credential that is registered already; the challenge is used up by then, which is committed.
    """
    now = clock.now()
    asked = factor_store.take_challenge(uow.session, holder, REGISTER, now)
    try:
        made = passkeys.registered(site(settings), asked, response) if asked else None
    except passkeys.Refused:
        made = None
    if made is None:
        uow.commit()
        raise Invalid("factor.not_accepted")
    factor = _new(account, FactorKind.PASSKEY, name)
    factor.credential_id, factor.public_key = made.credential_id, made.public_key
    factor.sign_count, factor.confirmed_at = made.sign_count, now
    if not factor_store.add_passkey(uow.session, factor):
        uow.commit()
        raise Conflict("factor.exists")
    return factor


def keep_recovery_codes(session: Session, settings: Settings, account: Account, codes: list[str]) -> None:
    """These and no others, normalised ones, stand in for the account's factors from now on."""
    digests = [recovery_codes.digest(code, account.id, settings.code_pepper) for code in codes]
    factor_store.keep_recovery_codes(session, account.id, digests)


def keep_first_recovery_codes(
    session: Session, settings: Settings, account: Account, codes: list[str]
) -> bool:
    """Keep them if the account has just got its first factor; says whether it did."""
    is_first = len(factor_store.confirmed(session, account.id)) == 1
    if is_first:
        keep_recovery_codes(session, settings, account, codes)
    return is_first


def added(actor: Actor, factor: Factor) -> Entry:
    """For the audit trail."""
    return Entry("factor.added", actor, target=factor.name, details={"kind": factor.kind})


def _new(account: Account, kind: FactorKind, name: str) -> Factor:
    return Factor(
        id=uuid4(), account_id=account.id, kind=kind, name=name, sign_count=0, created_at=clock.now()
    )
