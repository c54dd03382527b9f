"""The second factor in a login: proving one, and setting up the first one where it is required."""

from typing import Any

from chassis import logs
from chassis.database import UnitOfWork
from chassis.errors import Unauthenticated
from services.auth.models import Account, Factor, LoginAttempt
from services.auth.settings import Settings
from services.auth.stages import Stage
from services.auth.usecases import enrolment, factor_checks, notices
from services.auth.usecases.attempts import advance, open_attempt, wrong_try
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.factor_checks import Offered
from services.auth.usecases.sessions import Browser

log = logs.get_logger()


def challenge(uow: UnitOfWork, settings: Settings, attempt: str) -> dict[str, Any]:
    """What the browser asks the account's passkeys: {"options": …}. Raises Unauthenticated("attempt.unusable")."""
    row = open_attempt(uow.session, settings, attempt, Stage.FACTOR)
    asked = factor_checks.challenge(uow.session, settings, _account(row), row.id)
    uow.commit()
    return asked


def verify(
    uow: UnitOfWork, settings: Settings, attempt: str, offered: Offered, token_hash: str, browser: Browser
) -> dict[str, Any]:
    """Go on with the login; a step, as `attempts.advance` answers it.

    Raises Unauthenticated "attempt.unusable" or "factor.wrong" (tries_left; at 0 the attempt has ended), and Invalid
    for what is malformed, which is no try.
    """
    row = open_attempt(uow.session, settings, attempt, Stage.FACTOR)
    account = _account(row)
    judgement = factor_checks.judge(uow.session, settings, account, offered, row.id)
    actor = Actor.of_account(account, browser.client_ip, browser.user_agent)
    details = {"kind": judgement.kind}
    if judgement.is_right:
        step = advance(uow.session, settings, row, browser, token_hash, Stage.FACTOR)
        record(uow.session, settings, Entry("factor.used", actor, details=details))
    else:
        left = wrong_try(uow.session, settings, row)
        refused = Entry("factor.refused", actor, result=judgement.refusal, details=details)
        record(uow.session, settings, refused)
    uow.commit()
    log.info(
        "login",
        step="factor",
        outcome=judgement.refusal or "right",
        kind=judgement.kind,
        account=str(account.id),
        portal=row.portal,
        client_ip=browser.client_ip,
    )
    if not judgement.is_right:
        raise Unauthenticated("factor.wrong", tries_left=left)
    return step


def begin_totp(uow: UnitOfWork, settings: Settings, attempt: str, secret: str, name: str) -> dict[str, Any]:
    """{"login_id"}, under which an app shows the codes. Raises Unauthenticated("attempt.unusable")."""
    row = open_attempt(uow.session, settings, attempt, Stage.ENROL)
    account = _account(row)
    enrolment.begin_totp(uow.session, settings, account, secret, name)
    uow.commit()
    return {"login_id": account.login_id}


def confirm_totp(
    uow: UnitOfWork,
    settings: Settings,
    attempt: str,
    code: str,
    recovery_codes: list[str],
    token_hash: str,
    browser: Browser,
) -> dict[str, Any]:
    """Go on with the login; a step. Raises Unauthenticated("attempt.unusable") and what the enrolment raises."""
    row = open_attempt(uow.session, settings, attempt, Stage.ENROL)
    factor = enrolment.confirm_totp(uow.session, settings, _account(row), code)
    return _go_on(uow, settings, row, factor, recovery_codes, token_hash, browser)


def offer_passkey(uow: UnitOfWork, settings: Settings, attempt: str) -> dict[str, Any]:
    """What the browser makes a passkey of: {"options": …}. Raises Unauthenticated("attempt.unusable")."""
    row = open_attempt(uow.session, settings, attempt, Stage.ENROL)
    offer = enrolment.offer_passkey(uow.session, settings, _account(row), row.id)
    uow.commit()
    return offer


def add_passkey(
    uow: UnitOfWork,
    settings: Settings,
    attempt: str,
    response: dict[str, Any],
    name: str,
    recovery_codes: list[str],
    token_hash: str,
    browser: Browser,
) -> dict[str, Any]:
    """Go on with the login; a step. Raises Unauthenticated("attempt.unusable") and what the enrolment raises."""
    row = open_attempt(uow.session, settings, attempt, Stage.ENROL)
    factor = enrolment.add_passkey(uow, settings, _account(row), row.id, response, name)
    return _go_on(uow, settings, row, factor, recovery_codes, token_hash, browser)


def _go_on(
    uow: UnitOfWork,
    settings: Settings,
    row: LoginAttempt,
    factor: Factor,
    recovery_codes: list[str],
    token_hash: str,
    browser: Browser,
) -> dict[str, Any]:
    account = _account(row)
    enrolment.keep_first_recovery_codes(uow.session, settings, account, recovery_codes)
    notices.factor_changed(uow.session, settings, account, "added", factor.name)
    step = advance(uow.session, settings, row, browser, token_hash, Stage.ENROL)
    actor = Actor.of_account(account, browser.client_ip, browser.user_agent)
    record(uow.session, settings, enrolment.added(actor, factor))
    uow.commit()
    log.info("login", step="enrol", outcome="right", kind=factor.kind, account=str(account.id))
    return step


def _account(row: LoginAttempt) -> Account:
    assert row.account is not None  # an open attempt has one
    return row.account
