"""The first step of a login: ID and password."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.errors import Invalid, Unauthenticated
from services.auth import store
from services.auth.codes import AttemptState, attempt_id, code_digest, expires_at, new_code
from services.auth.contact import is_login_id
from services.auth.hashing import Passwords
from services.auth.mail_texts import code_mail
from services.auth.models import Account, LoginAttempt
from services.auth.portals import Portal, admits, asks_for_code
from services.auth.settings import Settings
from services.auth.usecases.post import write_mail
from services.auth.usecases.sessions import Browser, open_session

log = logs.get_logger()

_LONGEST_ID = 1_000  # characters that are looked at


@dataclass(frozen=True)
class Login:
    """What somebody typed, and where. `token_hash` is needed where the session is opened at once."""

    portal: Portal
    login_id: str
    password: str
    token_hash: str | None
    browser: Browser
    correlation_id: str


@dataclass(frozen=True)
class _Candidate:
    """What is known under the typed ID before its password is checked."""

    account: Account | None
    families: frozenset[str]
    failures: int


def start_login(
    new_uow: Callable[[], UnitOfWork], settings: Settings, passwords: Passwords, login: Login
) -> dict[str, Any]:
    """Check ID and password; open a session (console, staff) or mail a code (self-care).

    Returns {"next": "done", "expires_at": datetime} or {"next": "code", "attempt": str}. Every refusal is
    Unauthenticated("login.refused") and costs the same queries, one hash and one row, so that neither the answer nor
    its time tells whether an ID exists. The hash is computed between two transactions: no connection waits for it.
    """
    if login.token_hash is None and not asks_for_code(login.portal):
        raise Invalid("request.invalid", errors=[{"pointer": "session_hash", "code": "type.missing"}])
    digest = _login_digest(login.login_id, settings.code_pepper)
    with new_uow() as uow:
        candidate = _find(uow.session, settings, login, digest)
    account = candidate.account
    stored_hash = account.password_hash if account else None
    is_right = passwords.verify(stored_hash, login.password)
    reason = _refusal(settings, login, candidate, is_right)
    if account is None or reason is not None:
        with new_uow() as uow:
            # whose it would have been is in the log: a reference to the account would be work that others lack
            uow.session.add(_attempt(login, digest, None, AttemptState.REFUSED))
            uow.commit()
        _log(login, digest, account, f"refused: {reason}")
        raise Unauthenticated("login.refused")

    renewed_hash = passwords.renew(stored_hash, login.password)
    with new_uow() as uow:
        account = store.lock_account(uow.session, account.id)
        if renewed_hash is not None and account.password_hash == stored_hash:
            account.password_hash = renewed_hash
        if login.token_hash is None or asks_for_code(login.portal):
            answer = _ask_for_code(uow.session, settings, login, digest, account)
        else:
            uow.session.add(_attempt(login, digest, account, AttemptState.COMPLETED))
            ends_at = open_session(
                uow.session, settings, account, login.portal, login.token_hash, login.browser
            )
            answer = {"next": "done", "expires_at": ends_at}
        uow.commit()
    _log(login, digest, account, "code asked for" if answer["next"] == "code" else "logged in")
    return answer


def _find(session: Session, settings: Settings, login: Login, digest: str) -> _Candidate:
    account = store.account_by_login_id(session, login.login_id if is_login_id(login.login_id) else "")
    now = clock.now()
    since = now - timedelta(minutes=settings.login_failures_minutes)
    return _Candidate(
        account=account,
        families=store.families(session, (account.customer_code if account else None) or ""),
        failures=store.recent_failures(session, digest, since, now),
    )


def _refusal(settings: Settings, login: Login, candidate: _Candidate, is_right: bool) -> str | None:
    """Why the login is refused, for the log alone, or None."""
    account = candidate.account
    if account is None:
        return "unknown id"
    # Guessing is slowed down per ID, so that a change of address helps nobody. Logins that arrive together may
    # overshoot by as many as are worked on at once: the count is a brake, and must not cost a lock.
    if candidate.failures >= settings.login_failures:
        return "too many failures"
    if not is_right:
        return "wrong password"
    if account.disabled:
        return "disabled"
    if not admits(login.portal, account.kind, candidate.families):
        return "not admitted to the portal"
    return None


def _ask_for_code(
    session: Session, settings: Settings, login: Login, digest: str, account: Account
) -> dict[str, Any]:
    """Open an attempt and mail its code. An account without an address gets as far, but no mail."""
    store.supersede_open_attempt(session, account.id)
    secret = secrets.token_urlsafe(32)
    code = new_code()
    attempt = _attempt(login, digest, account, AttemptState.OPEN)
    attempt.id = attempt_id(secret)
    attempt.code_digest = code_digest(code, attempt.id, settings.code_pepper)
    attempt.code_expires_at = expires_at(attempt.started_at, settings.code_valid_minutes)
    session.add(attempt)
    if account.email is not None:
        text = code_mail(code, settings.code_valid_minutes, account.language, settings.operator())
        write_mail(session, settings, account.email, text, login.correlation_id)
    return {"next": "code", "attempt": secret}


def _attempt(login: Login, digest: str, account: Account | None, state: AttemptState) -> LoginAttempt:
    return LoginAttempt(
        id=attempt_id(secrets.token_urlsafe(32)),
        account_id=account.id if account else None,
        login_digest=digest,
        portal=login.portal,
        state=state,
        client_ip=login.browser.client_ip,
        started_at=clock.now(),
    )


def _login_digest(login_id: str, pepper: str) -> str:
    return hmac.new(
        pepper.encode(), f"login-id\0{login_id[:_LONGEST_ID]}".encode(), hashlib.sha256
    ).hexdigest()


def _log(login: Login, digest: str, account: Account | None, outcome: str) -> None:
    """One line a step. An unknown ID may be a password in the wrong field: only its keyed digest is written down."""
    who = {"account": str(account.id)} if account else {"typed_id": digest[:16]}
    log.info(
        "login",
        step="password",
        outcome=outcome,
        portal=login.portal,
        client_ip=login.browser.client_ip,
        **who,
    )
