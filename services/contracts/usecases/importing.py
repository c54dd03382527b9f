"""Importing CSV files: a file is checked as a whole and stored as a whole, or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, Protocol

from eventlet.semaphore import Semaphore
from sqlalchemy import func, select

from chassis import csvfile
from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from chassis.sealing import FieldCipher
from services.contracts.comparing import Changes
from services.contracts.events import Audited
from services.contracts.imports import ImportRow
from services.contracts.settings import Settings
from services.contracts.usecases.importing_calls import CallImport
from services.contracts.usecases.importing_contracts import ContractImport
from services.contracts.usecases.importing_customers import CustomerImport
from services.contracts.usecases.importing_lines import LineImport
from services.contracts.usecases.importing_numbers import NumberImport
from services.contracts.usecases.importing_terminations import TerminationImport

Kind = Literal["customers", "contracts", "lines", "calls", "numbers", "terminations"]
Mode = Literal["validate", "apply"]

LOCK = func.hashtext("contracts.import")
_TURNS = Semaphore()


class Import(Protocol):
    """One kind of file."""

    @property
    def model(self) -> type[ImportRow]: ...

    def compare(self, rows: Sequence[tuple[int, Any]]) -> Changes[Any]: ...

    def store(self, changes: Changes[Any]) -> None: ...


def import_csv(
    uow: UnitOfWork, settings: Settings, caller: Caller, kind: Kind, mode: Mode, text: str
) -> ImportReport:
    """Check a file, and with mode "apply" store it if no row is wrong; the report says which and why."""
    part = _part(uow, settings, caller, kind)
    rows, errors, repeated = _read(text, part.model)
    with _turn(uow, mode):
        changes = part.compare(rows)
        refused = {error["row"] for error in errors if error["row"] > 1}
        errors += changes.errors
        applied = mode == "apply" and not errors
        if applied:
            part.store(changes)
        report = csvfile.report(
            kind,
            mode,
            len(rows) + repeated + len(refused),
            errors,
            created=len(changes.created),
            updated=len(changes.updated),
            unchanged=changes.unchanged + repeated,
            applied=applied,
        )
        if applied:
            uow.emit(Audited.by(caller, "file.imported", kind, report.counts()))
            uow.commit()
    return report


@contextmanager
def _turn(uow: UnitOfWork, mode: Mode) -> Iterator[None]:
    """One import at a time: two that bring the same new keys would both find them missing.

    Those of this process wait for each other outside of the database, where each would keep a connection from the rest
    of the service and be given up after the lock's time-out.
    """
    if mode == "validate":
        yield
        return
    with _TURNS:
        uow.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
        yield


def _read(text: str, model: type[ImportRow]) -> tuple[list[tuple[int, ImportRow]], list[dict[str, Any]], int]:
    """Good rows, errors, and how many rows were the same as another one and may be."""
    key = tuple(model.model_fields) if model.MAY_REPEAT else (model.KEY,)
    rows, found = csvfile.read(text, model, key)
    errors = [error for error in found if not (model.MAY_REPEAT and error["code"] == "import.duplicate")]
    return rows, errors, len(found) - len(errors)


def _part(uow: UnitOfWork, settings: Settings, caller: Caller, kind: Kind) -> Import:
    match kind:
        case "customers":
            return CustomerImport(uow)
        case "contracts":
            return ContractImport(uow)
        case "lines":
            return LineImport(uow, FieldCipher(settings.field_keys), settings.number_quarantine_days)
        case "calls":
            return CallImport(uow, settings.call_months_kept)
        case "numbers":
            return NumberImport(uow)
        case "terminations":
            return TerminationImport(uow, caller)
