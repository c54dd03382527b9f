"""The start date of orders that run at midnight or, for today, at once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.clock import in_japan
from services.sim.kinds.base import Desk
from services.sim.orders import cancellable_until
from services.sim.start_date import check_start_date
from services.sim.timing import execution_window, latest_start_date


@dataclass(frozen=True)
class Start:
    """When an order begins; its fields are those of a Quote."""

    start_date: date
    not_before: datetime
    not_after: datetime
    cancellable_until: datetime | None


def start_on(desk: Desk, wanted: str | None) -> Start:
    """`wanted` is `YYYY-MM-DD`, or None for today; raises Invalid("start_date.out_of_range", earliest=…, latest=…)."""
    day = check_start_date(wanted, desk.now)
    return Start(day, *execution_window(desk.now, day), cancellable_until(desk.now, day))


def start_dates(desk: Desk) -> dict[str, Any]:
    """{"earliest", "latest"}: the days that can be chosen now, both inclusive."""
    today = in_japan(desk.now).date()
    return {"earliest": today, "latest": latest_start_date(today)}
