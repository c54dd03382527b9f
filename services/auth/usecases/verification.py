"""The second step of a self-care login: the code from the mail."""

from typing import Any

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.errors import Invalid, Unauthenticated
from services.auth import attempt_store
from services.auth.codes import Verdict, attempt_id, code_digest, is_well_formed, judge
from services.auth.models import LoginAttempt
from services.auth.settings import Settings
from services.auth.stages import Stage
from services.auth.usecases import attempts, recovery
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.sessions import Browser

log = logs.get_logger()


def verify_code(
    uow: UnitOfWork, settings: Settings, attempt: str, code: str, token_hash: str, browser: Browser
) -> dict[str, Any]:
    """Go on with a login by its mailed code; the next step, as `attempts.advance` describes it.

    Raises Invalid("code.format"), which is no try; Unauthenticated "code.wrong" (tries_left), "code.expired", or
    "code.unusable" for an attempt that is unknown, completed, ended, superseded, or waits for something else. Account
    and attempt are locked from reading to commit: of many codes offered at once, only as many are judged as there are
    tries.
    """
    if not is_well_formed(code):
        raise Invalid("code.format", errors=[{"pointer": "code", "code": "code.format"}])
    session = uow.session
    row = attempt_store.lock_attempt(session, attempt_id(attempt))
    if row is None or not attempts.is_alive(row) or row.stage is not Stage.CODE or row.ends_at is None:
        log.info("login", step="code", outcome="unusable", client_ip=browser.client_ip)
        raise Unauthenticated("code.unusable")
    offered = code_digest(code, row.id, settings.code_pepper)
    verdict = judge(row.state, row.code_digest, offered, row.ends_at, clock.now())
    if verdict is Verdict.RIGHT:
        if row.new_email is not None:
            recovery.complete(session, settings, row, browser)
        _record(uow, settings, row, browser, "done")
        step = attempts.advance(session, settings, row, browser, token_hash, Stage.CODE)
        uow.commit()
        _log(row, browser, "logged in" if step["next"] == "done" else f"asked for {step['next']}")
        return step
    tries_left = attempts.wrong_try(session, settings, row) if verdict is Verdict.WRONG else 0
    _record(uow, settings, row, browser, verdict.value)
    uow.commit()
    _log(row, browser, verdict.value)
    if verdict is Verdict.WRONG:
        raise Unauthenticated("code.wrong", tries_left=tries_left)
    raise Unauthenticated(f"code.{verdict.value}")


def _record(uow: UnitOfWork, settings: Settings, row: LoginAttempt, browser: Browser, result: str) -> None:
    actor = Actor.of_account(row.account, browser.client_ip, browser.user_agent)
    record(uow.session, settings, Entry("login.code", actor, result=result, details={"portal": row.portal}))


def _log(row: LoginAttempt, browser: Browser, outcome: str) -> None:
    log.info(
        "login",
        step="code",
        outcome=outcome,
        account=str(row.account_id),
        portal=row.portal,
        client_ip=browser.client_ip,
    )
