"""Proving within a session that it is still its owner: by password, or by second factor where the account has one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chassis import clock, logs
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Forbidden, Invalid
from services.auth import factor_store, store
from services.auth.hashing import Passwords
from services.auth.models import Account
from services.auth.settings import Settings
from services.auth.usecases import factor_checks, tries
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.factor_checks import Offered
from services.auth.usecases.sessions import own_session, refuse_used_token

log = logs.get_logger()


@dataclass(frozen=True)
class Proof:
    """What the person offers: a password, or something of a second factor."""

    password: str | None
    factor: Offered

    def check(self) -> None:
        """Raises Invalid("request.invalid") unless exactly one thing is offered."""
        if self.password is None:
            assert self.factor.kind
        elif self.factor != Offered():
            raise Invalid("request.invalid", errors=[{"pointer": "password", "code": "type.extra_forbidden"}])


def prove(
    new_uow: Callable[[], UnitOfWork],
    settings: Settings,
    passwords: Passwords,
    caller: Caller,
    new_token_hash: str,
    proof: Proof,
) -> datetime:
    """Take the proof: from now on the session is known by the new token alone. Returns when it was proved: now.

    A try counts against the login ID as one of a login does. Raises Forbidden("proof.refused") for one that is wrong,
    comes too soon, or is a password where a factor is due; Invalid for none, several, or a slip of the keyboard.
    """
    proof.check()
    with new_uow() as uow:
        found = own_session(uow.session, caller)
        seen = found.account
        tried = tries.reserve(uow.session, settings, seen.login_id, found.portal, caller.client_ip)
        uow.commit()
    is_right = proof.password is not None and passwords.verify(seen.password_hash, proof.password)
    with new_uow() as uow:
        account = store.lock_account(uow.session, seen.id)
        found = own_session(uow.session, caller)
        is_right = is_right and account.password_hash == seen.password_hash
        try:
            refusal = (
                "throttled" if tried.is_held else _judge(uow, settings, caller, account, proof, is_right)
            )
        except Invalid:  # a slip of the keyboard
            tries.settle(uow.session, tried)
            uow.commit()
            raise
        now = clock.now()
        if not refusal:
            refuse_used_token(uow.session, new_token_hash)
            tries.settle(uow.session, tried)
            found.token_hash, found.proved_at = new_token_hash, now
        entry = Entry(
            "session.proved", Actor.of_caller(caller), target=caller.session, result=refusal or "done"
        )
        record(uow.session, settings, entry)
        uow.commit()
    log.info("proof", outcome=refusal or "right", account=caller.subject, client_ip=caller.client_ip)
    if refusal:
        raise Forbidden("proof.refused")
    return now


def _judge(
    uow: UnitOfWork, settings: Settings, caller: Caller, account: Account, proof: Proof, is_right: bool
) -> str:
    """Why the proof is refused, or nothing; `is_right` is of the password."""
    if proof.password is None:
        return factor_checks.judge(uow.session, settings, account, proof.factor, caller.session).refusal
    if factor_store.confirmed(uow.session, account.id):
        return "wrong"
    return "" if is_right else "wrong_password"
