"""Login attempts: the way from a right password to a session, stage by stage."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import Conflict, Unauthenticated
from services.auth import account_store, alarm, attempt_store
from services.auth.codes import AttemptState, attempt_id, code_digest, expires_at
from services.auth.models import Account, LoginAttempt
from services.auth.password_age import is_over
from services.auth.portals import Kind, asks_for_code, kind_of
from services.auth.settings import Settings
from services.auth.stages import Stage, after_password, next_after
from services.auth.usecases import audit, notices
from services.auth.usecases.sessions import Browser, open_session


def open_attempt(session: Session, settings: Settings, secret: str, stage: Stage) -> LoginAttempt:
    """The attempt that the browser holds, with its account, both locked until the end of the transaction.

    Raises Unauthenticated("attempt.unusable") unless it is open, in time and at this stage, and its account enabled.
    """
    row = attempt_store.lock_attempt(session, attempt_id(secret))
    if row is None or not is_alive(row) or row.stage is not stage or clock.now() > _last_instant(row):
        raise Unauthenticated("attempt.unusable")
    return row


def is_alive(row: LoginAttempt) -> bool:
    """Is the attempt open, and its account neither disabled nor deleted?"""
    account = row.account
    return (
        row.state is AttemptState.OPEN
        and account is not None
        and not account.disabled
        and account.deleted_at is None
    )


def enter(
    session: Session, settings: Settings, row: LoginAttempt, stage: Stage, token_hash: str, code: str = ""
) -> None:
    """Let the attempt wait at a stage, for the code if one was mailed, under a new token; the one before is dead.

    Raises Conflict("session.exists") for a token that has been used before.
    """
    _demand_unused(session, token_hash)
    row.id = token_hash
    row.stage = stage
    row.state = AttemptState.OPEN
    row.ends_at = expires_at(clock.now(), settings.code_valid_minutes)
    row.code_digest = code_digest(code, row.id, settings.code_pepper) if code else ""


def next_stage(session: Session, settings: Settings, row: LoginAttempt, done: Stage) -> Stage:
    """What the attempt waits for once `done` is behind it, from the account as it is now; NONE: for nothing."""
    account = _account(row)
    return next_after(
        done,
        after_password(
            asks_code=asks_for_code(row.portal),
            has_factor=bool(_factors(session, account)),
            must_change=must_change(settings, account),
            must_enrol=must_enrol(settings, account),
        ),
    )


def advance(
    session: Session,
    settings: Settings,
    row: LoginAttempt,
    browser: Browser,
    token_hash: str,
    done: Stage,
    code: str = "",
) -> dict[str, Any]:
    """Go on after the stage `done`: to the next one, or, after the last, into a session. The answer is a step:

    {"next": "code" | "factor" | "password" | "enrol", "ends_at": datetime}, for factor with "factors" (kinds), for
    password with "minimum" (characters); or {"next": "done", "expires_at": datetime, "portal", "kind"}. What follows,
    attempt or session, is borne by the token whose hash is given. Audits `login.completed`, as its last statement.
    `row` and its account are locked. `code` is one that was mailed.
    Raises Conflict("session.exists") for a token that has been used before.
    """
    account = _account(row)
    stage = next_stage(session, settings, row, done)
    if stage is not Stage.NONE:
        enter(session, settings, row, stage, token_hash, code)
        step: dict[str, Any] = {"next": stage, "ends_at": row.ends_at}
        if stage is Stage.FACTOR:
            step["factors"] = _factors(session, account)
        if stage is Stage.PASSWORD:
            step["minimum"] = minimum(session, settings, account)
        return step
    _demand_unused(session, token_hash)
    now = clock.now()
    row.state, row.stage, row.ends_at = AttemptState.COMPLETED, Stage.NONE, now
    session_ends_at = open_session(session, settings, account, row.portal, token_hash, browser)
    account.last_login_at = now
    if account.kind is not Kind.SELFCARE:
        notices.login_notice(session, settings, account, browser)
    actor = audit.Actor.of_account(account, browser.client_ip, browser.user_agent)
    audit.record(session, settings, audit.Entry("login.completed", actor, details={"portal": row.portal}))
    return {
        "next": "done",
        "expires_at": session_ends_at,
        "portal": row.portal,
        "kind": kind_of(row.portal),
    }


def wrong_try(session: Session, settings: Settings, row: LoginAttempt) -> int:
    """Count a wrong code or one-time password; returns the tries that are left. At none the attempt has ended."""
    row.wrong_codes += 1
    row.failed_at = clock.now()
    if row.wrong_codes >= settings.code_tries:
        row.state, row.stage = AttemptState.ENDED, Stage.NONE
    session.flush()
    alarm.CODE_FAILURES.inc()
    return max(settings.code_tries - row.wrong_codes, 0)


def must_change(settings: Settings, account: Account) -> bool:
    """Does the account need a new password before anything else? Self-care passwords have no age."""
    if account.kind is Kind.SELFCARE:
        return False
    return account.password_is_initial or is_over(
        account.password_set_at, settings.password_days, clock.today()
    )


def must_enrol(settings: Settings, account: Account) -> bool:
    """Is a second factor required of the account?"""
    if account.kind is Kind.STAFF:
        return settings.staff_factors_required
    return account.kind is Kind.CONSOLE and account.customer is not None and account.customer.factors_required


def minimum(session: Session, settings: Settings, account: Account) -> int:
    """The least length of a new password in characters: shorter where it does not stand alone."""
    if account.kind is Kind.SELFCARE or must_enrol(settings, account) or _factors(session, account):
        return settings.password_minimum_with_factor
    return settings.password_minimum


def _demand_unused(session: Session, token_hash: str) -> None:
    """Every step has a token of its own; `open_session` looks at those of sessions."""
    if attempt_store.is_used(session, token_hash):
        raise Conflict("session.exists")


def _factors(session: Session, account: Account) -> list[str]:
    return account_store.factor_kinds(session, [account.id]).get(account.id, [])


def _account(row: LoginAttempt) -> Account:
    assert row.account is not None  # only a refused try has none
    return row.account


def _last_instant(row: LoginAttempt) -> datetime:
    assert row.ends_at is not None  # a constraint of the table: an open attempt has an end
    return row.ends_at
