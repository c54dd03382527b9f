"""Registering a mail address at a login: for an account without one, or whose mail does not arrive.

The contact number proves the person, the code at the new address that it is theirs; until then nothing changes.
Source: the login guide of the self-care portals.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.errors import Forbidden, Invalid
from services.auth import recovery_rules, recovery_store, session_store
from services.auth.codes import AttemptState, new_code
from services.auth.models import Account, LoginAttempt
from services.auth.settings import Settings
from services.auth.stages import Stage
from services.auth.usecases import notices
from services.auth.usecases.attempts import enter, open_attempt
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.code_mail import mail_code
from services.auth.usecases.sessions import Browser

log = logs.get_logger()


def start_recovery(
    uow: UnitOfWork,
    settings: Settings,
    attempt: str,
    email: str,
    contact_phone: str,
    token_hash: str,
    browser: Browser,
) -> dict[str, Any]:
    """Mail a code to the new address: {"next": "code", "ends_at": datetime}. The attempt goes on under the token whose
    hash is given; the old one and its code are dead.

    Raises Invalid "email.format" or "phone.format", which are no tries; Unauthenticated("attempt.unusable");
    Invalid("recovery.mismatch", tries_left); Forbidden("recovery.blocked") at the last mismatch, which ends the
    attempt, and from then on for some hours, when the attempt still takes its code: blocked recovery never blocks a
    login; TooMany("login.mail_capped", retry_after). Account and attempt are locked from reading to commit: of many
    numbers offered at once, only as many are judged as there are tries.
    """
    problems = recovery_rules.format_problems(email, contact_phone)
    if problems:
        raise Invalid(problems[0]["code"], errors=problems)
    row = open_attempt(uow.session, settings, attempt, Stage.CODE)
    account = _account(row)
    since = clock.now() - timedelta(hours=settings.recovery_block_hours)
    wrong = recovery_store.wrong_phones(uow.session, account.id, since)
    if recovery_rules.tries_left(wrong, settings.recovery_tries) == 0:
        _record(uow, settings, account, browser, "recovery.refused", "recovery.blocked")
        raise Forbidden("recovery.blocked")
    if not recovery_rules.matches(account.contact_phone, contact_phone):
        raise _mismatch(uow, settings, row, browser, wrong + 1)
    code = new_code()
    mail_code(uow.session, settings, account, email, code)
    row.new_email = email
    enter(uow.session, settings, row, Stage.CODE, token_hash, code)
    answer = {"next": "code", "ends_at": row.ends_at}
    _record(uow, settings, account, browser, "recovery.started", "done")
    return answer


def complete(session: Session, settings: Settings, row: LoginAttempt, browser: Browser) -> None:
    """The code from the new address was right: it is the account's from now on. The attempt goes on; it is the only
    one that is open, and sessions that the account has elsewhere end.
    """
    account = _account(row)
    old, account.email, row.new_email = account.email, row.new_email, None
    session_store.delete_of_account(session, account.id, None)
    notices.address_changed(session, settings, account, old, browser)
    actor = Actor.of_account(account, browser.client_ip, browser.user_agent)
    record(session, settings, Entry("email.changed", actor, target=account.login_id))
    log.info("mail address changed", account=str(account.id))


def _mismatch(
    uow: UnitOfWork, settings: Settings, row: LoginAttempt, browser: Browser, wrong: int
) -> Invalid | Forbidden:
    row.wrong_phones += 1
    left = recovery_rules.tries_left(wrong, settings.recovery_tries)
    if left == 0:
        row.state, row.stage = AttemptState.ENDED, Stage.NONE
    _record(uow, settings, _account(row), browser, "recovery.refused", "recovery.mismatch")
    if left == 0:
        return Forbidden("recovery.blocked")
    return Invalid(
        "recovery.mismatch",
        tries_left=left,
        errors=[{"pointer": "contact_phone", "code": "recovery.mismatch"}],
    )


def _record(
    uow: UnitOfWork, settings: Settings, account: Account, browser: Browser, action: str, result: str
) -> None:
    actor = Actor.of_account(account, browser.client_ip, browser.user_agent)
    record(uow.session, settings, Entry(action, actor, target=account.login_id, result=result))
    uow.commit()
    log.info(action, outcome=result, account=str(account.id), client_ip=browser.client_ip)


def _account(row: LoginAttempt) -> Account:
    assert row.account is not None  # an open attempt has one
    return row.account
