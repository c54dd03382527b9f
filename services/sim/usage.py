"""Months and days of usage, in Japan time: which months are kept, and which one is asked for."""

import re
from datetime import date

from chassis.errors import Invalid

MONTHS_SHOWN = 12

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def months_before(month: date, count: int) -> date:
    """The first day of the month `count` months before the one of `month`."""
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def first_month_kept(today: date, months: int) -> date:
    """The oldest of `months`, of which the present one is the youngest."""
    return months_before(today, months - 1)


def read_month(text: str | None, today: date) -> date:
    """The month `YYYY-MM`, the present one for None.

    Raises Invalid("usage.month", first, last) for what is no month, and for one that is not shown.
    """
    first, last = first_month_kept(today, MONTHS_SHOWN), today.replace(day=1)
    if text is None:
        return last
    if _MONTH.fullmatch(text) and text >= "0001":
        month = date.fromisoformat(f"{text}-01")
        if first <= month <= last:
            return month
    raise Invalid("usage.month", first=f"{first:%Y-%m}", last=f"{last:%Y-%m}")
