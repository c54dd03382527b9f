"""Queries about the pairs of a customer: the lines of Mobile Choice 050 in service that have a mobile number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from services.contracts.choice_store import serving
from services.contracts.models import Contract, Line


@dataclass(frozen=True)
class PairSearch:
    """Pairs of which either number begins with `digits`, and of those 050 numbers only if they are named."""

    digits: str = ""
    phone_numbers: Sequence[str] | None = None


def page(
    session: Session, customer: str | None, today: date, search: PairSearch, after: str, limit: int
) -> Sequence[tuple[str, str, str | None]]:
    """(contract code, phone number, mobile number) of the first `limit` pairs above the phone number `after`."""
    statement = (
        select(Contract.code, Line.phone_number, Line.mobile_number)
        .join(Contract, Contract.id == Line.contract_id)
        .where(*_pairs(customer, today, search), Line.phone_number > after)
        .order_by(Line.phone_number)
        .limit(limit)
    )
    return session.execute(statement).tuples().all()


def count(session: Session, customer: str | None, today: date, search: PairSearch) -> int:
    statement = (
        select(func.count())
        .select_from(Line)
        .join(Contract, Contract.id == Line.contract_id)
        .where(*_pairs(customer, today, search))
    )
    return session.scalar(statement) or 0


def _pairs(customer: str | None, today: date, search: PairSearch) -> list[ColumnElement[bool]]:
    conditions = [
        Contract.customer_code == customer,
        Contract.family == "mobile_choice",
        Line.mobile_number.is_not(None),
        serving(today),
    ]
    if search.digits:
        begins = (column.startswith(search.digits) for column in (Line.phone_number, Line.mobile_number))
        conditions.append(or_(*begins))
    if search.phone_numbers is not None:
        conditions.append(Line.phone_number.in_(search.phone_numbers))
    return conditions
