"""Queries about terminations of lines."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, any_, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.contracts.models import Contract, Customer, Line, PhoneNumber
from services.contracts.models_applications import Termination
from services.contracts.models_mobile_choice import LineChoice, RejectedNumber
from services.contracts.models_passwords import PasswordChange
from services.contracts.termination_rules import TerminationState

Found = tuple[Termination, Line, Contract, str]
"""A termination, its line and contract, and the name of the customer."""


def newest_lines(session: Session, numbers: Iterable[str], *, lock: bool = False) -> dict[str, Line]:
    """The newest line of each number, whoever has it; with `lock` they are held."""
    newest = (
        select(Line.id)
        .distinct(Line.phone_number)
        .where(Line.phone_number == any_(cast(list(numbers), ARRAY(PhoneNumber))))
        .order_by(Line.phone_number, Line.start_date.desc(), Line.id.desc())
    )
    statement = select(Line).where(Line.id.in_(newest)).order_by(Line.id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return {line.phone_number: line for line in session.scalars(statement)}


def lock_lines(session: Session, ids: Iterable[int]) -> dict[int, Line]:
    """These lines as they are once they are held, in the order of their ids."""
    lines = session.scalars(
        select(Line)
        .where(Line.id == any_(cast(list(ids), ARRAY(BigInteger))))
        .order_by(Line.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {line.id: line for line in lines}


def open_of(session: Session, line_ids: Iterable[int]) -> dict[int, Termination]:
    """Terminations that are registered, by the ids of their lines."""
    found = session.scalars(
        select(Termination).where(
            Termination.line_id == any_(cast(list(line_ids), ARRAY(BigInteger))),
            Termination.state == "registered",
        )
    )
    return {termination.line_id: termination for termination in found}


def completed(session: Session, line_ids: Iterable[int]) -> set[int]:
    """Which of these lines were ended by a termination."""
    found = session.scalars(
        select(Termination.line_id).where(
            Termination.line_id == any_(cast(list(line_ids), ARRAY(BigInteger))),
            Termination.state == "completed",
        )
    )
    return set(found)


def lock(session: Session, ids: Iterable[int]) -> list[Termination]:
    """These terminations, held until the end of the transaction."""
    return list(
        session.scalars(
            select(Termination)
            .where(Termination.id == any_(cast(list(ids), ARRAY(BigInteger))))
            .order_by(Termination.id)
            .with_for_update()
        )
    )


def numbers_of(session: Session, line_ids: Iterable[int]) -> Sequence[str]:
    return session.scalars(
        select(Line.phone_number).where(Line.id == any_(cast(list(line_ids), ARRAY(BigInteger))))
    ).all()


def search(
    state: TerminationState | None, customer_code: str | None, phone_prefix: str | None, ids: Sequence[int]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if state is not None:
        conditions.append(Termination.state == state)
    if customer_code:
        conditions.append(Contract.customer_code == customer_code)
    if phone_prefix:
        conditions.append(Line.phone_number.startswith(phone_prefix, autoescape=True))
    if ids:
        conditions.append(Termination.id == any_(cast(list(ids), ARRAY(BigInteger))))
    return conditions


def count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    found = (
        select(func.count())
        .select_from(Termination)
        .join(Line, Line.id == Termination.line_id)
        .join(Contract, Contract.id == Line.contract_id)
    )
    return session.scalar(found.where(*conditions)) or 0


def page(
    session: Session, conditions: Sequence[ColumnElement[bool]], before: int, limit: int
) -> Sequence[Found]:
    """The first `limit` hits whose id is below `before`, newest first."""
    rows = session.execute(
        select(Termination, Line, Contract, Customer.name)
        .join(Line, Line.id == Termination.line_id)
        .join(Contract, Contract.id == Line.contract_id)
        .join(Customer, Customer.code == Contract.customer_code)
        .where(*conditions, Termination.id < before)
        .order_by(Termination.id.desc())
        .limit(limit)
    )
    return rows.tuples().all()


def end_lines(session: Session, line_ids: Sequence[int], end_date: date, now: datetime) -> list[int]:
    """End lines that the caller holds, and release what was chosen for them; nothing is sent to the switch any more.

    The lines that had a mobile number, a group or a limit.
    """
    lines = cast(list(line_ids), ARRAY(BigInteger))
    quietly = {"synchronize_session": False}
    released = session.scalars(
        select(Line.id)
        .outerjoin(LineChoice)
        .where(Line.id == any_(lines), or_(Line.mobile_number.is_not(None), LineChoice.line_id.is_not(None)))
    ).all()
    session.execute(
        update(Line)
        .where(Line.id == any_(lines))
        .values(end_date=end_date, mobile_number=None)
        .execution_options(**quietly)
    )
    for table in (LineChoice, RejectedNumber):
        session.execute(delete(table).where(table.line_id == any_(lines)).execution_options(**quietly))
    session.execute(
        update(PasswordChange)
        .where(PasswordChange.line_id == any_(lines), PasswordChange.state.in_(("pending", "failed")))
        .values(state="superseded", new_password=None, ended_at=now)
        .execution_options(**quietly)
    )
    return list(released)
