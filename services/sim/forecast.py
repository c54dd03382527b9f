"""When data will be used up, if it goes on being used as in the last days (見込み)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from chassis.clock import in_japan
from services.sim.accounting import end_of

Reason = Literal["runs_out", "lasts", "too_little_data", "used_up"]

MOST_DAYS = 7
FEWEST_DAYS = 3

_DAY = timedelta(days=1)
_UNIT = timedelta.resolution


@dataclass(frozen=True)
class Forecast:
    """`runs_out_on` is a day in Japan, None for every other reason than "runs_out".

    The mean is that of the `days_counted` whole days from `first_day` to `last_day`, the last ones before the day that
    the records reach; days without usage count, days before the first usage do not. `through` is the day through which
    all that is open now can be used at least.
    """

    runs_out_on: date | None
    reason: Reason
    through: date
    remaining_bytes: int
    bytes_per_day: int | None = None
    days_counted: int = 0
    first_day: date | None = None
    last_day: date | None = None
    method: Literal["mean_of_days"] = "mean_of_days"


def forecast(
    used: Mapping[date, int], as_of: datetime | None, remaining: int, since: datetime, through: date
) -> Forecast:
    """A forecast from the bytes of each day; days that are not named had none.

    Records reach up to `as_of`; `remaining` bytes are left at `since`, which is not before it, and can be used through
    the day `through`.
    """
    if remaining <= 0:
        return Forecast(None, "used_up", through, remaining)
    days = _days(used, in_japan(as_of).date()) if as_of is not None else []
    if not days:
        return Forecast(None, "too_little_data", through, remaining)
    total = sum(used.get(day, 0) for day in days)
    told = (total // len(days), len(days), days[0], days[-1])
    wanted = total * (
        (end_of(through) - since) // _UNIT
    )  # by the end, in units of a day's length and their number
    left = remaining * len(days) * (_DAY // _UNIT)
    if wanted <= left:
        return Forecast(None, "lasts", through, remaining, *told)
    runs_out_at = since + _UNIT * (left // total)
    return Forecast(in_japan(runs_out_at).date(), "runs_out", through, remaining, *told)


def first_day_counted(as_of: datetime) -> date:
    """The first of the days that a forecast looks at."""
    return in_japan(as_of).date() - timedelta(days=MOST_DAYS)


def _days(used: Mapping[date, int], reached: date) -> list[date]:
    """The days whose mean is taken, oldest first; none if they are too few."""
    first_used = min((day for day, amount in used.items() if amount and day < reached), default=reached)
    first = max(first_used, reached - timedelta(days=MOST_DAYS))
    days = [first + timedelta(days=n) for n in range((reached - first).days)]
    return days if len(days) >= FEWEST_DAYS else []
