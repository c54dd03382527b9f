"""Importing CSV files: a file is checked as a whole and stored as a whole, or not at all."""

from typing import Literal

from sqlalchemy import func, select

from chassis import clock
from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim.events import Audited
from services.sim.imports import Mode
from services.sim.kinds.base import Desk
from services.sim.settings import Settings
from services.sim.usecases.choosing_cards import hold_numbers
from services.sim.usecases.importing_shipments import import_shipments
from services.sim.usecases.importing_sims import import_sims
from services.sim.usecases.importing_stock import import_stock
from services.sim.usecases.importing_usage import import_usage

Kind = Literal["sims", "usage", "stock", "shipments"]


def import_csv(
    uow: UnitOfWork, settings: Settings, caller: Caller, kind: Kind, mode: Mode, text: str
) -> ImportReport:
    """Check a file, and with mode "apply" store it if no row is wrong; the report says which and why."""
    if mode == "apply":
        # one import at a time: two that bring the same new keys would both find them missing
        uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("sim.import"))))
    report = _import(uow, settings, caller, kind, mode, text)
    if report.applied:
        uow.emit(Audited.by(caller, "file.imported", kind, report.counts()))
        uow.commit()
    return report


def _import(
    uow: UnitOfWork, settings: Settings, caller: Caller, kind: Kind, mode: Mode, text: str
) -> ImportReport:
    desk = Desk(uow, settings, caller, clock.now())
    match kind:
        case "shipments":
            return import_shipments(desk, mode, text)
        case "stock":
            hold_numbers(desk)
            return import_stock(uow, settings.sim_sizes, mode, text)
        case "sims":
            hold_numbers(desk)
            return import_sims(uow, settings.plans, mode, text, caller.correlation_id)
        case "usage":
            return import_usage(uow, settings, desk.now, mode, text, caller.correlation_id)
