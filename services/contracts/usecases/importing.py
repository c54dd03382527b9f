"""Importing CSV files: a file is checked as a whole and stored as a whole, or not at all."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import func, select

from chassis import csvfile
from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from chassis.sealing import FieldCipher
from services.contracts.comparing import Changes
from services.contracts.events import Audited
from services.contracts.imports import ImportRow
from services.contracts.usecases.importing_contracts import ContractImport
from services.contracts.usecases.importing_customers import CustomerImport
from services.contracts.usecases.importing_lines import LineImport

Kind = Literal["customers", "contracts", "lines"]
Mode = Literal["validate", "apply"]


class Import(Protocol):
    """One kind of file."""

    @property
    def model(self) -> type[ImportRow]: ...

    def compare(self, rows: Sequence[tuple[int, Any]]) -> Changes[Any]: ...

    def store(self, changes: Changes[Any]) -> None: ...


def import_csv(
    uow: UnitOfWork, cipher: FieldCipher, caller: Caller, kind: Kind, mode: Mode, text: str
) -> ImportReport:
    """Check a file, and with mode "apply" store it if no row is wrong; the report says which and why."""
    part = _part(uow, cipher, kind)
    rows, errors = csvfile.read(text, part.model, (part.model.KEY,))
    if mode == "apply":
        # one import at a time: two that bring the same new keys would both find them missing
        uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("contracts.import"))))
    changes = part.compare(rows)
    refused = {error["row"] for error in errors if error["row"] > 1}
    errors += changes.errors
    applied = mode == "apply" and not errors
    if applied:
        part.store(changes)
    report = csvfile.report(
        kind,
        mode,
        len(rows) + len(refused),
        errors,
        created=len(changes.created),
        updated=len(changes.updated),
        unchanged=changes.unchanged,
        applied=applied,
    )
    if applied:
        uow.emit(Audited.by(caller, "file.imported", kind, report.counts()))
        uow.commit()
    return report


def _part(uow: UnitOfWork, cipher: FieldCipher, kind: Kind) -> Import:
    match kind:
        case "customers":
            return CustomerImport(uow)
        case "contracts":
            return ContractImport(uow)
        case "lines":
            return LineImport(uow, cipher)
