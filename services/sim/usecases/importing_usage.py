"""Importing usage records of the carrier."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from chassis import clock, csvfile
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim import restrictions, store
from services.sim.imports import Mode, UsageRow
from services.sim.models import Sim, UsageRecord
from services.sim.settlement import settle

Content = tuple[str, datetime, int]

_INSERT = text(
    "INSERT INTO usage_records (record_id, sim_serial, used_at, bytes)"
    " SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:serials AS text[]),"
    "  CAST(:instants AS timestamptz[]), CAST(:amounts AS bigint[]))"
)


def import_usage(
    uow: UnitOfWork, plans: Mapping[str, int], mode: Mode, text: str, correlation_id: str
) -> ImportReport:
    """Check a file of usage records and store it with mode "apply"; the caller commits.

    A record that was stored before, or comes twice in the file, counts once; with another content it is refused.
    """
    # the key is the whole row: a feed may repeat a record, but must not contradict itself
    rows, errors = csvfile.read(text, UsageRow, tuple(UsageRow.model_fields))
    repeated = [error for error in errors if error["code"] == "import.duplicate"]
    errors = [error for error in errors if error["code"] != "import.duplicate"]
    refused = {error["row"] for error in errors if error["row"] > 1}
    serials = store.known(uow.session, Sim.serial, {row.sim_serial for _, row in rows})
    known = _stored(uow, [row.record_id for _, row in rows])
    created: list[UsageRow] = []
    unchanged = len(repeated)
    for number, row in rows:
        content = _content(row)
        before = known.get(row.record_id)
        if row.sim_serial not in serials:
            errors.append({"row": number, "field": "sim_serial", "code": "import.unknown_sim"})
        elif before is None:
            known[row.record_id] = content
            created.append(row)
        elif before == content:
            unchanged += 1
        else:
            errors.append({"row": number, "field": "record_id", "code": "import.record_differs"})
    applied = mode == "apply" and not errors
    if applied and created:
        _store(uow, plans, created, correlation_id)
    return csvfile.report(
        "usage",
        mode,
        len(rows) + len(repeated) + len(refused),
        errors,
        created=len(created),
        unchanged=unchanged,
        applied=applied,
    )


def _content(record: UsageRow | UsageRecord) -> Content:
    return record.sim_serial, record.used_at, record.bytes


def _stored(uow: UnitOfWork, record_ids: Sequence[str]) -> dict[str, Content]:
    columns = (UsageRecord.record_id, UsageRecord.sim_serial, UsageRecord.used_at, UsageRecord.bytes)
    found = uow.session.execute(select(*columns).where(store.is_any(UsageRecord.record_id, record_ids)))
    return {record_id: (serial, used_at, amount) for record_id, serial, used_at, amount in found}


def _store(uow: UnitOfWork, plans: Mapping[str, int], rows: Sequence[UsageRow], correlation_id: str) -> None:
    earliest: dict[str, datetime] = {}
    latest: dict[str, datetime] = {}
    for row in rows:
        earliest[row.sim_serial] = min(row.used_at, earliest.get(row.sim_serial, row.used_at))
        latest[row.sim_serial] = max(row.used_at, latest.get(row.sim_serial, row.used_at))
    sims = store.lock_sims(uow.session, earliest)
    values: dict[str, list[Any]] = {
        "ids": [row.record_id for row in rows],
        "serials": [row.sim_serial for row in rows],
        "instants": [row.used_at for row in rows],
        "amounts": [row.bytes for row in rows],
    }
    uow.session.execute(_INSERT, values)
    for sim in sims:
        sim.usage_until = max(latest[sim.serial], sim.usage_until or latest[sim.serial])
    settle(uow.session, earliest, plans)
    restrictions.review(uow.session, sims, plans, clock.now(), correlation_id)
