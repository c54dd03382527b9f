"""Importing SIMs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from chassis import clock, csvfile
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim import restrictions, store
from services.sim.accounting import month_of
from services.sim.imports import Mode, SimRow
from services.sim.models import Bucket, Customer, Sim
from services.sim.settlement import settle


def import_sims(
    uow: UnitOfWork, plans: Mapping[str, int], mode: Mode, text: str, correlation_id: str
) -> ImportReport:
    """Check a file of SIMs and store it with mode "apply"; the caller lets one import run at a time and commits."""
    rows, errors = csvfile.read(text, SimRow, ("sim_serial",))
    refused = {error["row"] for error in errors if error["row"] > 1}
    serials = [row.sim_serial for _, row in rows]
    customers = store.known(uow.session, Customer.code, {row.customer_code for _, row in rows})
    if mode == "apply":
        stored = {sim.serial: sim for sim in store.lock_sims(uow.session, serials)}
    else:
        found = uow.session.scalars(select(Sim).where(store.is_any(Sim.serial, serials)))
        stored = {sim.serial: sim for sim in found}
    created: list[SimRow] = []
    updated: list[tuple[Sim, SimRow]] = []
    unchanged = 0
    for number, row in rows:
        sim = stored.get(row.sim_serial)
        wrong = _problem(row, sim, customers, plans)
        if wrong is not None:
            errors.append({"row": number, **wrong})
        elif sim is None:
            created.append(row)
        elif any(getattr(sim, name) != getattr(row, name) for name in SimRow.DESCRIPTIVE):
            updated.append((sim, row))
        else:
            unchanged += 1
    applied = mode == "apply" and not errors
    if applied:
        uow.session.add_all(_new_sim(row) for row in created)
        _update(uow, plans, updated, correlation_id)
    return csvfile.report(
        "sims",
        mode,
        len(rows) + len(refused),
        errors,
        created=len(created),
        updated=len(updated),
        unchanged=unchanged,
        applied=applied,
    )


def _problem(
    row: SimRow, sim: Sim | None, customers: Collection[str], plans: Mapping[str, int]
) -> dict[str, Any] | None:
    """What keeps a row from being stored: the field, a code, and what else helps."""
    if row.customer_code not in customers:
        return {"field": "customer_code", "code": "import.unknown_customer"}
    if sim is not None and sim.customer_code != row.customer_code:
        return {"field": "customer_code", "code": "import.key_conflict"}
    if row.plan not in plans:
        return {"field": "plan", "code": "import.unknown_plan", "allowed": list(plans)}
    return None


def _new_sim(row: SimRow) -> Sim:
    described = {name: getattr(row, name) for name in SimRow.DESCRIPTIVE}
    return Sim(serial=row.sim_serial, customer_code=row.customer_code, status=row.status, **described)


def _update(
    uow: UnitOfWork, plans: Mapping[str, int], updated: Sequence[tuple[Sim, SimRow]], correlation_id: str
) -> None:
    """Describe SIMs anew; another plan gives the present month the new plan's allowance."""
    now = clock.now()
    month_start, _ = month_of(now)
    replanned: list[Sim] = []
    for sim, row in updated:
        if sim.plan != row.plan:
            replanned.append(sim)
        for name in SimRow.DESCRIPTIVE:
            setattr(sim, name, getattr(row, name))
    if not replanned:
        return
    for sim in replanned:
        uow.session.execute(
            update(Bucket)
            .where(Bucket.sim_serial == sim.serial, Bucket.kind == "plan", Bucket.valid_from == month_start)
            .values(amount_bytes=plans[sim.plan], used_bytes=0)
        )
    settle(uow.session, {sim.serial: month_start for sim in replanned}, plans)
    restrictions.review(uow.session, replanned, plans, now, correlation_id)
