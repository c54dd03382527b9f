"""Importing CSV files: a file is checked as a whole and stored as a whole, or not at all."""

from typing import Literal

from sqlalchemy import func, select

from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim.events import Audited
from services.sim.imports import Mode
from services.sim.settings import Settings
from services.sim.usecases.importing_sims import import_sims
from services.sim.usecases.importing_usage import import_usage

Kind = Literal["sims", "usage"]


def import_csv(
    uow: UnitOfWork, settings: Settings, caller: Caller, kind: Kind, mode: Mode, text: str
) -> ImportReport:
    """Check a file, and with mode "apply" store it if no row is wrong; the report says which and why."""
    if mode == "apply":
        # one import at a time: two that bring the same new keys would both find them missing
        uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("sim.import"))))
    part = import_sims if kind == "sims" else import_usage
    report = part(uow, settings.plans, mode, text, caller.correlation_id)
    if report.applied:
        uow.emit(Audited.by(caller, "file.imported", kind, report.counts()))
        uow.commit()
    return report
