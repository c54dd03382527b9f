"""Sessions: opened by a completed login, looked up at every request, ended by logging out or by time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from chassis import clock, context, logs
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, NotFound, Unauthenticated
from services.auth import attempt_store, session_store, store
from services.auth.lifetimes import is_worth_noting
from services.auth.models import Account, LoginSession
from services.auth.portals import Portal, kind_of
from services.auth.roles import granted, granted_in_person
from services.auth.settings import Settings
from services.auth.usecases.audit import Actor, Entry, record

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
    refuse_used_token(session, token_hash)
    now = clock.now()
    session.add(
        LoginSession(
            token_hash=token_hash,
            id=uuid4(),
            account_id=account.id,
            portal=portal,
            authenticated_at=now,
            proved_at=now,
            last_seen_at=now,
            client_ip=browser.client_ip,
            user_agent=browser.user_agent,
        )
    )
    return settings.lifetime(account.kind).ends_at(now, now)


def refuse_used_token(session: Session, token_hash: str) -> None:
    """Raises Conflict("session.exists")."""
    if session.get(LoginSession, token_hash) is not None:
        raise Conflict("session.exists")


def resolve(
    uow: UnitOfWork,
    settings: Settings,
    token_hash: str,
    language: str,
    client_ip: str,
    correlation_id: str,
) -> dict[str, Any]:
    """Who is behind a session, as {"context": signed statement of at most 60 s, "account": {…}}.

    Role and state of the account are read anew each time. Raises Unauthenticated("session.unknown") for a session that
    never was, has ended, or whose account is disabled or deleted.
    """
    found = session_store.with_account(uow.session, token_hash)
    now = clock.now()
    if found is None or found.account.disabled or found.account.deleted_at is not None:
        raise Unauthenticated("session.unknown")
    account = found.account
    lifetime = settings.lifetime(account.kind)
    if now >= lifetime.ends_at(found.authenticated_at, found.last_seen_at):
        raise Unauthenticated("session.unknown")
    last_seen_at = found.last_seen_at
    if is_worth_noting(last_seen_at, now):
        last_seen_at = now
        session_store.note_use(uow.session, token_hash, now)
        uow.commit()
    caller = context.Caller(
        subject=str(account.id),
        kind=account.kind.value,
        customer=account.customer_code,
        roles=granted_in_person(account.kind, account.role),
        login_id=account.login_id,
        language=language,
        correlation_id=correlation_id,
        authenticated_at=found.proved_at,
        session=str(found.id),
        client_ip=client_ip,
    )
    return {
        "context": context.sign(caller, settings.context_signing_key),
        "account": {
            "login_id": account.login_id,
            "kind": account.kind,
            "portal": found.portal,
            "customer_code": account.customer_code,
            "customer_name": account.customer.name if account.customer else None,
            "roles": sorted(granted(account.kind, account.role)),
            "expires_at": lifetime.ends_at(found.authenticated_at, last_seen_at),
            "language": account.language,
        },
    }


def own_session(session: Session, caller: Caller) -> LoginSession:
    """The session that the caller speaks in, locked. Raises Unauthenticated("session.unknown") if it has ended."""
    found = session_store.lock_own(session, UUID(caller.subject), UUID(caller.session))
    if found is None or found.account.disabled or found.account.deleted_at is not None:
        raise Unauthenticated("session.unknown")
    return found


def end_session(uow: UnitOfWork, settings: Settings, token_hash: str, browser: Browser) -> None:
    """Log out. Ending what has already ended is no error."""
    found = session_store.with_account(uow.session, token_hash)
    if found is None or not session_store.delete_own(uow.session, found.account_id, found.id):
        return
    actor = Actor.of_account(found.account, browser.client_ip, browser.user_agent)
    record(uow.session, settings, Entry("session.ended", actor, target=str(found.id)))
    uow.commit()
    log.info("logout", account=str(found.account_id))


def list_sessions(session: Session, settings: Settings, caller: Caller) -> list[dict[str, Any]]:
    """The caller's living sessions, the last used first: {"id", "portal", "client_ip", "user_agent",
    "authenticated_at", "last_seen_at": datetimes, "current": bool}.
    """
    now = clock.now()
    return [
        {
            "id": str(one.id),
            "portal": one.portal,
            "client_ip": one.client_ip,
            "user_agent": one.user_agent,
            "authenticated_at": one.authenticated_at,
            "last_seen_at": one.last_seen_at,
            "current": str(one.id) == caller.session,
        }
        for one in session_store.of_account(session, UUID(caller.subject))
        if now < settings.lifetime(kind_of(one.portal)).ends_at(one.authenticated_at, one.last_seen_at)
    ]


def end_other_session(uow: UnitOfWork, settings: Settings, caller: Caller, session_id: str) -> None:
    """End one of the caller's other sessions. Raises NotFound("session.not_found"), also for the present one."""
    if session_id == caller.session or not session_store.delete_own(
        uow.session, UUID(caller.subject), _public_id(session_id)
    ):
        raise NotFound("session.not_found")
    record(uow.session, settings, Entry("session.ended", Actor.of_caller(caller), target=session_id))
    uow.commit()


def end_other_sessions(uow: UnitOfWork, settings: Settings, caller: Caller) -> int:
    """End all the caller's sessions but the present one, and logins under way; how many sessions there were."""
    ended = end_sessions_of(uow.session, UUID(caller.subject), UUID(caller.session))
    entry = Entry("session.ended_others", Actor.of_caller(caller), details={"ended": ended})
    record(uow.session, settings, entry)
    uow.commit()
    return ended


def end_sessions_of(session: Session, account_id: UUID, except_session: UUID | None = None) -> int:
    """End the account's sessions but one, and its open login attempts; how many sessions there were.

    Locks the account first: a login that is under way is either over by now, and ends here, or finds its attempt dead.
    """
    store.lock_account(session, account_id)
    attempt_store.supersede_open_attempt(session, account_id)
    return session_store.delete_of_account(session, account_id, except_session)


def _public_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("session.not_found") from None
