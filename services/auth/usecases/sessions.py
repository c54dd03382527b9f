"""Sessions: opened by a completed login, looked up at every request, ended by logging out or by time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock, context, logs
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Unauthenticated
from services.auth import store
from services.auth.lifetimes import is_worth_noting
from services.auth.models import Account, LoginSession
from services.auth.portals import Portal
from services.auth.roles import granted
from services.auth.settings import Settings

log = logs.get_logger()


@dataclass(frozen=True)
class Browser:
    """Where a login comes from, kept with the session for whoever investigates a misuse."""

    client_ip: str
    user_agent: str


def open_session(
    session: Session, settings: Settings, account: Account, portal: Portal, token_hash: str, browser: Browser
) -> datetime:
    """Open a session within the caller's transaction; returns when it ends if it is not used.

    Raises Conflict("session.exists") if the token is one that is already in use, as after a redelivered request.
    """
    if session.get(LoginSession, token_hash) is not None:
        raise Conflict("session.exists")
    now = clock.now()
    session.add(
        LoginSession(
            token_hash=token_hash,
            account_id=account.id,
            portal=portal,
            authenticated_at=now,
            last_seen_at=now,
            client_ip=browser.client_ip,
            user_agent=browser.user_agent,
        )
    )
    return settings.lifetime(account.kind).ends_at(now, now)


def resolve(
    uow: UnitOfWork, settings: Settings, token_hash: str, language: str, correlation_id: str
) -> dict[str, Any]:
    """Who is behind a session, as {"context": signed statement of at most 60 s, "account": {…}}.

    Raises Unauthenticated("session.unknown") for a session that never was, has ended, or whose account is disabled.
    """
    found = store.session_with_account(uow.session, token_hash)
    now = clock.now()
    if found is None or found.account.disabled:
        raise Unauthenticated("session.unknown")
    account = found.account
    lifetime = settings.lifetime(account.kind)
    if now >= lifetime.ends_at(found.authenticated_at, found.last_seen_at):
        raise Unauthenticated("session.unknown")
    last_seen_at = found.last_seen_at
    if is_worth_noting(last_seen_at, now):
        last_seen_at = now
        store.note_use(uow.session, token_hash, now)
        uow.commit()
    roles = granted(account.kind, account.role)
    caller = context.Caller(
        subject=str(account.id),
        kind=account.kind.value,
        customer=account.customer_code,
        roles=roles,
        login_id=account.login_id,
        language=language,
        correlation_id=correlation_id,
        authenticated_at=found.authenticated_at,
    )
    return {
        "context": context.sign(caller, settings.context_signing_key),
        "account": {
            "login_id": account.login_id,
            "kind": account.kind,
            "portal": found.portal,
            "customer_code": account.customer_code,
            "customer_name": account.customer.name if account.customer else None,
            "roles": sorted(roles),
            "expires_at": lifetime.ends_at(found.authenticated_at, last_seen_at),
            "language": account.language,
        },
    }


def end_session(uow: UnitOfWork, token_hash: str) -> None:
    """Log out. Ending what has already ended is no error."""
    account_id = store.delete_session(uow.session, token_hash)
    uow.commit()
    if account_id is not None:
        log.info("logout", account=str(account_id))
