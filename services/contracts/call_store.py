"""Call records: the partitions of their months, what an import stores, and what the call details ask for.

A month (in Japan) is a partition `call_months.calls_YYYY_MM`. The import makes those that it needs, a job those to come
in time, and the same job drops the old ones, so the role of the service must own the table. Import and job hold one
lock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.contracts.call_rows import CallRow
from services.contracts.calling import CallSearch, begin, month_after
from services.contracts.models import Contract, Line
from services.contracts.models_calls import CallRecord, CallTotal, DetailsApplication

Record = Row[*tuple[Any, ...]]

_SCHEMA = "call_months"
_STORED_AT_ONCE = 10_000  # keeps a statement far from its time-out on a busy machine

_INSERT = text(
    "WITH stored AS ("
    " INSERT INTO call_records (record_id, started_at, contract_id, line_id, destination, call_type,"
    "  duration_seconds, charge_yen)"
    " SELECT * FROM unnest(CAST(:record_ids AS text[]), CAST(:started AS timestamptz[]),"
    "  CAST(:contract_ids AS bigint[]), CAST(:line_ids AS bigint[]), CAST(:destinations AS text[]),"
    "  CAST(:call_types AS text[]), CAST(:seconds AS integer[]), CAST(:charges AS integer[]))"
    " RETURNING contract_id, line_id, started_at, duration_seconds, charge_yen)"
    " INSERT INTO call_totals AS known (contract_id, month, line_id, calls, duration_seconds, charge_yen)"
    " SELECT contract_id, CAST(date_trunc('month', started_at AT TIME ZONE 'Asia/Tokyo') AS date), line_id,"
    "  count(*), sum(duration_seconds), sum(charge_yen) FROM stored GROUP BY 1, 2, 3"
    " ON CONFLICT (contract_id, month, line_id) DO UPDATE SET calls = known.calls + excluded.calls,"
    "  duration_seconds = known.duration_seconds + excluded.duration_seconds,"
    "  charge_yen = known.charge_yen + excluded.charge_yen"
)


@dataclass(frozen=True)
class Totals:
    calls: int
    duration_seconds: int
    charge_yen: int


# -- months


def add_month(session: Session, month: date) -> None:
    """Make the partition of a month unless it is there.

    It is attached rather than created in place: that does not make readers wait.
    """
    name = f"{_SCHEMA}.calls_{month:%Y_%m}"
    if session.scalar(select(func.to_regclass(name))) is not None:
        return
    first, end = begin(month).isoformat(), begin(month_after(month)).isoformat()
    session.execute(text(f"CREATE TABLE {name} (LIKE call_records INCLUDING CONSTRAINTS)"))
    session.execute(
        text(f"ALTER TABLE call_records ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}')")
    )


def drop_months(session: Session, before: date) -> list[str]:
    """Drop all partitions of months before this one, and their totals; their names."""
    names = session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema AND tablename < :name ORDER BY 1"),
        {"schema": _SCHEMA, "name": f"calls_{before:%Y_%m}"},
    ).all()
    for name in names:
        session.execute(text(f"DROP TABLE {_SCHEMA}.{name}"))
    session.execute(delete(CallTotal).where(CallTotal.month < before))
    return list(names)


# -- imports


def stored_calls(session: Session, record_ids: Collection[str]) -> dict[str, Any]:
    """The records with these ids that are stored, each with attributes named like the columns of the file."""
    columns = (getattr(CallRecord, name) for name in CallRow.DESCRIPTIVE if name != "phone_number")
    found = session.execute(
        select(CallRecord.record_id, Line.phone_number, *columns)
        .join(Line, Line.id == CallRecord.line_id)
        .where(CallRecord.record_id == func.any(sorted(record_ids)))
    )
    return {record.record_id: record for record in found}


def lines_of(session: Session, phone_numbers: Collection[str]) -> dict[str, list[Record]]:
    """Every line that has, or has had, one of these numbers."""
    found: dict[str, list[Record]] = {}
    for line in session.execute(
        select(Line.id, Line.contract_id, Line.phone_number, Line.start_date, Line.end_date).where(
            Line.phone_number == func.any(sorted(phone_numbers))
        )
    ):
        found.setdefault(line.phone_number, []).append(line)
    return found


def store_calls(session: Session, calls: Sequence[tuple[CallRow, Record]]) -> None:
    """Store new records, each with its line, and add them to the totals, a part in one statement."""
    for begun in range(0, len(calls), _STORED_AT_ONCE):
        _store(session, calls[begun : begun + _STORED_AT_ONCE])


def _store(session: Session, calls: Sequence[tuple[CallRow, Record]]) -> None:
    values: dict[str, list[Any]] = {
        "record_ids": [row.record_id for row, _ in calls],
        "started": [row.started_at for row, _ in calls],
        "contract_ids": [line.contract_id for _, line in calls],
        "line_ids": [line.id for _, line in calls],
        "destinations": [row.destination for row, _ in calls],
        "call_types": [row.call_type for row, _ in calls],
        "seconds": [row.duration_seconds for row, _ in calls],
        "charges": [row.charge_yen for row, _ in calls],
    }
    session.execute(_INSERT, values)


# -- call details


def open_application(session: Session, contract: Contract) -> DetailsApplication | None:
    return session.scalar(
        select(DetailsApplication).where(
            DetailsApplication.contract_id == contract.id, DetailsApplication.cancelled_at.is_(None)
        )
    )


def apply_for_details(session: Session, contract: Contract, now: datetime) -> bool:
    """False if there is an application already."""
    added = session.execute(
        insert(DetailsApplication)
        .values(contract_id=contract.id, applied_at=now)
        .on_conflict_do_nothing()
        .returning(DetailsApplication.id)
    )
    return added.first() is not None


def cancel_application(session: Session, contract: Contract, now: datetime) -> bool:
    """False if there is none."""
    ended = session.execute(
        update(DetailsApplication)
        .where(DetailsApplication.contract_id == contract.id, DetailsApplication.cancelled_at.is_(None))
        .values(cancelled_at=now)
        .returning(DetailsApplication.id)
    )
    return ended.first() is not None


def sum_of_calls(
    session: Session, contract: Contract, search: CallSearch, start: datetime, end: datetime | None
) -> Totals:
    """Of all hits."""
    sums = select(
        func.count(),
        func.coalesce(func.sum(CallRecord.duration_seconds), 0),
        func.coalesce(func.sum(CallRecord.charge_yen), 0),
    )
    return Totals(*session.execute(sums.where(*_hits(contract, search, start, end))).one())


def page_of_calls(
    session: Session,
    contract: Contract,
    search: CallSearch,
    start: datetime,
    end: datetime | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Record]:
    """The first `limit` hits older than the one at `after`, latest first."""
    found: Select[*tuple[Any, ...]] = select(
        CallRecord.record_id,
        Line.phone_number,
        CallRecord.started_at,
        CallRecord.destination,
        CallRecord.call_type,
        CallRecord.duration_seconds,
        CallRecord.charge_yen,
    ).join(Line, Line.id == CallRecord.line_id)
    if after is not None:
        found = found.where(tuple_(CallRecord.started_at, CallRecord.record_id) < tuple_(*after))
    return session.execute(
        found.where(*_hits(contract, search, start, end))
        .order_by(CallRecord.started_at.desc(), CallRecord.record_id.desc())
        .limit(limit)
    ).all()


def _hits(
    contract: Contract, search: CallSearch, start: datetime, end: datetime | None
) -> Iterable[ColumnElement[bool]]:
    yield CallRecord.contract_id == contract.id
    yield CallRecord.started_at >= start
    if end is not None:
        yield CallRecord.started_at < end
    if search.destination_prefix:
        yield CallRecord.destination.startswith(search.destination_prefix)
    if search.phone_prefix:
        of_number = (
            select(Line.id)
            .where(Line.contract_id == contract.id, Line.phone_number.startswith(search.phone_prefix))
            .scalar_subquery()
        )
        yield CallRecord.line_id.in_(of_number)
