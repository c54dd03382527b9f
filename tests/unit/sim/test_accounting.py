"""Allowances, months and balances."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.clock import JAPAN
from services.sim.accounting import (
    Allowance,
    Balance,
    end_of,
    first_day,
    last_day,
    month_of,
    months_between,
    next_month,
)
from services.sim.timing import recharge_valid_through
from services.sim.usage import months_before


def test_s4_33_a_recharge_of_november_30th_ends_with_the_leap_day() -> None:
    valid_until = end_of(recharge_valid_through(date(2023, 11, 30)))
    recharge = Allowance(10, datetime(2023, 11, 30, tzinfo=JAPAN), valid_until)
    assert recharge.is_open(datetime(2024, 2, 29, 23, 59, 59, 999999, JAPAN))
    assert not recharge.is_open(datetime(2024, 3, 1, tzinfo=JAPAN))
    assert last_day(valid_until) == date(2024, 2, 29)


def test_months_are_those_of_japan() -> None:
    april = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)
    assert month_of(april) == (datetime(2026, 4, 1, tzinfo=JAPAN), datetime(2026, 5, 1, tzinfo=JAPAN))
    assert month_of(april - timedelta.resolution)[0].month == 3
    assert (first_day(april), first_day(april - timedelta.resolution)) == (date(2026, 4, 1), date(2026, 3, 1))


@pytest.mark.parametrize(
    ("month", "later", "between"),
    [
        (date(2026, 1, 31), date(2026, 2, 1), 1),
        (date(2025, 12, 1), date(2026, 1, 1), 1),
        (date(2025, 11, 30), date(2026, 2, 28), 3),
        (date(2026, 2, 1), date(2026, 2, 28), 0),
    ],
    ids=["January", "December", "over the year", "the same"],
)
def test_months_are_counted(month: date, later: date, between: int) -> None:
    assert months_between(month, later) == between
    start = month.replace(day=1)
    for _ in range(between):
        start = next_month(start)
    assert start == later.replace(day=1)
    assert months_before(later, between) == month.replace(day=1)


@pytest.mark.parametrize(
    ("own", "group", "used_up"),
    [
        (Balance(10, 9), None, False),
        (Balance(10, 10), None, True),
        (Balance(0, 0), Balance(10, 10), True),
        (Balance(0, 0), Balance(10, 9), False),
        (Balance(10, 9), Balance(10, 10), False),
    ],
    ids=["left", "nothing left", "the group's is used up", "the group has some", "the member has some"],
)
def test_s4_34_a_member_has_what_is_left_of_his_own_and_of_the_group(
    own: Balance, group: Balance | None, used_up: bool
) -> None:
    balance = Balance(own.capacity, own.used, None if group is None else 1, group)
    assert balance.used_up is used_up
    assert balance.remaining == own.remaining
