"""The queries of login attempts. Each takes an open session and leaves the transaction to its caller."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, select, update
from sqlalchemy.orm import Session

from services.auth import store
from services.auth.codes import AttemptState
from services.auth.models import CodeMail, LoginAttempt
from services.auth.stages import Stage
from services.auth.throttle import Failures, History

_failures = case((LoginAttempt.state == AttemptState.REFUSED, 1), else_=LoginAttempt.wrong_codes)


def lock_id(session: Session, login_digest: str) -> None:
    """Until the end of the transaction, let nobody else count the failures of this ID, known or not."""
    key = int.from_bytes(bytes.fromhex(login_digest)[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def history(session: Session, login_digest: str, client_ip: str, since: datetime, until: datetime) -> History:
    """The failures of an ID between two instants that no completed login has wiped out since."""
    own = LoginAttempt.login_digest == login_digest
    here = LoginAttempt.client_ip == client_ip
    completed = (own, LoginAttempt.state == AttemptState.COMPLETED)
    completed_anywhere, completed_here = session.execute(
        select(func.max(LoginAttempt.ends_at), func.max(LoginAttempt.ends_at).filter(here)).where(*completed)
    ).one()
    is_anywhere = LoginAttempt.failed_at > max(since, completed_anywhere or since)
    is_here = here & (LoginAttempt.failed_at > max(since, completed_here or since))

    def counted(which: ColumnElement[bool]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        return (
            func.coalesce(func.sum(_failures).filter(which), 0),
            func.max(LoginAttempt.failed_at).filter(which),
        )

    found = session.execute(
        select(*counted(is_here), *counted(is_anywhere)).where(
            own, LoginAttempt.failed_at > since, LoginAttempt.failed_at <= until
        )
    ).one()
    return History(
        here=Failures(found[0], found[1]),
        anywhere=Failures(found[2], found[3]),
        is_known_here=completed_here is not None,
    )


def is_used(session: Session, attempt_id: str) -> bool:
    """Is there an attempt of this id, however it went?"""
    return session.scalar(select(LoginAttempt.id).where(LoginAttempt.id == attempt_id)) is not None


def delete_attempt(session: Session, attempt_id: str) -> None:
    session.execute(delete(LoginAttempt).where(LoginAttempt.id == attempt_id))


def supersede_open_attempt(session: Session, account_id: UUID) -> None:
    session.execute(
        update(LoginAttempt)
        .where(LoginAttempt.account_id == account_id, LoginAttempt.state == AttemptState.OPEN)
        .values(state=AttemptState.SUPERSEDED, stage=Stage.NONE)
    )


def lock_attempt(session: Session, attempt_id: str) -> LoginAttempt | None:
    """The attempt and its account, both locked: what is offered at the same time is judged one after the other.

    The account first, as everybody else does who locks both, so that nobody waits for each other.
    """
    account_id = session.scalar(select(LoginAttempt.account_id).where(LoginAttempt.id == attempt_id))
    if account_id is None:
        return None
    store.lock_account(session, account_id)
    return session.scalar(
        select(LoginAttempt)
        .where(LoginAttempt.id == attempt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def recent_wrong_codes(session: Session, since: datetime, started_after: datetime) -> int:
    """Wrong codes of all accounts, in attempts that have failed since then."""
    return session.scalars(
        select(func.coalesce(func.sum(LoginAttempt.wrong_codes), 0)).where(
            LoginAttempt.started_at > started_after, LoginAttempt.failed_at > since
        )
    ).one()


def delete_attempts_before(session: Session, started_before: datetime) -> None:
    session.execute(delete(LoginAttempt).where(LoginAttempt.started_at < started_before))


# mailed codes


def code_mails(session: Session, account_id: UUID, since: datetime, until: datetime) -> list[datetime]:
    """When codes were mailed for the account, the latest first: after `since`, at the latest at `until`."""
    return list(
        session.scalars(
            select(CodeMail.sent_at)
            .where(CodeMail.account_id == account_id, CodeMail.sent_at > since, CodeMail.sent_at <= until)
            .order_by(CodeMail.sent_at.desc())
        )
    )


def delete_code_mails_before(session: Session, sent_before: datetime) -> None:
    session.execute(delete(CodeMail).where(CodeMail.sent_at < sent_before))
