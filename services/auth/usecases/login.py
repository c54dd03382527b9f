"""The first step of a login: ID and password."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.errors import TooMany, Unauthenticated
from services.auth import attempt_store, password_store, store
from services.auth.codes import new_code
from services.auth.contact import is_login_id
from services.auth.hashing import Passwords
from services.auth.models import Account, LoginAttempt
from services.auth.portals import Portal, admits, asks_for_code
from services.auth.settings import Settings
from services.auth.stages import Stage
from services.auth.usecases import attempts, tries
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.code_mail import mail_code
from services.auth.usecases.sessions import Browser
from services.auth.usecases.tries import Try, login_digest

log = logs.get_logger()


@dataclass(frozen=True)
class Login:
    """What somebody typed, and where. `token_hash` is of the token that will bear what follows."""

    portal: Portal
    login_id: str
    password: str
    token_hash: str
    browser: Browser


@dataclass(frozen=True)
class _Candidate:
    """What is known under the typed ID before its password is checked."""

    account: Account | None
    families: frozenset[str]
    tried: Try


def start_login(
    new_uow: Callable[[], UnitOfWork], settings: Settings, passwords: Passwords, login: Login
) -> dict[str, Any]:
    """Check ID and password and go on to the next step, as `attempts.advance` describes it.

    Every refusal is Unauthenticated("login.refused") and costs the same queries, one hash, one row and one audit
    record, so that neither the answer nor its time tells whether an ID exists. The hash is computed between two
    transactions: no connection waits for it. Raises TooMany("login.mail_capped", retry_after) for a right password,
    when too many codes have been mailed: the last one stays good.
    """
    with new_uow() as uow:
        candidate = _find(uow.session, settings, login)
        uow.commit()
    account = candidate.account
    stored_hash = account.password_hash if account else None
    is_right = passwords.verify(stored_hash, login.password)
    reason = _refusal(login, candidate, is_right)
    renewed_hash = None
    if account is not None and reason is None and not account.password_is_initial:
        renewed_hash = passwords.renew(stored_hash, login.password)
    with new_uow() as uow:
        if account is not None and reason is None:
            locked = store.lock_account(uow.session, account.id)
            if _is_still(locked, account):
                return _go_on(uow, settings, login, candidate.tried, locked, renewed_hash)
            reason = "wrong_password"  # by now
        _record(uow.session, settings, login, account, reason)
        uow.commit()
    _log(settings, login, account, f"refused: {reason}")
    raise Unauthenticated("login.refused")


def _find(session: Session, settings: Settings, login: Login) -> _Candidate:
    tried = tries.reserve(session, settings, login.login_id, login.portal, login.browser.client_ip)
    account = store.account_by_login_id(session, login.login_id if is_login_id(login.login_id) else "")
    families = store.families(session, (account.customer_code if account else None) or "")
    return _Candidate(account, families, tried)


def _refusal(login: Login, candidate: _Candidate, is_right: bool) -> str | None:
    """Why the login is refused, for the log and the audit trail alone, or None."""
    account = candidate.account
    if candidate.tried.is_held:
        return "throttled"
    if account is None:
        return "unknown_id"
    if not is_right:
        return "wrong_password"
    if account.disabled:
        return "disabled"
    if _is_too_late(account):
        return "initial_password_expired"
    if not admits(login.portal, account.kind, candidate.families):
        return "not_admitted"
    return None


def _is_too_late(account: Account) -> bool:
    """Is this an initial password that was mailed too long ago?"""
    ends_at = account.initial_password_ends_at
    return account.password_is_initial and ends_at is not None and clock.now() > ends_at


def _is_still(now: Account, seen: Account) -> bool:
    """Is the password that was judged still that of the account, and the account open?

    Of logins at the same time with an initial password one finds it here. The hash of another may have been renewed by
    another login meanwhile, which is no change.
    """
    if now.disabled or now.deleted_at is not None or now.password_hash is None:
        return False
    if now.password_hash == seen.password_hash:
        return True
    return not now.password_is_initial and now.password_set_at == seen.password_set_at


def _go_on(
    uow: UnitOfWork,
    settings: Settings,
    login: Login,
    tried: Try,
    account: Account,
    renewed_hash: str | None,
) -> dict[str, Any]:
    """Turn the try into an attempt that is open, or completed. The account is locked."""
    code = new_code() if asks_for_code(login.portal) else ""
    if code and account.email is not None:
        try:
            mail_code(uow.session, settings, account, account.email, code)
        except TooMany:
            tries.settle(uow.session, tried)
            _record(uow.session, settings, login, account, "mail_capped")
            uow.commit()
            _log(settings, login, account, "refused: mail_capped")
            raise
    if renewed_hash is not None:
        account.password_hash = renewed_hash
    if account.password_is_initial:
        password_store.remember_present(uow.session, account)
        account.password_hash = None  # it has worked once; what follows hangs on the attempt
    attempt_store.supersede_open_attempt(uow.session, account.id)
    row = uow.session.get_one(LoginAttempt, tried.attempt_id)
    row.account, row.failed_at = account, None
    _record(uow.session, settings, login, account, "done")
    step = attempts.advance(uow.session, settings, row, login.browser, login.token_hash, Stage.NONE, code)
    uow.commit()
    _log(settings, login, account, "logged in" if step["next"] == "done" else f"asked for {step['next']}")
    return step


def _record(
    session: Session, settings: Settings, login: Login, account: Account | None, result: str | None
) -> None:
    actor = Actor.of_account(account, login.browser.client_ip, login.browser.user_agent)
    record(
        session,
        settings,
        Entry("login.password", actor, result=result or "", details={"portal": login.portal}),
    )


def _log(settings: Settings, login: Login, account: Account | None, outcome: str) -> None:
    """One line a step. An unknown ID may be a password in the wrong field: only its keyed digest is written down."""
    digest = login_digest(login.login_id, settings.code_pepper)
    who = {"account": str(account.id)} if account else {"typed_id": digest[:16]}
    log.info(
        "login",
        step="password",
        outcome=outcome,
        portal=login.portal,
        client_ip=login.browser.client_ip,
        **who,
    )
