"""When a password is too old."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import JAPAN, in_japan
from services.auth.password_age import is_over

instants = st.datetimes(timezones=st.just(UTC)).filter(lambda one: 2000 <= one.year <= 2100)
days = st.integers(1, 1_000)


@pytest.mark.parametrize(
    ("set_at", "today", "over"),
    [
        (datetime(2024, 1, 1, 12, tzinfo=JAPAN), date(2024, 1, 1), False),
        (datetime(2024, 1, 1, 12, tzinfo=JAPAN), date(2024, 3, 31), False),
        (datetime(2024, 1, 1, 12, tzinfo=JAPAN), date(2024, 4, 1), True),
        # the days are Japan's: this is still 1 January there, and then already the 2nd
        (datetime(2024, 1, 1, 0, 0, tzinfo=JAPAN), date(2024, 4, 1), True),
        (datetime(2024, 1, 1, 14, 59, 59, tzinfo=UTC), date(2024, 4, 1), True),
        (datetime(2024, 1, 1, 15, 0, tzinfo=UTC), date(2024, 4, 1), False),
        (datetime(2024, 1, 1, 15, 0, tzinfo=UTC), date(2024, 4, 2), True),
        (None, date(2024, 1, 1), True),
    ],
)
def test_s4_03_a_password_is_good_for_ninety_days(set_at: datetime | None, today: date, over: bool) -> None:
    assert is_over(set_at, 90, today) is over


@given(instants, days)
def test_s4_03_its_last_day_is_so_many_days_after_the_one_it_was_set_on(
    set_at: datetime, valid_days: int
) -> None:
    last = in_japan(set_at).date() + timedelta(days=valid_days)
    assert not is_over(set_at, valid_days, last)
    assert is_over(set_at, valid_days, last + timedelta(days=1))


@given(instants, days, st.integers(0, 10_000))
def test_s4_03_what_is_over_stays_over(set_at: datetime, valid_days: int, later: int) -> None:
    first = in_japan(set_at).date() + timedelta(days=valid_days + 1)
    assert is_over(set_at, valid_days, first + timedelta(days=later))


@given(st.none() | instants, st.dates())
def test_without_a_limit_no_password_is_too_old(set_at: datetime | None, today: date) -> None:
    assert not is_over(set_at, 0, today)
