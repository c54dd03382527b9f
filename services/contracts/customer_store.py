"""Queries of the staff: customers by code or name, contracts by code, and lines by number, whosever they are."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select
from sqlalchemy.orm import Session

from services.contracts.models import Contract, Customer, Line, Project
from services.contracts.models_mobile_choice import LineChoice, LineGroup, RejectedNumber, UsageLimit
from services.contracts.models_passwords import PasswordChange


def page_of_customers(session: Session, text: str, after: str, limit: int) -> Sequence[tuple[str, str, int]]:
    """Code, name and number of contracts of the first `limit` customers above the code `after`."""
    contracts = (
        select(func.count())
        .where(Contract.customer_code == Customer.code)
        .correlate(Customer)
        .scalar_subquery()
    )
    found = session.execute(
        select(Customer.code, Customer.name, contracts)
        .where(*_customers(text), Customer.code > after)
        .order_by(Customer.code)
        .limit(limit)
    )
    return found.tuples().all()


def count_customers(session: Session, text: str) -> int:
    return session.scalar(select(func.count()).select_from(Customer).where(*_customers(text))) or 0


def projects(session: Session, customer: str) -> Sequence[str]:
    return session.scalars(
        select(Project.name).where(Project.customer_code == customer).order_by(Project.name)
    ).all()


def contracts_by_code(session: Session, text: str, limit: int) -> tuple[int, Sequence[tuple[Contract, str]]]:
    """How many contracts' codes begin with `text`, and the first `limit` of them with their customers' names."""
    hits = _starts(Contract.code, text)
    found = session.execute(
        select(Contract, Customer.name)
        .join(Customer, Customer.code == Contract.customer_code)
        .where(hits)
        .order_by(Contract.code)
        .limit(limit)
    )
    total = session.scalar(select(func.count()).select_from(Contract).where(hits)) or 0
    return total, found.tuples().all()


def lines_by_phone(
    session: Session, prefix: str, limit: int
) -> tuple[int, Sequence[tuple[Line, Contract, str]]]:
    """Like `contracts_by_code`, for lines by the beginning of their number."""
    hits = Line.phone_number.startswith(prefix, autoescape=True)
    found = session.execute(_lines().where(hits).order_by(Line.phone_number, Line.id).limit(limit))
    total = session.scalar(select(func.count()).select_from(Line).where(hits)) or 0
    return total, found.tuples().all()


def find_line(session: Session, phone_number: str) -> tuple[Line, Contract, str] | None:
    """The newest line of the number, with its contract and its customer's name."""
    newest = (
        _lines().where(Line.phone_number == phone_number).order_by(Line.start_date.desc(), Line.id.desc())
    )
    return session.execute(newest.limit(1)).tuples().one_or_none()


def password_changes(session: Session, line: Line, limit: int) -> Sequence[PasswordChange]:
    """The latest first."""
    return session.scalars(
        select(PasswordChange)
        .where(PasswordChange.line_id == line.id)
        .order_by(PasswordChange.version.desc())
        .limit(limit)
    ).all()


def choice(session: Session, line: Line) -> tuple[LineGroup | None, UsageLimit | None]:
    """The line's group and usage limit."""
    row = (
        session.execute(
            select(LineGroup, UsageLimit)
            .select_from(LineChoice)
            .outerjoin(LineGroup, LineGroup.id == LineChoice.group_id)
            .outerjoin(UsageLimit, UsageLimit.id == LineChoice.limit_id)
            .where(LineChoice.line_id == line.id)
        )
        .tuples()
        .one_or_none()
    )
    return row or (None, None)


def count_rejected(session: Session, line: Line) -> int:
    """How many callers the line rejects."""
    return (
        session.scalar(
            select(func.count()).select_from(RejectedNumber).where(RejectedNumber.line_id == line.id)
        )
        or 0
    )


def _lines() -> Select[Line, Contract, str]:
    return (
        select(Line, Contract, Customer.name)
        .join(Contract, Contract.id == Line.contract_id)
        .join(Customer, Customer.code == Contract.customer_code)
    )


def _customers(text: str) -> list[ColumnElement[bool]]:
    # Some ten thousand rows: they are read through in milliseconds, and a name is found by any part of it.
    if not text:
        return []
    name = func.lower(func.normalize(Customer.name, literal_column("NFKC")))
    return [or_(_starts(Customer.code, text), name.contains(text, autoescape=True))]


def _starts(column: Any, text: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.lower(column).startswith(text, autoescape=True)
    return found
