"""What is left of a SIM's data: allowances that begin and end, and usage that consumes them.

Usage records arrive late, shuffled and more than once, so nothing is ever subtracted from a balance: consumption is
worked out again from all records since a point that earlier usage cannot influence. The figures depend on which
records there are, never on the order of their arrival.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chassis.clock import JAPAN, in_japan


@dataclass(frozen=True)
class Allowance:
    """`amount` bytes that can be used from `valid_from` until before `valid_until`."""

    amount: int
    valid_from: datetime
    valid_until: datetime

    def is_open(self, at: datetime) -> bool:
        return self.valid_from <= at < self.valid_until


@dataclass(frozen=True)
class Usage:
    """`amount` bytes used at `at`, or from `at` on while no allowance began or ended."""

    at: datetime
    amount: int


@dataclass(frozen=True)
class Balance:
    """The allowances that are open at one instant, in bytes: what they grant and what of it is consumed."""

    capacity: int
    used: int

    @property
    def remaining(self) -> int:
        return self.capacity - self.used


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The calendar month in Japan that `at` lies in: (first instant, first instant after it)."""
    start = in_japan(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)


def end_of(day: date) -> datetime:
    """The first instant after `day` in Japan: what is valid through `day` is valid until then."""
    return datetime.combine(day + timedelta(days=1), time(), JAPAN)


def last_day(valid_until: datetime) -> date:
    """The day in Japan that `valid_until` is the end of, or lies in."""
    return in_japan(valid_until - timedelta.resolution).date()


def plan_allowance(amount: int, at: datetime) -> Allowance:
    """The monthly allowance of a plan for the month of `at`; what is left of it ends with the month."""
    return Allowance(amount, *month_of(at))


def consume(allowances: Sequence[Allowance], usage: Iterable[Usage]) -> list[int]:
    """Bytes consumed of each allowance.

    Usage takes from what is open when it happens, the earliest expiry first, the monthly allowance included. What
    is used while nothing is left went over the line at restricted speed: it is owed to no allowance, so that a later
    recharge always adds its whole amount.
    """
    consumed = [0] * len(allowances)
    by_expiry = sorted(
        range(len(allowances)), key=lambda i: (allowances[i].valid_until, allowances[i].valid_from)
    )
    for used in sorted(usage, key=lambda each: each.at):
        rest = used.amount
        for i in by_expiry:
            if allowances[i].is_open(used.at):
                taken = min(rest, allowances[i].amount - consumed[i])
                consumed[i] += taken
                rest -= taken
    return consumed


def settled_before(at: datetime, recharges: Sequence[Allowance]) -> datetime:
    """The latest start of a month, not after `at`, over which no recharge reaches.

    Consumption before it cannot change by what happens from `at` on, and no allowance that is open from then on was
    consumed before, so that working out consumption again may begin there.
    """
    start = month_of(at)[0]
    while earlier := [each.valid_from for each in recharges if each.valid_from < start < each.valid_until]:
        start = month_of(min(earlier))[0]
    return start
