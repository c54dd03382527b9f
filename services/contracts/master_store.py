"""Queries about groups and usage limits, and about the lines that have them.

A line gets a group or limit while its row is locked FOR KEY SHARE, as the foreign key does by itself; it is deleted
under FOR UPDATE. So a deletion and an assignment wait for each other, and the later one sees what the earlier has done.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.contracts.choice_store import serving
from services.contracts.limit_terms import Band, Days
from services.contracts.models import Contract, Line
from services.contracts.models_mobile_choice import LimitBand, LineChoice, LineGroup, UsageLimit

M = TypeVar("M", LineGroup, UsageLimit)


@dataclass(frozen=True)
class Kind(Generic[M]):
    """`name` is the subject of its audited actions, `chosen` the column that says which one a line has."""

    name: str
    model: type[M]
    chosen: InstrumentedAttribute[int | None]


GROUPS = Kind("line_group", LineGroup, LineChoice.group_id)
LIMITS = Kind("usage_limit", UsageLimit, LineChoice.limit_id)


def listed(
    session: Session, kind: Kind[M], contract: Contract, today: date, code: str | None = None
) -> list[tuple[M, int]]:
    """Those of the contract, or the one of `code`, each with the number of its lines in service, by code."""
    in_service = and_(Line.id == LineChoice.line_id, serving(today))
    statement = (
        select(kind.model, func.count(Line.id))
        .outerjoin(LineChoice, kind.chosen == kind.model.id)
        .outerjoin(Line, in_service)
        .where(_of(kind, contract))
        .group_by(kind.model.id)
        .order_by(kind.model.code)
    )
    if code is not None:
        statement = statement.where(kind.model.code == code)
    return [(master, lines) for master, lines in session.execute(statement).tuples()]


def codes(session: Session, kind: Kind[M], contract: Contract) -> set[str]:
    return set(session.scalars(select(kind.model.code).where(_of(kind, contract))))


def lock(
    session: Session, kind: Kind[M], contract: Contract, code: str, *, to_delete: bool = False
) -> M | None:
    """The one of this code, locked against others who change or delete it; `to_delete` also against assignments."""
    return session.scalar(
        select(kind.model)
        .where(_of(kind, contract), kind.model.code == code)
        .with_for_update(key_share=not to_delete)
    )


def keep(session: Session, kind: Kind[M], contract: Contract, code: str) -> int | None:
    """The id of the one of this code, which nobody can delete before this transaction has ended."""
    return session.scalar(
        select(kind.model.id)
        .where(_of(kind, contract), kind.model.code == code)
        .with_for_update(read=True, key_share=True)
    )


def count_lines(session: Session, kind: Kind[M], master: M, today: date) -> int:
    """Lines in service that have it."""
    counted = session.scalar(
        select(func.count())
        .select_from(LineChoice)
        .join(Line, Line.id == LineChoice.line_id)
        .where(kind.chosen == master.id, serving(today))
    )
    return counted or 0


def take_away(session: Session, kind: Kind[M], master: M) -> None:
    """Take it from the lines that still have it: terminated ones, which nobody can assign anything to."""
    other = LineChoice.limit_id if kind.chosen is LineChoice.group_id else LineChoice.group_id
    mine = kind.chosen == master.id
    session.execute(delete(LineChoice).where(mine, other.is_(None)))
    session.execute(update(LineChoice).where(mine).values({kind.chosen.key: None}))


def bands_of(session: Session, limits: Iterable[int]) -> dict[int, list[Band]]:
    """The bands of limits by their id, in the order of days and times."""
    found: dict[int, list[Band]] = defaultdict(list)
    rows = session.execute(
        select(LimitBand.limit_id, LimitBand.days, LimitBand.from_minute, LimitBand.to_minute)
        .where(LimitBand.limit_id.in_(list(limits)))
        .order_by(LimitBand.limit_id, LimitBand.days, LimitBand.from_minute)
    )
    for limit_id, days, start, end in rows:
        found[limit_id].append(Band(cast(Days, days), start, end))
    return found


def set_bands(session: Session, limit: UsageLimit, bands: Iterable[Band]) -> None:
    """Replace the bands of a limit that the caller has locked."""
    session.execute(delete(LimitBand).where(LimitBand.limit_id == limit.id))
    rows: list[dict[str, Any]] = [{"limit_id": limit.id, **vars(band)} for band in bands]
    if rows:
        session.execute(insert(LimitBand), rows)


def _of(kind: Kind[M], contract: Contract) -> ColumnElement[bool]:
    return kind.model.contract_id == contract.id
