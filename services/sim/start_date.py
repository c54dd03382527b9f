"""The start date (適用開始日) that a customer chooses for an order, from the day of the request on."""

import re
from datetime import date, datetime

from chassis.clock import in_japan
from chassis.errors import Invalid
from services.sim.timing import SELECTABLE_MONTHS, latest_start_date

# `date.fromisoformat` alone also takes 20260301 and 2026-W09-7; \d would take full-width digits.
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check_start_date(
    value: str | date | None, requested_at: datetime, *, months: int = SELECTABLE_MONTHS
) -> date:
    """The start date of an order placed at `requested_at`.

    `value` is `YYYY-MM-DD`, a date, or None for the day of the request in Japan. A malformed date, a day
    before the request or one after the latest raises Invalid("start_date.out_of_range", earliest=…,
    latest=…), both ISO dates.
    """
    earliest = in_japan(requested_at).date()
    latest = latest_start_date(earliest, months=months)
    chosen = earliest if value is None else parse_day(value)
    if chosen is None or not earliest <= chosen <= latest:
        raise Invalid("start_date.out_of_range", earliest=earliest.isoformat(), latest=latest.isoformat())
    return chosen


def parse_day(value: str | date) -> date | None:
    """The day that `YYYY-MM-DD` names; None if it names none."""
    if not isinstance(value, str):
        return value
    if not _ISO_DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:  # a day that does not exist, such as 30 February
        return None
