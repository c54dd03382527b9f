"""Totals of calls by line and month (ご利用状況照会).

They are kept and not computed: the page of a contract with 1,000 lines and 42,000 calls a month takes the same few
milliseconds as that of a contract without calls.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from services.contracts.call_store import Record, Totals
from services.contracts.calling import UsageSort, month_after
from services.contracts.models import Contract, Line
from services.contracts.models_calls import CallTotal

Lines = Select[*tuple[Any, ...]]
Place = tuple[Any, int]
"""What a line is sorted by, and its number within the contract."""


def _kept(column: Any) -> ColumnElement[int]:
    return func.coalesce(column, 0)


_SORTED_BY: dict[str, ColumnElement[Any]] = {
    "number": Line.number.expression,
    "phone_number": Line.phone_number.expression,
    "calls": _kept(CallTotal.calls),
    "duration": _kept(CallTotal.duration_seconds),
    "charge": _kept(CallTotal.charge_yen),
}
_GREATEST_FIRST = {"calls", "duration", "charge"}


def count_and_sum(
    session: Session, contract: Contract, month: date, phone_prefix: str | None
) -> tuple[int, Totals]:
    """How many lines are hits, and the sum of all of them."""
    row = session.execute(
        _lines_of_month(
            contract,
            month,
            phone_prefix,
            func.count(),
            _kept(func.sum(CallTotal.calls)),
            _kept(func.sum(CallTotal.duration_seconds)),
            _kept(func.sum(CallTotal.charge_yen)),
        )
    ).one()
    return row[0], Totals(*map(int, row[1:]))


def page_of_usage(
    session: Session,
    contract: Contract,
    month: date,
    phone_prefix: str | None,
    sort: UsageSort,
    after: Place | None,
    limit: int,
) -> Sequence[Record]:
    """The first `limit` hits behind `after`; counts are sorted the greatest first, equal ones by number."""
    key = _SORTED_BY[sort]
    found = _lines_of_month(
        contract,
        month,
        phone_prefix,
        Line.number,
        Line.phone_number,
        _kept(CallTotal.calls).label("calls"),
        _kept(CallTotal.duration_seconds).label("duration_seconds"),
        _kept(CallTotal.charge_yen).label("charge_yen"),
        key.label("sorted_by"),
    )
    down = sort in _GREATEST_FIRST
    if after is not None:
        value, number = after
        found = found.where(
            or_(key < value if down else key > value, and_(key == value, Line.number > number))
        )
    return session.execute(found.order_by(key.desc() if down else key, Line.number).limit(limit)).all()


def sums_by_month(
    session: Session, contract: Contract, first: date, phone_number: str | None
) -> dict[date, Totals]:
    """The totals of the months from `first` on that have any, of the contract or of one of its numbers."""
    sums = select(
        CallTotal.month,
        func.sum(CallTotal.calls),
        func.sum(CallTotal.duration_seconds),
        func.sum(CallTotal.charge_yen),
    ).where(CallTotal.contract_id == contract.id, CallTotal.month >= first)
    if phone_number is not None:
        sums = sums.where(CallTotal.line_id.in_(_of_number(contract, phone_number)))
    rows = session.execute(sums.group_by(CallTotal.month)).tuples()
    return {month: Totals(int(calls), int(seconds), int(yen)) for month, calls, seconds, yen in rows}


def first_start(session: Session, contract: Contract, phone_number: str | None) -> date | None:
    """When the first line of the contract, or of one of its numbers, began; None if there is no such line."""
    found = select(func.min(Line.start_date)).where(Line.contract_id == contract.id)
    if phone_number is not None:
        found = found.where(Line.phone_number == phone_number)
    return session.scalar(found)


def _of_number(contract: Contract, phone_number: str) -> Any:
    return select(Line.id).where(Line.contract_id == contract.id, Line.phone_number == phone_number)


def _lines_of_month(contract: Contract, month: date, phone_prefix: str | None, *columns: Any) -> Lines:
    """Lines that were in service at any time of the month, or have calls in it."""
    found: Lines = (
        select(*columns)
        .select_from(Line)
        .outerjoin(
            CallTotal,
            and_(
                CallTotal.contract_id == Line.contract_id,
                CallTotal.month == month,
                CallTotal.line_id == Line.id,
            ),
        )
        .where(
            Line.contract_id == contract.id,
            or_(
                CallTotal.line_id.is_not(None),
                and_(
                    Line.start_date < month_after(month),
                    or_(Line.end_date.is_(None), Line.end_date >= month),
                ),
            ),
        )
    )
    if phone_prefix:
        found = found.where(Line.phone_number.startswith(phone_prefix))
    return found
