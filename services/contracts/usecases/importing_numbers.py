"""Importing numbers into the pool."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.database import UnitOfWork
from services.contracts import pool_store, termination_store
from services.contracts.comparing import Changes, compare
from services.contracts.imports import NumberRow
from services.contracts.models_applications import PoolNumber
from services.contracts.termination_rules import is_in_service


class NumberImport:
    model = NumberRow

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def compare(self, rows: Sequence[tuple[int, NumberRow]]) -> Changes[NumberRow]:
        """A number of a line in service cannot come new; one whose line has ended comes into its quarantine."""
        numbers = [row.phone_number for _, row in rows]
        stored = {
            record.phone_number: record
            for record in self._session.execute(
                select(PoolNumber.phone_number, PoolNumber.family).where(PoolNumber.phone_number.in_(numbers))
            )
        }
        lines, today = termination_store.newest_lines(self._session, numbers), clock.today()
        good, errors = [], []
        for place, row in rows:
            line, known = lines.get(row.phone_number), stored.get(row.phone_number)
            if known is None and line is not None and is_in_service(line.end_date, today):
                errors.append({"row": place, "field": "phone_number", "code": "import.number_in_use"})
            elif known is not None and line is not None and known.family != row.family:
                errors.append({"row": place, "field": "family", "code": "import.number_given"})
            else:
                good.append((place, row))
        changes = compare(good, stored, ())
        changes.errors += errors
        return changes

    def store(self, changes: Changes[NumberRow]) -> None:
        rows = changes.created + [row for row, _ in changes.updated]
        if not rows:
            return
        statement = insert(PoolNumber)
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["phone_number"], set_={"family": statement.excluded.family}
            ),
            [row.model_dump() for row in rows],
        )
        pool_store.settle(self._session, [row.phone_number for row in rows])
