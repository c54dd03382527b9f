"""A new password: at a login that asks for one, or by its owner in a session."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventlet import tpool
from eventlet.semaphore import Semaphore
from sqlalchemy.orm import Session

from chassis import clock, logs
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Invalid
from services.auth import password_policy, password_store, session_store, store
from services.auth.hashing import Passwords
from services.auth.models import Account
from services.auth.passwords import LONGEST
from services.auth.settings import Settings
from services.auth.stages import Stage
from services.auth.usecases import notices, tries
from services.auth.usecases.attempts import advance, minimum, open_attempt
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.sessions import Browser, end_sessions_of, own_session

log = logs.get_logger()

NewUow = Callable[[], UnitOfWork]

_estimates = Semaphore(1)  # one at a time: it is pure computing, and zxcvbn shares its word lists


@dataclass(frozen=True)
class _Standard:
    """What a new password of an account is measured by."""

    minimum: int
    personal: list[str]
    recent_hashes: list[str]


def set_password(
    new_uow: NewUow,
    settings: Settings,
    passwords: Passwords,
    attempt: str,
    password: str,
    token_hash: str,
    browser: Browser,
) -> dict[str, Any]:
    """Replace an initial or expired password and go on with the login; the next step, as `attempts.advance` says.

    Sessions that the account has elsewhere end. Raises Unauthenticated("attempt.unusable"), or
    Invalid("password.refused", errors=[{"pointer": "password", "code": …}]), after which the attempt goes on waiting.
    """
    with new_uow() as uow:
        account = _account(open_attempt(uow.session, settings, attempt, Stage.PASSWORD).account)
        standard = _standard(uow.session, settings, account)
        actor = Actor.of_account(account, browser.client_ip, browser.user_agent)
    found = _problems(settings, passwords, standard, password)
    if found:
        with new_uow() as uow:
            _refuse(uow, settings, actor, found)
        raise _refusal("password", found)
    password_hash = passwords.hash(password)
    with new_uow() as uow:
        row = open_attempt(uow.session, settings, attempt, Stage.PASSWORD)
        account = _account(row.account)
        # this attempt is the only one that is open, so that there is no other to end
        session_store.delete_of_account(uow.session, account.id, None)
        _store(uow.session, settings, account, password_hash, browser, actor)
        step = advance(uow.session, settings, row, browser, token_hash, Stage.PASSWORD)
        uow.commit()
    log.info("password changed", account=str(account.id), at="login", next=step["next"])
    return step


def change_password(
    new_uow: NewUow, settings: Settings, passwords: Passwords, caller: Caller, current: str, new: str
) -> None:
    """Replace the caller's password; their other sessions and logins under way end.

    A wrong `current` counts like one at a login. Raises Invalid("password.wrong", errors=…) when it is wrong or comes
    too soon, Invalid("password.refused", errors=[{"pointer": "new", "code": …}]), Unauthenticated("session.unknown")
    when the session has ended meanwhile.
    """
    with new_uow() as uow:
        own = own_session(uow.session, caller)
        account = own.account
        tried = tries.reserve(uow.session, settings, account.login_id, own.portal, caller.client_ip)
        standard = _standard(uow.session, settings, account)
        actor = Actor.of_account(account, caller.client_ip, own.user_agent)
        uow.commit()
    if not passwords.verify(account.password_hash, current) or tried.is_held:
        with new_uow() as uow:
            _refuse(uow, settings, actor, [{"code": "throttled" if tried.is_held else "password.wrong"}])
        raise _wrong()
    found = _problems(settings, passwords, standard, new)
    if found:
        with new_uow() as uow:
            tries.settle(uow.session, tried)
            _refuse(uow, settings, actor, found)
        raise _refusal("new", found)
    password_hash = passwords.hash(new)
    with new_uow() as uow:
        tries.settle(uow.session, tried)
        locked = store.lock_account(uow.session, account.id)
        own = own_session(uow.session, caller)
        if locked.password_set_at != account.password_set_at:
            raise _wrong()  # changed meanwhile
        end_sessions_of(uow.session, locked.id, own.id)
        browser = Browser(caller.client_ip, own.user_agent)
        _store(uow.session, settings, locked, password_hash, browser, actor)
        uow.commit()
    log.info("password changed", account=caller.subject, at="session")


def password_rules(session: Session, settings: Settings, caller: Caller) -> dict[str, Any]:
    """{"minimum", "maximum": characters, "history": passwords that are not taken again} for the caller."""
    account = own_session(session, caller).account
    return {
        "minimum": minimum(session, settings, account),
        "maximum": LONGEST,
        "history": settings.password_history,
    }


def _standard(session: Session, settings: Settings, account: Account) -> _Standard:
    return _Standard(
        minimum=minimum(session, settings, account),
        personal=password_policy.personal_words(
            account.login_id,
            account.email,
            settings.operator_name,
            settings.operator_name_en,
            account.customer.name if account.customer else None,
        ),
        recent_hashes=password_store.recent_hashes(session, account, _refused_again(settings)),
    )


def _refused_again(settings: Settings) -> int:
    """Without a history, still the present one: a change is one."""
    return max(settings.password_history, 1)


def _problems(
    settings: Settings, passwords: Passwords, standard: _Standard, password: str
) -> list[dict[str, Any]]:
    with _estimates:
        found: list[dict[str, Any]] = tpool.execute(
            password_policy.problems,
            password,
            minimum=standard.minimum,
            personal=standard.personal,
            score=settings.password_score,
        )
    if not found and any(passwords.verify(one, password) for one in standard.recent_hashes):
        found = [{"code": "password.reused", "count": _refused_again(settings)}]
    return found


def _store(
    session: Session,
    settings: Settings,
    account: Account,
    password_hash: str,
    browser: Browser,
    actor: Actor,
) -> None:
    password_store.store_chosen(session, account, password_hash, clock.now(), keep=settings.password_history)
    notices.password_changed(session, settings, account, browser)
    record(session, settings, Entry("password.changed", actor, target=account.login_id))


def _refuse(uow: UnitOfWork, settings: Settings, actor: Actor, found: list[dict[str, Any]]) -> None:
    reasons = [one["code"] for one in found]
    entry = Entry(
        "password.refused", actor, target=actor.login_id, result=reasons[0], details={"reasons": reasons}
    )
    record(uow.session, settings, entry)
    uow.commit()


def _refusal(pointer: str, found: list[dict[str, Any]]) -> Invalid:
    return Invalid("password.refused", errors=[{"pointer": pointer, **one} for one in found])


def _wrong() -> Invalid:
    return Invalid("password.wrong", errors=[{"pointer": "current", "code": "password.wrong"}])


def _account(account: Account | None) -> Account:
    assert account is not None  # an open attempt has one
    return account
