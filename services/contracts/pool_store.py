"""Queries about the pool of numbers.

Whoever gives out a number, or has a line end, holds the number's row: it is what two transactions meet at. It is locked
before the lines of the number, always in that order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import BigInteger, ColumnElement, and_, any_, cast, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.contracts.application_rules import NumberState, PoolFamily
from services.contracts.models import Contract, Customer, Line, PhoneNumber
from services.contracts.models_applications import PoolNumber

PoolRow = tuple[PoolNumber, str | None, str | None, str | None]
"""A number; code and customer of the contract, and the customer's name, of its newest line."""

_SETTLE = text(
    "UPDATE pool_numbers SET line_id = latest.id, ended_on = latest.end_date"
    " FROM (SELECT DISTINCT ON (phone_number) phone_number, id, end_date FROM lines"
    "  WHERE phone_number = ANY(CAST(:numbers AS varchar[])) ORDER BY phone_number, start_date DESC, id DESC) latest"
    " WHERE pool_numbers.phone_number = latest.phone_number"
)
_KEEP_ENDED = text(
    "INSERT INTO pool_numbers (phone_number, family)"
    " SELECT DISTINCT lines.phone_number, contracts.family FROM lines JOIN contracts ON contracts.id = contract_id"
    " WHERE lines.id = ANY(CAST(:lines AS bigint[])) AND contracts.family IN ('ip_phone', 'mobile_choice')"
    " AND lines.phone_number ~ '^050[0-9]{8}$' ON CONFLICT DO NOTHING"
)


def lock(session: Session, numbers: Iterable[str]) -> None:
    """Hold these numbers, as far as the pool has them."""
    session.execute(
        select(PoolNumber.phone_number)
        .where(_any(numbers))
        .order_by(PoolNumber.phone_number)
        .with_for_update()
    )


def take_lowest(
    session: Session, family: PoolFamily, count: int, today: date, quarantine: timedelta
) -> list[str]:
    """At most `count` free numbers of the family, the lowest first, held until the end of the transaction.

    Numbers that another transaction holds are passed over.
    """
    found = session.scalars(
        select(PoolNumber.phone_number)
        .where(PoolNumber.family == family, is_free(today, quarantine))
        .order_by(PoolNumber.phone_number)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    return list(found)


def take(
    session: Session, family: PoolFamily, numbers: Iterable[str], today: date, quarantine: timedelta
) -> set[str]:
    """Which of these are free numbers of the family; they are held until the end of the transaction."""
    found = session.scalars(
        select(PoolNumber.phone_number)
        .where(_any(numbers), PoolNumber.family == family, is_free(today, quarantine))
        .order_by(PoolNumber.phone_number)
        .with_for_update(skip_locked=True)
    )
    return set(found)


def give(session: Session, lines: Mapping[str, int]) -> None:
    """Note the new lines, by the numbers that they were given."""
    given = (
        func.unnest(
            cast(list(lines), ARRAY(PhoneNumber)),
            cast(list(lines.values()), ARRAY(BigInteger)),
        )
        .table_valued("phone_number", "line_id", name="given")
        .render_derived()
    )
    session.execute(
        update(PoolNumber)
        .where(PoolNumber.phone_number == given.c.phone_number)
        .values(line_id=given.c.line_id, ended_on=None)
        .execution_options(synchronize_session=False)
    )


def settle(session: Session, numbers: Iterable[str]) -> None:
    """Bring numbers of the pool in line with the newest line that each has, or has had."""
    session.execute(_SETTLE, {"numbers": list(numbers)})


def keep_ended(session: Session, line_ids: Iterable[int], numbers: Iterable[str]) -> None:
    """Have the pool keep the numbers of lines that have ended, also those that it did not give out."""
    session.execute(_KEEP_ENDED, {"lines": list(line_ids)})
    settle(session, numbers)


def count_free(session: Session, family: PoolFamily, today: date, quarantine: timedelta) -> int:
    free = is_free(today, quarantine)
    return session.scalar(select(func.count()).where(PoolNumber.family == family, free)) or 0


def counts(
    session: Session, prefix: str, today: date, quarantine: timedelta
) -> dict[PoolFamily, dict[NumberState, int]]:
    """How many numbers begin with `prefix`, by family and state."""
    states: tuple[NumberState, ...] = ("free", "in_use", "quarantined")
    columns = [func.count().filter(in_state(state, today, quarantine)) for state in states]
    rows = session.execute(
        select(PoolNumber.family, *columns)
        .where(PoolNumber.phone_number.startswith(prefix))
        .group_by(PoolNumber.family)
    )
    return {row[0]: dict(zip(states, row[1:], strict=True)) for row in rows}


def page(
    session: Session, conditions: Sequence[ColumnElement[bool]], after: str, limit: int
) -> Sequence[PoolRow]:
    """The first `limit` numbers above `after` that meet all conditions."""
    rows = session.execute(
        select(PoolNumber, Contract.code, Contract.customer_code, Customer.name)
        .outerjoin(Line, Line.id == PoolNumber.line_id)
        .outerjoin(Contract, Contract.id == Line.contract_id)
        .outerjoin(Customer, Customer.code == Contract.customer_code)
        .where(*conditions, PoolNumber.phone_number > after)
        .order_by(PoolNumber.phone_number)
        .limit(limit)
    )
    return rows.tuples().all()


def find(session: Session, phone_number: str) -> PoolNumber | None:
    """The number, held until the end of the transaction."""
    return session.scalar(select(PoolNumber).where(PoolNumber.phone_number == phone_number).with_for_update())


def remove(session: Session, phone_number: str) -> None:
    session.execute(delete(PoolNumber).where(PoolNumber.phone_number == phone_number))


def is_free(today: date, quarantine: timedelta) -> ColumnElement[bool]:
    return or_(PoolNumber.line_id.is_(None), PoolNumber.ended_on <= today - quarantine)


def in_state(state: NumberState, today: date, quarantine: timedelta) -> ColumnElement[bool]:
    match state:
        case "free":
            return is_free(today, quarantine)
        case "in_use":
            return and_(
                PoolNumber.line_id.is_not(None),
                or_(PoolNumber.ended_on.is_(None), PoolNumber.ended_on > today),
            )
        case "quarantined":
            return and_(PoolNumber.ended_on <= today, PoolNumber.ended_on > today - quarantine)


def _any(numbers: Iterable[str]) -> ColumnElement[bool]:
    return PoolNumber.phone_number == any_(cast(list(numbers), ARRAY(PhoneNumber)))
