"""Months of calls, which of them are kept, and what a search of calls asks for. Months and days are Japan's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Protocol, TypeVar

from chassis.clock import JAPAN, in_japan
from chassis.errors import Invalid
from services.contracts.searching import LineSearch

CallType = Literal["domestic", "mobile", "international", "other"]
UsageSort = Literal["number", "phone_number", "calls", "duration", "charge"]

MINIMUM_DESTINATION = 3
"""Digits of a destination that a search by its beginning needs: as many as the shortest ones have (110, 010…)."""

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_HALF_WIDTH_DIGITS = re.compile(r"[0-9]+")


def first_of(day: date) -> date:
    return day.replace(day=1)


def month_of(instant: datetime) -> date:
    """The first day of the month in which the instant is in Japan."""
    return first_of(in_japan(instant).date())


def month_after(month: date) -> date:
    return first_of(month + timedelta(days=31))


def begin(day: date) -> datetime:
    """The instant at which a day begins in Japan."""
    return datetime.combine(day, time(), JAPAN)


def first_month_kept(today: date, months: int) -> date:
    """The oldest of the `months` that are kept; the present one is the youngest of them."""
    index = today.year * 12 + today.month - months
    return date(index // 12, index % 12 + 1, 1)


def read_month(text: str | None, today: date, first: date) -> date:
    """The month `YYYY-MM`, the present one for None.

    Raises Invalid("calls.month_format"), Invalid("calls.month_not_kept", first, last) for one before `first` or still
    to come.
    """
    if text is None:
        return first_of(today)
    if not _MONTH.fullmatch(text) or text < "0001":
        raise _refusal({"pointer": "month", "code": "calls.month_format"})
    month = date.fromisoformat(f"{text}-01")
    if not first <= month <= today:
        bounds = {"first": f"{first:%Y-%m}", "last": f"{today:%Y-%m}"}
        raise _refusal({"pointer": "month", "code": "calls.month_not_kept", **bounds})
    return month


def check_phone_prefix(prefix: str | None) -> None:
    """Raises what a search of lines by this beginning of their numbers raises."""
    LineSearch(phone_prefix=prefix)


@dataclass(frozen=True)
class CallSearch:
    """Conditions that a call must all satisfy. Days are inclusive; a blank prefix is no condition.

    Making one raises Invalid with the code of the first wrong condition, and all of them under `details["errors"]`:
    lines.prefix_not_digits, lines.prefix_too_short, calls.destination_not_digits, calls.destination_too_short
    (minimum), calls.range_reversed.
    """

    phone_prefix: str | None = None
    destination_prefix: str | None = None
    day_from: date | None = None
    day_to: date | None = None

    def __post_init__(self) -> None:
        errors: list[dict[str, Any]] = []
        try:
            check_phone_prefix(self.phone_prefix)
        except Invalid as error:
            errors += error.details["errors"]
        if self.destination_prefix:
            wrong = {"pointer": "destination_prefix"}
            if not _HALF_WIDTH_DIGITS.fullmatch(self.destination_prefix):
                errors.append({**wrong, "code": "calls.destination_not_digits"})
            elif len(self.destination_prefix) < MINIMUM_DESTINATION:
                errors.append(
                    {**wrong, "code": "calls.destination_too_short", "minimum": MINIMUM_DESTINATION}
                )
        if self.day_from and self.day_to and self.day_from > self.day_to:
            errors.append({"pointer": "day_to", "code": "calls.range_reversed"})
        if errors:
            raise _refusal(*errors)

    def span(self, month: date | None, since: datetime) -> tuple[datetime, datetime | None]:
        """The instants from which and before which the calls started that are asked for: within `month`, if one is
        given, and not before `since`.
        """
        starts = [since, *(begin(day) for day in (month, self.day_from) if day is not None)]
        ends = []
        if month is not None:
            ends.append(begin(month_after(month)))
        if self.day_to is not None and self.day_to < date.max:
            ends.append(begin(self.day_to + timedelta(days=1)))
        return max(starts), min(ends, default=None)


class Serving(Protocol):
    """When a line serves its number."""

    @property
    def start_date(self) -> date: ...

    @property
    def end_date(self) -> date | None: ...


L = TypeVar("L", bound=Serving)


def line_at(lines: Iterable[L], day: date) -> L | None:
    """Which of the lines that have had a number served it on `day`.

    On its end date a line still serves, because a termination takes effect in the course of that day; where the number
    has gone to another line on the same day, it is that one's.
    """
    serving = [
        line for line in lines if line.start_date <= day and (line.end_date is None or day <= line.end_date)
    ]
    return max(serving, key=lambda line: line.start_date, default=None)


def _refusal(*errors: dict[str, Any]) -> Invalid:
    details = {name: value for name, value in errors[0].items() if name not in ("pointer", "code")}
    return Invalid(errors[0]["code"], errors=list(errors), **details)
