"""Importing call records: each goes to the line that had its number at that time."""

import time
from collections.abc import Sequence
from typing import Any

from chassis import clock
from chassis.clock import in_japan
from chassis.database import UnitOfWork
from services.contracts import call_store as store
from services.contracts.call_rows import CallRow
from services.contracts.calling import begin, first_month_kept, line_at, month_of
from services.contracts.comparing import Changes

_YIELD_EVERY = 500


class CallImport:
    model = CallRow

    def __init__(self, uow: UnitOfWork, months_kept: int) -> None:
        self._session = uow.session
        self._first_month = first_month_kept(clock.today(), months_kept)
        self._lines: dict[str, Any] = {}

    def compare(self, rows: Sequence[tuple[int, CallRow]]) -> Changes[CallRow]:
        """A record that is stored already, or comes twice, counts once; with another content it is refused."""
        changes: Changes[CallRow] = Changes()
        known: dict[str, Any] = store.stored_calls(self._session, {row.record_id for _, row in rows})
        lines = store.lines_of(self._session, {row.phone_number for _, row in rows})
        now, oldest = clock.now(), begin(self._first_month)

        def refuse(number: int, field: str, code: str, **details: Any) -> None:
            changes.errors.append({"row": number, "field": field, "code": code, **details})

        for position, (number, row) in enumerate(rows):
            if position % _YIELD_EVERY == 0:
                time.sleep(0)  # let others be answered in between
            before = known.get(row.record_id)
            if row.started_at < oldest:
                first = f"{self._first_month:%Y-%m}"
                refuse(number, "started_at", "import.call_too_old", first_month=first)
            elif before is not None:
                if all(getattr(before, name) == getattr(row, name) for name in CallRow.DESCRIPTIVE):
                    changes.unchanged += 1
                else:
                    refuse(number, "record_id", "import.record_differs")
            elif row.started_at > now:
                refuse(number, "started_at", "import.call_in_future")
            elif row.phone_number not in lines:
                refuse(number, "phone_number", "import.unknown_line")
            elif (line := line_at(lines[row.phone_number], in_japan(row.started_at).date())) is None:
                refuse(number, "phone_number", "import.line_not_in_service")
            else:
                known[row.record_id] = row
                self._lines[row.record_id] = line
                changes.created.append(row)
        return changes

    def store(self, changes: Changes[CallRow]) -> None:
        for month in sorted({month_of(row.started_at) for row in changes.created}):
            store.add_month(self._session, month)
        if changes.created:
            store.store_calls(self._session, [(row, self._lines[row.record_id]) for row in changes.created])
