"""What is left of a SIM's or a share group's data: allowances that begin and end, and balances at an instant.

Usage records arrive late, shuffled and more than once, so nothing is ever subtracted from a balance: what a month
consumes is worked out again from all usage of the month (`consumption.py`). The figures depend on which records there
are, never on the order of their arrival.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from chassis.clock import JAPAN, in_japan


@dataclass(frozen=True)
class Allowance:
    """`amount` bytes that can be used from `valid_from` until before `valid_until`, which is the end of a month."""

    amount: int
    valid_from: datetime
    valid_until: datetime

    def is_open(self, at: datetime) -> bool:
        return self.valid_from <= at < self.valid_until


@dataclass(frozen=True)
class Balance:
    """The allowances that are open at one instant, in bytes: what they grant and what of it is consumed.

    The balance of a SIM that is in a share group has what is its own only, and beside it the balance of its group.
    """

    capacity: int
    used: int
    group_id: int | None = None
    group: Self | None = None

    @property
    def remaining(self) -> int:
        return self.capacity - self.used

    @property
    def used_up(self) -> bool:
        """Nothing is left that this SIM could use, of its own or of its group's."""
        return self.remaining + (self.group.remaining if self.group else 0) <= 0


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The calendar month in Japan that `at` lies in: (first instant, first instant after it)."""
    start = in_japan(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)


def first_day(at: datetime) -> date:
    """The first day of the month in Japan that `at` lies in. Months are named by it."""
    return in_japan(at).date().replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after the one of `month`."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_between(earlier: date, later: date) -> int:
    """How many months `later` is after `earlier`."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def start_of(day: date) -> datetime:
    """The first instant of `day` in Japan."""
    return datetime.combine(day, time(), JAPAN)


def end_of(day: date) -> datetime:
    """The first instant after `day` in Japan: what is valid through `day` is valid until then."""
    return start_of(day + timedelta(days=1))


def last_day(valid_until: datetime) -> date:
    """The day in Japan that `valid_until` is the end of, or lies in."""
    return in_japan(valid_until - timedelta.resolution).date()


def plan_allowance(amount: int, at: datetime) -> Allowance:
    """The monthly allowance of a plan for the month of `at`; what is left of it ends with the month."""
    return Allowance(amount, *month_of(at))
