"""Usage: single records in partitions of months, and their sums by SIM, month and day.

A month (in Japan) of records is a partition `record_months.usage_YYYY_MM`. The import makes those that it needs, a job
those to come in time, and the same job drops the old ones, so the role of the service must own the table. Import and
job hold one lock. The sums are added to by the statement that stores the records, and stay when these are dropped.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chassis.clock import in_japan
from services.sim import store
from services.sim.accounting import next_month
from services.sim.consumption import Record
from services.sim.models_usage import UsageMonth, UsageRecord

DAYS = 31
"""Of each row of sums, whatever the length of the month."""

_SCHEMA = "record_months"
_STORED_AT_ONCE = 10_000  # keeps a statement far from its time-out on a busy machine

_INSERT = text(
    "WITH stored AS ("
    " INSERT INTO usage_records (record_id, used_on, sim_serial, used_at, bytes)"
    " SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:days AS date[]), CAST(:serials AS text[]),"
    "  CAST(:instants AS timestamptz[]), CAST(:amounts AS bigint[]))"
    " RETURNING sim_serial, used_on, bytes),"
    " sums AS (SELECT sim_serial, CAST(date_trunc('month', used_on) AS date) AS month,"
    "  CAST(extract(day FROM used_on) AS int) AS day, CAST(sum(bytes) AS bigint) AS bytes"
    "  FROM stored GROUP BY 1, 2, 3),"
    " listed AS (SELECT sim_serial, month, array_agg(day) AS days, array_agg(bytes) AS parts,"
    "  CAST(sum(bytes) AS bigint) AS bytes FROM sums GROUP BY 1, 2)"
    " INSERT INTO usage_months AS known (sim_serial, month, days, bytes)"
    " SELECT sim_serial, month,"
    "  ARRAY(SELECT coalesce(listed.parts[array_position(listed.days, n)], 0) FROM generate_series(1, 31) AS n),"
    "  bytes FROM listed ORDER BY sim_serial, month"
    " ON CONFLICT (sim_serial, month) DO UPDATE SET bytes = known.bytes + excluded.bytes,"
    "  days = ARRAY(SELECT before + added FROM unnest(known.days, excluded.days) AS day (before, added))"
)
_RECORDS = text(
    "SELECT wanted.place, r.used_at, r.sim_serial, r.bytes"
    " FROM unnest(CAST(:days AS date[]), CAST(:serials AS text[]), CAST(:places AS int[]))"
    "  AS wanted (day, serial, place)"
    " JOIN usage_records r ON r.used_on = wanted.day AND r.sim_serial = wanted.serial"
)
_SUCCESSORS = text(
    "WITH RECURSIVE line (first, serial) AS ("
    "  SELECT serial, replaced_by FROM sims WHERE serial = ANY(:serials) AND replaced_by IS NOT NULL"
    "  UNION ALL"
    "  SELECT line.first, sims.replaced_by FROM line JOIN sims ON sims.serial = line.serial"
    "  WHERE sims.replaced_by IS NOT NULL"
    " ) SELECT line.first, line.serial FROM line JOIN sims ON sims.serial = line.serial WHERE sims.replaced_by IS NULL"
)
_MOVE_SUMS = text(
    "WITH moved AS (DELETE FROM usage_months WHERE sim_serial = ANY(:old) RETURNING *),"
    " given AS (SELECT * FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS pair (old, new))"
    " INSERT INTO usage_months AS known (sim_serial, month, days, bytes)"
    " SELECT given.new, moved.month, moved.days, moved.bytes FROM moved JOIN given ON given.old = moved.sim_serial"
    " ON CONFLICT (sim_serial, month) DO UPDATE SET bytes = known.bytes + excluded.bytes,"
    "  days = ARRAY(SELECT before + added FROM unnest(known.days, excluded.days) AS day (before, added))"
)
_MOVE_RECORDS = text(
    "UPDATE usage_records SET sim_serial = given.new"
    " FROM unnest(CAST(:days AS date[]), CAST(:old AS text[]), CAST(:new AS text[])) AS given (day, old, new)"
    " WHERE usage_records.used_on = given.day AND usage_records.sim_serial = given.old"
)


_OF_GROUP = (
    " FROM share_groups g JOIN share_members m ON m.group_id = g.id"
    " JOIN sims s ON s.customer_code = g.customer_code AND s.msisdn = m.msisdn"
)
_WHILE_MEMBER = (
    " JOIN usage_months u ON u.sim_serial = s.serial AND u.month >= m.from_month"
    "  AND (m.until_month IS NULL OR u.month < m.until_month)"
)
_GROUP_MONTHS = text(
    f"SELECT u.month, sum(u.bytes) AS bytes {_OF_GROUP} {_WHILE_MEMBER} AND u.month >= :since"
    " WHERE g.id = :group GROUP BY u.month"
)
_GROUP_DAYS = text(
    f"SELECT u.month, part.day, sum(part.bytes) AS bytes {_OF_GROUP} {_WHILE_MEMBER} AND u.month = ANY(:months)"
    " CROSS JOIN LATERAL unnest(u.days) WITH ORDINALITY AS part (bytes, day)"
    " WHERE g.id = :group GROUP BY u.month, part.day"
)
_GROUP_REACH = text(
    f"SELECT max(s.usage_until) {_OF_GROUP} WHERE g.id = :group"
    " AND m.from_month <= :month AND (m.until_month IS NULL OR m.until_month > :month)"
)
_PAGE_OF_DAYS = text(
    "SELECT s.serial, s.msisdn, u.days FROM sims s JOIN usage_months u ON u.sim_serial = s.serial AND u.month = :month"
    " WHERE s.customer_code = :customer AND s.serial > :after"
    " AND (CAST(:serial AS text) IS NULL OR s.serial = :serial)"
    " AND (CAST(:group AS bigint) IS NULL OR EXISTS (SELECT FROM share_members m WHERE m.group_id = :group"
    "  AND m.msisdn = s.msisdn AND m.from_month <= u.month AND (m.until_month IS NULL OR m.until_month > u.month)))"
    " ORDER BY s.serial LIMIT :limit"
)


@dataclass(frozen=True)
class NewRecord:
    record_id: str
    sim_serial: str
    used_at: datetime
    bytes: int

    @property
    def used_on(self) -> date:
        return in_japan(self.used_at).date()


# -- months of records


def add_month(session: Session, month: date) -> None:
    """Make the partition of a month unless it is there.

    It is attached rather than created in place: that does not make readers wait.
    """
    name = f"{_SCHEMA}.usage_{month:%Y_%m}"
    if session.scalar(select(func.to_regclass(name))) is not None:
        return
    end = next_month(month)
    session.execute(text(f"CREATE TABLE {name} (LIKE usage_records INCLUDING CONSTRAINTS)"))
    session.execute(
        text(f"ALTER TABLE usage_records ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{end}')")
    )


def drop_months(session: Session, before: date) -> list[str]:
    """Drop all partitions of months before this one; their names. Their sums stay."""
    names = session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema AND tablename < :name ORDER BY 1"),
        {"schema": _SCHEMA, "name": f"usage_{before:%Y_%m}"},
    ).all()
    for name in names:
        session.execute(text(f"DROP TABLE {_SCHEMA}.{name}"))
    return list(names)


# -- records


def successors(session: Session, serials: Collection[str]) -> dict[str, str]:
    """The SIM that is in the place of each of these now, where that is another one."""
    found = session.execute(_SUCCESSORS, {"serials": list(serials)})
    return {before: now for before, now in found}


def stored_records(session: Session, record_ids: Collection[str]) -> dict[str, tuple[str, datetime, int]]:
    """(SIM, instant, bytes) of the records with these ids, in whatever month they are."""
    columns = (UsageRecord.record_id, UsageRecord.sim_serial, UsageRecord.used_at, UsageRecord.bytes)
    found = session.execute(select(*columns).where(store.is_any(UsageRecord.record_id, sorted(record_ids))))
    return {record_id: (serial, used_at, amount) for record_id, serial, used_at, amount in found}


def add_records(session: Session, records: Sequence[NewRecord]) -> None:
    """Store new records and add them to the sums, a part in one statement. The caller holds the locks of the SIMs."""
    ordered = sorted(records, key=lambda each: (each.sim_serial, each.used_at))
    for begun in range(0, len(ordered), _STORED_AT_ONCE):
        part = ordered[begun : begun + _STORED_AT_ONCE]
        values: dict[str, list[Any]] = {
            "ids": [each.record_id for each in part],
            "days": [each.used_on for each in part],
            "serials": [each.sim_serial for each in part],
            "instants": [each.used_at for each in part],
            "amounts": [each.bytes for each in part],
        }
        session.execute(_INSERT, values)


def records_of(session: Session, days: Iterable[tuple[date, str]]) -> dict[tuple[date, str], list[Record]]:
    """All records of each (day, SIM)."""
    wanted = sorted(set(days))
    found: dict[tuple[date, str], list[Record]] = defaultdict(list)
    values = {
        "days": [day for day, _ in wanted],
        "serials": [serial for _, serial in wanted],
        "places": list(range(len(wanted))),
    }
    for row in session.execute(_RECORDS, values):
        found[wanted[row.place]].append((row.used_at, row.sim_serial, row.bytes))
    return found


def move(session: Session, successors: Mapping[str, str]) -> None:
    """Give the usage of SIMs to those that replace them; both are locked."""
    months = session.execute(
        select(UsageMonth.sim_serial, UsageMonth.month).where(store.is_any(UsageMonth.sim_serial, successors))
    )
    days = [
        (month + timedelta(days=day), serial)
        for serial, month in months
        for day in range((next_month(month) - month).days)
    ]
    values = {
        "days": [day for day, _ in days],
        "old": [serial for _, serial in days],
        "new": [successors[serial] for _, serial in days],
    }
    session.execute(_MOVE_RECORDS, values)
    session.execute(_MOVE_SUMS, {"old": list(successors), "new": list(successors.values())})


# -- sums


def sums_of_days(session: Session, serials: Collection[str], month: date) -> dict[str, list[int]]:
    """The bytes of each day of the month by SIM; SIMs without usage are left out."""
    found = session.execute(
        select(UsageMonth.sim_serial, UsageMonth.days).where(
            store.is_any(UsageMonth.sim_serial, serials), UsageMonth.month == month
        )
    )
    return {serial: days for serial, days in found}


@dataclass(frozen=True)
class MonthSums:
    """What was used in a month: on each of its days, and in all."""

    days: Sequence[int]
    bytes: int


def months_of_sim(session: Session, serial: str, since: date) -> dict[date, MonthSums]:
    """By month, from the month of `since` on; months without usage are left out."""
    found = session.execute(
        select(UsageMonth.month, UsageMonth.days, UsageMonth.bytes).where(
            UsageMonth.sim_serial == serial, UsageMonth.month >= since
        )
    )
    return {month: MonthSums(days, total) for month, days, total in found}


def months_of_group(session: Session, group_id: int, since: date) -> dict[date, int]:
    """The bytes of all members, each in the months of its membership, by month."""
    rows = session.execute(_GROUP_MONTHS, {"group": group_id, "since": since})
    return {row.month: int(row.bytes) for row in rows}


def days_of_group(session: Session, group_id: int, months: Collection[date]) -> dict[date, int]:
    """The bytes of all members by day, in the months that are asked for."""
    rows = session.execute(_GROUP_DAYS, {"group": group_id, "months": list(months)})
    return {row.month + timedelta(days=row.day - 1): int(row.bytes) for row in rows if row.bytes}


def reach_of_group(session: Session, group_id: int, month: date) -> datetime | None:
    """How far the records of the month's members reach."""
    reach: datetime | None = session.scalar(_GROUP_REACH, {"group": group_id, "month": month})
    return reach


def page_of_days(
    session: Session,
    customer: str | None,
    month: date,
    *,
    sim_serial: str | None,
    group_id: int | None,
    after: str,
    limit: int,
) -> list[Any]:
    """(serial, msisdn, days) of the next SIMs by serial that have usage in the month; of a group, while in it."""
    values = {
        "customer": customer,
        "month": month,
        "serial": sim_serial,
        "group": group_id,
        "after": after,
        "limit": limit,
    }
    return list(session.execute(_PAGE_OF_DAYS, values))
