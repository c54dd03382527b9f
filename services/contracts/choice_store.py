"""What has been chosen for the lines of Mobile Choice 050: the mobile number, the group and the usage limit of each.

Whoever changes any of it has the lines locked, in the order of their ids; then two changes of many lines wait for each
other instead of deadlocking. What was read before the lock is not to be relied on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    any_,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from chassis.database import UnitOfWork
from services.contracts.chosen_line import ChosenLine
from services.contracts.events import LineChoiceChanged
from services.contracts.models import Contract, Line, PhoneNumber
from services.contracts.models_mobile_choice import LineChoice, LineGroup, UsageLimit


@dataclass(frozen=True)
class Choice:
    """The group and the limit that a line is to have."""

    line_id: int
    group_id: int | None
    limit_id: int | None


def lock_contract(session: Session, customer: str | None, code: str) -> Contract | None:
    """The customer's contract of Mobile Choice 050, locked against others who ask for this lock."""
    return session.scalar(
        select(Contract)
        .where(Contract.code == code, *_family(customer))
        .with_for_update(of=Contract, key_share=True)
    )


def find_contract(session: Session, customer: str | None, code: str) -> Contract | None:
    """The customer's contract of Mobile Choice 050."""
    return session.scalar(select(Contract).where(Contract.code == code, *_family(customer)))


def find_lines(
    session: Session,
    customer: str | None,
    phone_numbers: Iterable[str],
    *,
    contract_code: str | None = None,
    lock: bool = False,
) -> dict[str, ChosenLine]:
    """The customer's lines of Mobile Choice 050 with these numbers, terminated ones included, by number.

    Only those of one contract if it is named. With `lock` they stay locked, and are read when they are.
    """
    numbers = cast(list(phone_numbers), ARRAY(PhoneNumber))
    conditions = [Line.phone_number == any_(numbers), *_family(customer)]
    if contract_code is not None:
        conditions.append(Contract.code == contract_code)
    if lock:
        # a statement of its own: one that waits for a lock sees the other tables as they were before
        session.execute(
            select(Line.id)
            .join(Contract, Contract.id == Line.contract_id)
            .where(*conditions)
            .order_by(Line.id)
            .with_for_update(of=Line, key_share=True)
        )
    newest_last = _lines().where(*conditions).order_by(Line.start_date, Line.id)
    return {line.phone_number: line for line in _chosen(session, newest_last)}


def page_of_lines(
    session: Session, contract: Contract, today: date, after: int, limit: int
) -> Sequence[ChosenLine]:
    """The first `limit` lines in service whose number within the contract is above `after`, by that number."""
    return _chosen(
        session,
        _lines()
        .where(Line.contract_id == contract.id, serving(today), Line.number > after)
        .order_by(Line.number)
        .limit(limit),
    )


def holders(session: Session, mobile_numbers: Iterable[str], today: date) -> dict[str, str]:
    """The lines in service, of whatever customer, that have these mobile numbers: phone number by mobile number."""
    rows = session.execute(
        select(Line.mobile_number, Line.phone_number).where(
            Line.mobile_number == any_(cast(list(mobile_numbers), ARRAY(PhoneNumber))), serving(today)
        )
    )
    return {str(mobile): phone for mobile, phone in rows}


def set_mobile_numbers(session: Session, wishes: Mapping[int, str | None], today: date) -> None:
    """Give lines that the caller has locked their mobile numbers, by the ids of the lines.

    Lines may swap numbers: all of them are taken before the first one is given. A terminated line loses its number
    to a line that gets it. Raises IntegrityError if another transaction has just given one away.
    """
    given = {line: mobile for line, mobile in wishes.items() if mobile is not None}
    free_mobile_numbers(session, given.values(), today)
    _unset(session, Line.id == any_(cast(list(wishes), ARRAY(BigInteger))))
    if given:
        wish = (
            func.unnest(cast(list(given), ARRAY(BigInteger)), cast(list(given.values()), ARRAY(PhoneNumber)))
            .table_valued("line_id", "mobile_number", name="wish")
            .render_derived()
        )
        session.execute(
            update(Line)
            .where(Line.id == wish.c.line_id)
            .values(mobile_number=wish.c.mobile_number)
            .execution_options(synchronize_session=False)
        )


def free_mobile_numbers(session: Session, mobile_numbers: Iterable[str], today: date) -> None:
    """Take mobile numbers that are about to be given from the terminated lines that still have them."""
    numbers = cast(list(mobile_numbers), ARRAY(PhoneNumber))
    _unset(session, and_(Line.mobile_number == any_(numbers), Line.end_date <= today))


def _unset(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(
        update(Line)
        .where(which, Line.mobile_number.is_not(None))
        .values(mobile_number=None)
        .execution_options(synchronize_session=False)
    )


def set_choices(session: Session, choices: Sequence[Choice]) -> None:
    """Store groups and limits of lines that the caller has locked, whatever they had before."""
    none = [one.line_id for one in choices if one.group_id is None and one.limit_id is None]
    some = [one for one in choices if one.group_id is not None or one.limit_id is not None]
    if none:
        session.execute(
            delete(LineChoice)
            .where(LineChoice.line_id == any_(cast(none, ARRAY(BigInteger))))
            .execution_options(synchronize_session=False)
        )
    if some:
        big = ARRAY(BigInteger)
        wish = (
            func.unnest(
                cast([one.line_id for one in some], big),
                cast([one.group_id for one in some], big),
                cast([one.limit_id for one in some], big),
            )
            .table_valued("line_id", "group_id", "limit_id", name="wish")
            .render_derived()
        )
        statement = insert(LineChoice).from_select(
            ["line_id", "group_id", "limit_id"], select(wish.c.line_id, wish.c.group_id, wish.c.limit_id)
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[LineChoice.line_id],
                set_={"group_id": statement.excluded.group_id, "limit_id": statement.excluded.limit_id},
            )
        )


def tell(uow: UnitOfWork, lines: Iterable[int]) -> None:
    """Publish what the lines with these ids have now; for every line that has been changed."""
    changed = _chosen(
        uow.session, _lines().where(Line.id == any_(cast(list(lines), ARRAY(BigInteger)))).order_by(Line.id)
    )
    uow.emit(
        *(
            LineChoiceChanged(
                line.customer_code,
                line.contract_code,
                line.phone_number,
                line.mobile_number,
                line.group_code,
                line.limit_code,
            )
            for line in changed
        )
    )


def serving(today: date) -> ColumnElement[bool]:
    """A line that is in service."""
    return or_(Line.end_date.is_(None), Line.end_date > literal(today))


def _family(customer: str | None) -> list[ColumnElement[bool]]:
    return [Contract.customer_code == customer, Contract.family == "mobile_choice"]


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Line.id,
            Line.number,
            Line.phone_number,
            Line.end_date,
            Contract.code,
            Contract.customer_code,
            Line.mobile_number,
            LineChoice.group_id,
            LineGroup.code,
            LineChoice.limit_id,
            UsageLimit.code,
        )
        .join(Contract, Contract.id == Line.contract_id)
        .outerjoin(LineChoice, LineChoice.line_id == Line.id)
        .outerjoin(LineGroup, LineGroup.id == LineChoice.group_id)
        .outerjoin(UsageLimit, UsageLimit.id == LineChoice.limit_id)
    )


def _chosen(session: Session, statement: Select[*tuple[Any, ...]]) -> list[ChosenLine]:
    return [ChosenLine(*row) for row in session.execute(statement)]
