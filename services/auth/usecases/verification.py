"""The second step of a self-care login: the code from the mail."""

from typing import Any

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.errors import Invalid, Unauthenticated
from services.auth import store
from services.auth.codes import AttemptState, Verdict, attempt_id, code_digest, is_well_formed, judge
from services.auth.portals import kind_of
from services.auth.settings import Settings
from services.auth.usecases.sessions import Browser, open_session

log = logs.get_logger()


def verify_code(
    uow: UnitOfWork, settings: Settings, attempt: str, code: str, token_hash: str, browser: Browser
) -> dict[str, Any]:
    """Complete a login; {"expires_at": datetime, "portal": str, "kind": str}.

    Raises Invalid("code.format"), which is no try; Unauthenticated "code.wrong" (tries_left), "code.expired", or
    "code.unusable" for an attempt that is unknown, completed, ended or superseded. The attempt's row is locked from
    reading to commit: of many codes offered at once, only as many are judged as there are tries.
    """
    if not is_well_formed(code):
        raise Invalid("code.format", errors=[{"pointer": "code", "code": "code.format"}])
    found = store.lock_attempt(uow.session, attempt_id(attempt))
    if found is None or found.account is None or found.code_expires_at is None or found.account.disabled:
        log.info("login", step="code", outcome="unusable", client_ip=browser.client_ip)
        raise Unauthenticated("code.unusable")
    offered = code_digest(code, found.id, settings.code_pepper)
    verdict = judge(found.state, found.code_digest, offered, found.code_expires_at, clock.now())
    answer: dict[str, Any] = {}
    if verdict is Verdict.RIGHT:
        found.state = AttemptState.COMPLETED
        ends_at = open_session(uow.session, settings, found.account, found.portal, token_hash, browser)
        answer = {"expires_at": ends_at, "portal": found.portal, "kind": kind_of(found.portal)}
    elif verdict is Verdict.WRONG:
        found.wrong_codes += 1
        if found.wrong_codes >= settings.code_tries:
            found.state = AttemptState.ENDED
    uow.commit()
    log.info(
        "login",
        step="code",
        outcome="logged in" if answer else verdict.value,
        account=str(found.account_id),
        portal=found.portal,
        client_ip=browser.client_ip,
    )
    if verdict is Verdict.WRONG:
        raise Unauthenticated("code.wrong", tries_left=max(settings.code_tries - found.wrong_codes, 0))
    if verdict is not Verdict.RIGHT:
        raise Unauthenticated(f"code.{verdict.value}")
    return answer
