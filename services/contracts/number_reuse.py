"""When a telephone number may have another line: after the former one's end and its quarantine."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from services.contracts.application_rules import free_again


class Period(Protocol):
    """A line of a number; without an end it is still in service."""

    @property
    def start_date(self) -> date: ...

    @property
    def end_date(self) -> date | None: ...


P = TypeVar("P", bound=Period)


def which_line(start_date: date, lines: Sequence[P]) -> P | None:
    """The line, of those that a number has had (oldest first), that a description with this start date is about.

    None: one that is not there yet, because it starts after the newest one's end.
    """
    for line in lines:
        if line.start_date == start_date:
            return line
    if not lines or (lines[-1].end_date is not None and start_date > lines[-1].end_date):
        return None
    return lines[-1]


def unfit(
    start_date: date,
    end_date: date | None,
    meant: Period | None,
    lines: Sequence[Period],
    quarantine_days: int,
) -> dict[str, Any] | None:
    """Why a line with these dates cannot be beside the number's others; `meant` is the one that it replaces.

    import.number_quarantined (free_from) for a new line that starts too early, import.number_overlaps for one that
    has a day in common with another; None if it can.
    """
    if meant is None and lines:
        newest = lines[-1].end_date
        if newest is not None and start_date < (again := free_again(newest, quarantine_days)):
            return {"code": "import.number_quarantined", "free_from": again.isoformat()}
    for line in lines:
        starts_after = line.end_date is not None and start_date > line.end_date
        ends_before = end_date is not None and end_date < line.start_date
        if line is not meant and not starts_after and not ends_before:
            return {"code": "import.number_overlaps"}
    return None
