"""Queries about the lines in service of a contract by their group and usage limit."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.contracts.choice_searching import NONE, ChoiceSearch
from services.contracts.choice_store import serving
from services.contracts.models import Contract, Line
from services.contracts.models_mobile_choice import LineChoice, LineGroup, UsageLimit


def count(session: Session, contract: Contract, search: ChoiceSearch, today: date) -> int:
    return session.scalar(_hits(select(func.count()), contract, search, today)) or 0


def numbers(session: Session, contract: Contract, search: ChoiceSearch, today: date) -> Sequence[str]:
    """The telephone numbers of all hits."""
    return session.scalars(_hits(select(Line.phone_number), contract, search, today)).all()


def page(
    session: Session, contract: Contract, search: ChoiceSearch, today: date, after: int, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The first `limit` hits whose number within the contract is above `after`, by that number."""
    columns = select(
        Line.number,
        Line.phone_number,
        Line.mobile_number,
        LineGroup.code.label("group_code"),
        LineGroup.name.label("group_name"),
        UsageLimit.code.label("limit_code"),
        UsageLimit.name.label("limit_name"),
    )
    hits = _hits(columns, contract, search, today)
    return session.execute(hits.where(Line.number > after).order_by(Line.number).limit(limit)).all()


def _hits(
    statement: Select[*tuple[Any, ...]], contract: Contract, search: ChoiceSearch, today: date
) -> Select[*tuple[Any, ...]]:
    found = (
        statement.select_from(Line)
        .outerjoin(LineChoice, LineChoice.line_id == Line.id)
        .outerjoin(LineGroup, LineGroup.id == LineChoice.group_id)
        .outerjoin(UsageLimit, UsageLimit.id == LineChoice.limit_id)
        .where(Line.contract_id == contract.id, serving(today))
    )
    if search.phone_prefix:
        found = found.where(Line.phone_number.startswith(search.phone_prefix))
    for code, column in ((search.group, LineGroup.code), (search.usage_limit, UsageLimit.code)):
        if code:
            found = found.where(_has(column, code))
    return found


def _has(column: InstrumentedAttribute[str], code: str) -> ColumnElement[bool]:
    return column.is_(None) if code == NONE else column == code
