"""Importing terminations: the lines that a list of a customer's names, each with the end date that was wished."""

from collections.abc import Sequence
from types import SimpleNamespace

from chassis.context import Caller
from chassis.database import UnitOfWork
from services.contracts import termination_store as store
from services.contracts.comparing import Changes, compare
from services.contracts.imports import TerminationRow
from services.contracts.models import Line
from services.contracts.usecases import terminations


class TerminationImport:
    model = TerminationRow

    def __init__(self, uow: UnitOfWork, caller: Caller) -> None:
        self._uow = uow
        self._caller = caller
        self._lines: dict[str, Line] = {}

    def compare(self, rows: Sequence[tuple[int, TerminationRow]]) -> Changes[TerminationRow]:
        """What is registered already takes the date of the file."""
        numbers = [row.phone_number for _, row in rows]
        self._lines = store.newest_lines(self._uow.session, numbers, lock=True)
        there = store.open_of(self._uow.session, [line.id for line in self._lines.values()])
        stored = {
            phone: SimpleNamespace(wished_date=there[line.id].wished_date, termination=there[line.id])
            for phone, line in self._lines.items()
            if line.id in there
        }
        good, errors = [], []
        for place, row in rows:
            line = self._lines.get(row.phone_number)
            code = terminations.problem(row.phone_number, line, {}, row.wished_date)
            if code is None:
                good.append((place, row))
            else:
                field = "wished_date" if code == "termination.before_start" else "phone_number"
                errors.append({"row": place, "field": field, "code": code})
        changes = compare(good, stored, ())
        changes.errors += errors
        return changes

    def store(self, changes: Changes[TerminationRow]) -> None:
        terminations.add(
            self._uow,
            self._caller,
            [(self._lines[row.phone_number], row.wished_date) for row in changes.created],
        )
        for row, known in changes.updated:
            known.termination.wished_date = row.wished_date
        self._uow.session.flush()
