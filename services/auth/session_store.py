"""The queries of sessions. Each takes an open session of the database and leaves the transaction to its caller."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from services.auth.models import Account, LoginSession


def with_account(session: Session, token_hash: str) -> LoginSession | None:
    return session.scalar(
        select(LoginSession)
        .where(LoginSession.token_hash == token_hash)
        .options(joinedload(LoginSession.account).joinedload(Account.customer))
    )


def of_account(session: Session, account_id: UUID) -> list[LoginSession]:
    """The account's sessions, those that are over by time included, the last used first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(LoginSession.account_id == account_id)
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.id)
        )
    )


def lock_own(session: Session, account_id: UUID, session_id: UUID) -> LoginSession | None:
    """The account's session of this public id, locked and read anew."""
    return session.scalar(
        select(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.id == session_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def note_use(session: Session, token_hash: str, at: datetime) -> None:
    session.execute(update(LoginSession).where(LoginSession.token_hash == token_hash).values(last_seen_at=at))


def delete_own(session: Session, account_id: UUID, session_id: UUID) -> bool:
    """False if the account has no such session."""
    deleted = session.scalar(
        delete(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.id == session_id)
        .returning(LoginSession.id)
    )
    return deleted is not None


def delete_of_account(session: Session, account_id: UUID, except_session: UUID | None) -> int:
    """How many there were."""
    ended = delete(LoginSession).where(LoginSession.account_id == account_id)
    if except_session is not None:
        ended = ended.where(LoginSession.id != except_session)
    return len(session.scalars(ended.returning(LoginSession.id)).all())


def delete_before(session: Session, authenticated_before: datetime) -> None:
    session.execute(delete(LoginSession).where(LoginSession.authenticated_at < authenticated_before))
