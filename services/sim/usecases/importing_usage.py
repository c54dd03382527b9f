"""Importing usage records of the carrier."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import csvfile
from chassis.clock import in_japan
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim import locking, restrictions, store, usage_store
from services.sim.accounting import first_day, start_of
from services.sim.imports import Mode, UsageRow
from services.sim.models import Sim
from services.sim.settings import Settings
from services.sim.settlement import settle
from services.sim.usage import first_month_kept
from services.sim.usage_store import NewRecord

_AHEAD = timedelta(days=1)  # clocks of networks are not ours

_SET_UNTIL = text(
    "UPDATE sims SET usage_until = greatest(sims.usage_until, latest.at)"
    " FROM unnest(CAST(:serials AS text[]), CAST(:instants AS timestamptz[])) AS latest (serial, at)"
    " WHERE sims.serial = latest.serial"
)


def import_usage(
    uow: UnitOfWork, settings: Settings, now: datetime, mode: Mode, text: str, correlation_id: str
) -> ImportReport:
    """Check a file of usage records and store it with mode "apply"; the caller commits and lets one run at a time.

    A record that was stored before, or comes twice in the file, counts once; with another content it is refused.
    Records of a SIM that was replaced are its successor's.
    """
    # the key is the whole row: a feed may repeat a record, but must not contradict itself
    rows, errors = csvfile.read(text, UsageRow, tuple(UsageRow.model_fields))
    repeated = [error for error in errors if error["code"] == "import.duplicate"]
    errors = [error for error in errors if error["code"] != "import.duplicate"]
    refused = {error["row"] for error in errors if error["row"] > 1}
    serials = store.known(uow.session, Sim.serial, {row.sim_serial for _, row in rows})
    present = usage_store.successors(uow.session, serials)
    known = usage_store.stored_records(uow.session, [row.record_id for _, row in rows])
    first_month = first_month_kept(in_japan(now).date(), settings.usage_record_months)
    oldest, latest = start_of(first_month), now + _AHEAD
    created: list[NewRecord] = []
    unchanged = len(repeated)
    for number, row in rows:
        serial = present.get(row.sim_serial, row.sim_serial)
        content = (serial, row.used_at, row.bytes)
        before = known.get(row.record_id)
        if row.sim_serial not in serials:
            errors.append({"row": number, "field": "sim_serial", "code": "import.unknown_sim"})
        elif before == content:
            unchanged += 1
        elif before is not None:
            errors.append({"row": number, "field": "record_id", "code": "import.record_differs"})
        elif row.used_at < oldest:
            month = f"{first_month:%Y-%m}"
            errors.append(
                {"row": number, "field": "used_at", "code": "import.usage_too_old", "first_month": month}
            )
        elif row.used_at > latest:
            errors.append({"row": number, "field": "used_at", "code": "import.usage_in_future"})
        else:
            known[row.record_id] = content
            created.append(NewRecord(row.record_id, serial, row.used_at, row.bytes))
    applied = mode == "apply" and not errors
    if applied and created:
        _store(uow.session, settings, created, now, correlation_id)
    return csvfile.report(
        "usage",
        mode,
        len(rows) + len(repeated) + len(refused),
        errors,
        created=len(created),
        unchanged=unchanged,
        applied=applied,
    )


def _store(
    session: Session, settings: Settings, records: Sequence[NewRecord], now: datetime, correlation_id: str
) -> None:
    months: dict[date, set[str]] = defaultdict(set)
    latest: dict[str, datetime] = {}
    for record in records:
        months[first_day(record.used_at)].add(record.sim_serial)
        latest[record.sim_serial] = max(record.used_at, latest.get(record.sim_serial, record.used_at))
    sims = locking.lock_connected(session, latest, (), min(months))
    if replaced := usage_store.successors(session, latest):  # between the look at the file and the locks
        present = [
            replace(record, sim_serial=replaced.get(record.sim_serial, record.sim_serial))
            for record in records
        ]
        _store(session, settings, present, now, correlation_id)
        return
    for month in months:
        usage_store.add_month(session, month)
    usage_store.add_records(session, records)
    values: dict[str, list[Any]] = {"serials": list(latest), "instants": list(latest.values())}
    session.execute(_SET_UNTIL, values)
    settle(session, settings.plans, months)
    restrictions.review(session, sims, settings.plans, now, correlation_id)
