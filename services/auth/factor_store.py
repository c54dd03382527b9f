"""The queries about second factors. Each takes an open session and leaves the transaction to its caller."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.auth.models import Challenge, Factor, FactorKind, RecoveryCode

# factors


def confirmed(session: Session, account_id: UUID) -> list[Factor]:
    """The factors in use, the oldest first."""
    return list(session.scalars(_confirmed(account_id).order_by(Factor.created_at, Factor.id)))


def lock_totps(session: Session, account_id: UUID) -> list[Factor]:
    """The one-time passwords in use, locked and read anew: codes offered at the same time are judged one by one."""
    of_kind = _confirmed(account_id).where(Factor.kind == FactorKind.TOTP).order_by(Factor.id)
    return list(session.scalars(of_kind.with_for_update().execution_options(populate_existing=True)))


def lock_passkey(session: Session, account_id: UUID, credential_id: str) -> Factor | None:
    """The account's passkey of this id, locked and read anew."""
    wanted = _confirmed(account_id).where(Factor.credential_id == credential_id)
    return session.scalar(wanted.with_for_update().execution_options(populate_existing=True))


def unfinished_totp(session: Session, account_id: UUID) -> Factor | None:
    """The one-time password that waits for its first code."""
    return session.scalar(
        select(Factor).where(Factor.account_id == account_id, Factor.confirmed_at.is_(None))
    )


def delete_unfinished(session: Session, account_id: UUID) -> None:
    session.execute(delete(Factor).where(Factor.account_id == account_id, Factor.confirmed_at.is_(None)))


def add_passkey(session: Session, factor: Factor) -> bool:
    """Store it; False if the credential is registered already, for whichever account."""
    values = {
        column.name: getattr(factor, column.name)
        for column in Factor.__table__.columns
        if getattr(factor, column.name) is not None
    }
    row = insert(Factor).values(values).on_conflict_do_nothing(index_elements=[Factor.credential_id])
    return session.scalar(row.returning(Factor.id)) is not None


def _confirmed(account_id: UUID) -> Select[Factor]:
    return select(Factor).where(Factor.account_id == account_id, Factor.confirmed_at.is_not(None))


# recovery codes


def keep_recovery_codes(session: Session, account_id: UUID, digests: Iterable[str]) -> None:
    """The account's only codes from now on."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.add_all(RecoveryCode(account_id=account_id, code_digest=digest) for digest in digests)
    session.flush()


def use_recovery_code(session: Session, account_id: UUID, digest: str, at: datetime) -> bool:
    """Use a code up; False if there is no unused one of this digest."""
    used = (
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_digest == digest,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=at)
        .returning(RecoveryCode.code_digest)
    )
    return session.scalar(used) is not None


def recovery_codes_left(session: Session, account_id: UUID) -> int:
    unused = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return session.scalars(unused).one()


# challenges


def keep_challenge(session: Session, holder: str, purpose: str, challenge: str, ends_at: datetime) -> None:
    """The holder's only challenge of this purpose from now on."""
    row = insert(Challenge).values(holder=holder, purpose=purpose, challenge=challenge, ends_at=ends_at)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[Challenge.holder, Challenge.purpose],
            set_={"challenge": row.excluded.challenge, "ends_at": row.excluded.ends_at},
        )
    )


def take_challenge(session: Session, holder: str, purpose: str, at: datetime) -> str | None:
    """The holder's challenge, which is gone with this; None if there is none, or it has ended."""
    taken = delete(Challenge).where(Challenge.holder == holder, Challenge.purpose == purpose)
    row = session.execute(taken.returning(Challenge.challenge, Challenge.ends_at)).one_or_none()
    return row.challenge if row is not None and at <= row.ends_at else None


def delete_challenges_before(session: Session, ended_before: datetime) -> None:
    session.execute(delete(Challenge).where(Challenge.ends_at < ended_before))
