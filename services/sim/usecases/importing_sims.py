"""Importing SIMs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis import clock, csvfile
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim import store
from services.sim.imports import Mode, SimRow
from services.sim.models import Customer, Sim
from services.sim.models_shares import ShareMember
from services.sim.models_stock import StockedSim
from services.sim.settlement import replan


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
    sharing = _sharing(uow, (row for _, row in rows), stored)
    in_stock = store.known(uow.session, StockedSim.serial, serials)
    created: list[SimRow] = []
    updated: list[tuple[Sim, SimRow]] = []
    unchanged = 0
    for number, row in rows:
        sim = stored.get(row.sim_serial)
        wrong = _problem(row, sim, customers, plans, sharing)
        if wrong is None and sim is None and row.sim_serial in in_stock:
            wrong = {"field": "sim_serial", "code": "import.serial_in_stock"}
        if wrong is not None:
            errors.append({"row": number, **wrong})
        elif sim is None:
            created.append(row)
        elif any(getattr(sim, name) != value for name, value in _descriptive(row, sim).items()):
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
    row: SimRow,
    sim: Sim | None,
    customers: Collection[str],
    plans: Mapping[str, int],
    sharing: Collection[str],
) -> dict[str, Any] | None:
    """What keeps a row from being stored: the field, a code, and what else helps."""
    if row.customer_code not in customers:
        return {"field": "customer_code", "code": "import.unknown_customer"}
    if sim is not None and sim.customer_code != row.customer_code:
        return {"field": "customer_code", "code": "import.key_conflict"}
    if row.plan not in plans:
        return {"field": "plan", "code": "import.unknown_plan", "allowed": list(plans)}
    if sim is not None and sim.msisdn != row.msisdn and (sim.msisdn in sharing or row.msisdn in sharing):
        return {"field": "msisdn", "code": "import.number_shares"}
    return None


def _new_sim(row: SimRow) -> Sim:
    return Sim(
        serial=row.sim_serial, customer_code=row.customer_code, status=row.status, **_descriptive(row, None)
    )


def _descriptive(row: SimRow, sim: Sim | None) -> dict[str, Any]:
    """What the row says of the SIM, which is stored already or not."""
    service_type = row.service_type or (sim.service_type if sim else "data")
    return {name: getattr(row, name) for name in SimRow.DESCRIPTIVE} | {"service_type": service_type}


def _update(
    uow: UnitOfWork, plans: Mapping[str, int], updated: Sequence[tuple[Sim, SimRow]], correlation_id: str
) -> None:
    """Describe SIMs anew; another plan gives the present month the new plan's allowance."""
    replanned: dict[str, str] = {}
    for sim, row in updated:
        described = _descriptive(row, sim)
        if described.pop("plan") != sim.plan:
            replanned[sim.serial] = row.plan
        for name, value in described.items():
            setattr(sim, name, value)
    if replanned:
        replan(uow.session, replanned, plans, clock.now(), correlation_id)


def _sharing(uow: UnitOfWork, rows: Iterable[SimRow], stored: Mapping[str, Sim]) -> set[str]:
    """Which of the numbers that would be given or taken away are, or were, in a share group."""
    numbers: set[str] = set()
    for row in rows:
        sim = stored.get(row.sim_serial)
        if sim is not None and sim.msisdn != row.msisdn:
            numbers |= {sim.msisdn, row.msisdn}
    return store.known(uow.session, ShareMember.msisdn, numbers) if numbers else set()
