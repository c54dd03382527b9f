"""Queries about the passwords of lines: whose line it is, its changes, and the queue of work at the SIP switch.

Any number of processes claim changes that are due. A claim is a lease: for its time no other process speaks to the
switch about that line, not even about a newer change. Nobody renews a lease: an attempt is limited to two calls with
a time-out each, and the settings hold the lease to twice that time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.contracts.models import Contract, Customer, Line
from services.contracts.models_passwords import PasswordChange, PasswordTries
from services.contracts.passwords import Purpose

_TAKE = text(
    "WITH due AS MATERIALIZED ("
    " SELECT id FROM password_changes mine WHERE state = 'pending' AND due_at <= :now"
    "  AND coalesce(next_attempt_at <= clock_timestamp(), true)"
    "  AND coalesce(lease_until <= clock_timestamp(), true)"
    "  AND NOT EXISTS (SELECT FROM password_changes other"
    "   WHERE other.line_id = mine.line_id AND other.version < mine.version"
    "   AND other.lease_until > clock_timestamp())"
    " ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED)"
    " UPDATE password_changes SET attempts = attempts + 1, fence = fence + 1,"
    "  started_at = coalesce(started_at, :now), lease_until = clock_timestamp() + :lease"
    " FROM due WHERE password_changes.id = due.id RETURNING password_changes.id"
)


def find_line(
    session: Session, customer: str | None, phone_number: str, *, lock: bool = False
) -> tuple[Line, Contract] | None:
    """The customer's newest line with this number and its contract; with `lock` the line stays locked.

    A number that had been another line's before is that of the one in service.
    """
    statement = (
        select(Line, Contract)
        .join(Contract, Contract.id == Line.contract_id)
        .where(Line.phone_number == phone_number, Contract.customer_code == customer)
        .order_by(Line.start_date.desc(), Line.id.desc())
        .limit(1)
    )
    if lock:
        statement = statement.with_for_update(of=Line, key_share=True)
    return session.execute(statement).tuples().one_or_none()


def tries(session: Session, line: Line, purpose: Purpose) -> PasswordTries | None:
    """The wrong tries; the caller has the line locked."""
    return session.get(PasswordTries, (line.id, purpose))


def latest_change(session: Session, line: Line) -> PasswordChange | None:
    return session.scalar(
        select(PasswordChange)
        .where(PasswordChange.line_id == line.id)
        .order_by(PasswordChange.version.desc())
        .limit(1)
    )


def lock_latest_change(session: Session, line: Line) -> PasswordChange | None:
    """The newest change of a line that the caller has locked; waits for a claim that is just being made."""
    return session.scalar(
        select(PasswordChange)
        .where(PasswordChange.line_id == line.id)
        .order_by(PasswordChange.version.desc())
        .limit(1)
        .with_for_update()
    )


def last_versions(session: Session, phone_numbers: Sequence[str]) -> dict[str, int]:
    """The highest version that the switch may have heard of each number, whichever line had it; none: never any."""
    rows = session.execute(
        select(Line.phone_number, func.max(PasswordChange.version))
        .join(PasswordChange, PasswordChange.line_id == Line.id)
        .where(Line.phone_number.in_(phone_numbers))
        .group_by(Line.phone_number)
    )
    return dict(rows.tuples().all())


def open_changes(session: Session, contract: Contract, numbers: Sequence[int]) -> dict[int, PasswordChange]:
    """Changes that are pending or failed, by the number of their line within the contract."""
    rows = session.execute(
        select(Line.number, PasswordChange)
        .join(PasswordChange, PasswordChange.line_id == Line.id)
        .where(
            Line.contract_id == contract.id,
            Line.number.in_(numbers),
            PasswordChange.state.in_(("pending", "failed")),
        )
    )
    return dict(rows.tuples().all())


def passwords_of(
    session: Session, contract: Contract, numbers: Sequence[int]
) -> dict[int, tuple[str | None, str | None]]:
    """Both passwords as they are stored, by the number of the line within the contract."""
    rows = session.execute(
        select(Line.number, Line.line_password, Line.addon_password).where(
            Line.contract_id == contract.id, Line.number.in_(numbers)
        )
    )
    return {number: (line, addon) for number, line, addon in rows.tuples()}


def failed_changes(
    session: Session, after: int, limit: int
) -> Sequence[tuple[PasswordChange, Line, Contract, str]]:
    """Failed changes whose id is above `after`, oldest first, each with the name of its customer."""
    rows = session.execute(
        select(PasswordChange, Line, Contract, Customer.name)
        .join(Line, Line.id == PasswordChange.line_id)
        .join(Contract, Contract.id == Line.contract_id)
        .join(Customer, Customer.code == Contract.customer_code)
        .where(PasswordChange.state == "failed", PasswordChange.id > after)
        .order_by(PasswordChange.id)
        .limit(limit)
    )
    return rows.tuples().all()


def count_failed(session: Session) -> int:
    return (
        session.scalar(
            select(func.count()).select_from(PasswordChange).where(PasswordChange.state == "failed")
        )
        or 0
    )


def lock_change(session: Session, change_id: int) -> PasswordChange | None:
    """The change, locked together with its line."""
    line_id = session.scalar(select(PasswordChange.line_id).where(PasswordChange.id == change_id))
    if line_id is None:
        return None
    session.execute(select(Line.id).where(Line.id == line_id).with_for_update(key_share=True))
    return session.scalar(select(PasswordChange).where(PasswordChange.id == change_id).with_for_update())


def take_due(session: Session, now: datetime, limit: int, lease: timedelta) -> Sequence[PasswordChange]:
    """Claim at most `limit` changes that are due at `now`, each of another line."""
    taken = session.scalars(_TAKE, {"now": now, "limit": limit, "lease": lease}).all()
    if not taken:
        return []
    return session.scalars(
        select(PasswordChange).where(PasswordChange.id.in_(taken)).order_by(PasswordChange.due_at)
    ).all()


def claimed(session: Session, change_id: int, fence: int) -> PasswordChange | None:
    """The change, locked together with its line, if nobody has claimed it since."""
    change = lock_change(session, change_id)
    return change if change is not None and change.fence == fence else None


def postpone(change: PasswordChange, delay: timedelta) -> None:
    """Give the change back for another attempt after `delay` of real time."""
    change.next_attempt_at = func.clock_timestamp() + delay
