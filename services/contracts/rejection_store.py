"""Queries about rejected callers; sets of rows travel as arrays, one statement for all of them.

Whoever changes the list of a line has the line locked (`choice_store.find_lines`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Row, Select, cast, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from services.contracts.choice_store import serving
from services.contracts.models import Contract, Line, PhoneNumber
from services.contracts.models_mobile_choice import RejectedNumber

Entry = tuple[int, str]
"""The id of a line, and a number that it rejects."""


@dataclass(frozen=True)
class RejectionSearch:
    """The beginnings of the line's number and of the rejected one; one that is blank is not a condition."""

    phone_prefix: str = ""
    number_prefix: str = ""


def count(session: Session, contract: Contract, search: RejectionSearch, today: date) -> int:
    return session.scalar(_hits(select(func.count()), contract, search, today)) or 0


def page(
    session: Session,
    contract: Contract,
    search: RejectionSearch,
    today: date,
    after: Entry,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The first `limit` entries of lines in service after `after` (number within the contract, rejected number)."""
    columns = select(Line.number, Line.phone_number, RejectedNumber.number.label("rejected_number"))
    found = (
        _hits(columns, contract, search, today)
        .where(tuple_(Line.number, RejectedNumber.number) > after)
        .order_by(Line.number, RejectedNumber.number)
        .limit(limit)
    )
    return session.execute(found).all()


def known(session: Session, entries: Sequence[Entry]) -> set[Entry]:
    """Those of the entries that are there."""
    given = _table(entries)
    rows = session.execute(
        select(RejectedNumber.line_id, RejectedNumber.number).join(
            given,
            (RejectedNumber.line_id == given.c.line_id) & (RejectedNumber.number == given.c.number),
        )
    )
    return set(rows.tuples())


def counts(session: Session, lines: Sequence[int]) -> dict[int, int]:
    """How many numbers each of these lines rejects; without those that reject none."""
    rows = session.execute(
        select(RejectedNumber.line_id, func.count())
        .where(RejectedNumber.line_id.in_(lines))
        .group_by(RejectedNumber.line_id)
    )
    return dict(rows.tuples().all())


def add(session: Session, entries: Sequence[Entry]) -> None:
    given = _table(entries)
    session.execute(
        insert(RejectedNumber).from_select(["line_id", "number"], select(given.c.line_id, given.c.number))
    )


def remove(session: Session, entries: Sequence[Entry]) -> None:
    given = _table(entries)
    session.execute(
        delete(RejectedNumber)
        .where(RejectedNumber.line_id == given.c.line_id, RejectedNumber.number == given.c.number)
        .execution_options(synchronize_session=False)
    )


def _hits(
    statement: Select[*tuple[Any, ...]], contract: Contract, search: RejectionSearch, today: date
) -> Select[*tuple[Any, ...]]:
    found = (
        statement.select_from(Line)
        .join(RejectedNumber, RejectedNumber.line_id == Line.id)
        .where(Line.contract_id == contract.id, serving(today))
    )
    if search.phone_prefix:
        found = found.where(Line.phone_number.startswith(search.phone_prefix))
    if search.number_prefix:
        found = found.where(RejectedNumber.number.startswith(search.number_prefix))
    return found


def _table(entries: Sequence[Entry]) -> TableValuedAlias:
    return (
        func.unnest(
            cast([line for line, _ in entries], ARRAY(BigInteger)),
            cast([number for _, number in entries], ARRAY(PhoneNumber)),
        )
        .table_valued("line_id", "number", name="given")
        .render_derived()
    )
