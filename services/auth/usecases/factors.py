"""The second factors of somebody who is logged in: looking at them, adding, removing, renewing the recovery codes."""

from typing import Any
from uuid import UUID

from chassis import logs
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, NotFound, Unauthenticated
from services.auth import factor_store, store
from services.auth.models import Account, Factor
from services.auth.settings import Settings
from services.auth.usecases import enrolment, factor_checks, notices
from services.auth.usecases.attempts import must_enrol
from services.auth.usecases.audit import Actor, Entry, record

log = logs.get_logger()

_NEW_CODES = {"ja": "リカバリーコード", "en": "Recovery codes"}  # as a mail calls them


def list_factors(uow: UnitOfWork, settings: Settings, caller: Caller) -> dict[str, Any]:
    """{"items": [{"id", "kind": "totp" | "passkey", "name", "created_at", "last_used_at"}], "recovery_codes_left": int,
    "required": bool}; one of those required cannot be without any.
    """
    account = _account(uow, caller)
    return {
        "items": [_item(factor) for factor in factor_store.confirmed(uow.session, account.id)],
        "recovery_codes_left": factor_store.recovery_codes_left(uow.session, account.id),
        "required": must_enrol(settings, account),
    }


def begin_totp(uow: UnitOfWork, settings: Settings, caller: Caller, secret: str, name: str) -> None:
    enrolment.begin_totp(uow.session, settings, _account(uow, caller), secret, name)
    uow.commit()


def confirm_totp(
    uow: UnitOfWork, settings: Settings, caller: Caller, code: str, recovery_codes: list[str]
) -> dict[str, Any]:
    """{"factor": item, "recovery_codes_kept": bool}; the codes are kept with the first factor only."""
    account = _account(uow, caller)
    factor = enrolment.confirm_totp(uow.session, settings, account, code)
    return _added(uow, settings, caller, account, factor, recovery_codes)


def offer_passkey(uow: UnitOfWork, settings: Settings, caller: Caller) -> dict[str, Any]:
    """What the browser makes a passkey of: {"options": …}."""
    offer = enrolment.offer_passkey(uow.session, settings, _account(uow, caller), caller.session)
    uow.commit()
    return offer


def add_passkey(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    response: dict[str, Any],
    name: str,
    recovery_codes: list[str],
) -> dict[str, Any]:
    """{"factor": item, "recovery_codes_kept": bool}; the codes are kept with the first factor only."""
    account = _account(uow, caller)
    factor = enrolment.add_passkey(uow, settings, account, caller.session, response, name)
    return _added(uow, settings, caller, account, factor, recovery_codes)


def remove_factor(uow: UnitOfWork, settings: Settings, caller: Caller, factor_id: str) -> None:
    """Remove a factor, and with the last one the recovery codes.

    Raises NotFound("factor.unknown"), also for another account's, and Conflict("factor.last_required") where the
    account must keep one.
    """
    account = _account(uow, caller)
    held = factor_store.confirmed(uow.session, account.id)
    factor = next((one for one in held if str(one.id) == factor_id), None)
    if factor is None:
        raise NotFound("factor.unknown")
    if len(held) == 1:
        if must_enrol(settings, account):
            raise Conflict("factor.last_required")
        enrolment.keep_recovery_codes(uow.session, settings, account, [])
    uow.session.delete(factor)
    notices.factor_changed(uow.session, settings, account, "removed", factor.name)
    uow.session.flush()
    removed = Entry(
        "factor.removed", Actor.of_caller(caller), target=factor.name, details={"kind": factor.kind}
    )
    record(uow.session, settings, removed)
    uow.commit()
    log.info("factor removed", kind=factor.kind, account=str(account.id))


def new_recovery_codes(
    uow: UnitOfWork, settings: Settings, caller: Caller, recovery_codes: list[str]
) -> None:
    """Put these in the place of the recovery codes before. Raises NotFound("factor.unknown") without any factor."""
    account = _account(uow, caller)
    if not factor_store.confirmed(uow.session, account.id):
        raise NotFound("factor.unknown")
    enrolment.keep_recovery_codes(uow.session, settings, account, recovery_codes)
    notices.factor_changed(uow.session, settings, account, "added", _NEW_CODES[account.language])
    record(uow.session, settings, Entry("recovery_codes.renewed", Actor.of_caller(caller)))
    uow.commit()
    log.info("recovery codes renewed", account=str(account.id))


def challenge_proof(uow: UnitOfWork, settings: Settings, caller: Caller) -> dict[str, Any]:
    """What the browser asks the account's passkeys for a new proof of the person: {"options": …}."""
    asked = factor_checks.challenge(uow.session, settings, _account(uow, caller), caller.session)
    uow.commit()
    return asked


def _added(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    account: Account,
    factor: Factor,
    recovery_codes: list[str],
) -> dict[str, Any]:
    kept = enrolment.keep_first_recovery_codes(uow.session, settings, account, recovery_codes)
    notices.factor_changed(uow.session, settings, account, "added", factor.name)
    record(uow.session, settings, enrolment.added(Actor.of_caller(caller), factor))
    uow.commit()
    log.info("factor added", kind=factor.kind, account=str(account.id))
    return {"factor": _item(factor), "recovery_codes_kept": kept}


def _account(uow: UnitOfWork, caller: Caller) -> Account:
    """The caller's own account, locked: of two changes at the same time the second sees the first."""
    account = store.lock_account(uow.session, UUID(caller.subject))
    if account.deleted_at is not None:
        raise Unauthenticated("session.unknown")
    return account


def _item(factor: Factor) -> dict[str, Any]:
    return {
        "id": factor.id,
        "kind": factor.kind,
        "name": factor.name,
        "created_at": factor.created_at,
        "last_used_at": factor.last_used_at,
    }
