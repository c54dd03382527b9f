"""When data will be used up: the mean of the last whole days, or a reason why nobody can say."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import JAPAN
from services.sim.accounting import end_of
from services.sim.forecast import FEWEST_DAYS, MOST_DAYS, Forecast, forecast

THROUGH = date(2026, 3, 31)
NOON = datetime(2026, 3, 11, 12, tzinfo=JAPAN)


def days(*amounts: int, before: date = date(2026, 3, 11)) -> dict[date, int]:
    """The last of the amounts is that of the day before `before`."""
    return {before - timedelta(days=n): amount for n, amount in enumerate(reversed(amounts), 1)}


@pytest.mark.parametrize(
    ("used", "remaining", "runs_out_on", "reason", "mean", "counted"),
    [
        pytest.param(days(*[100] * 7), 250, date(2026, 3, 14), "runs_out", 100, 7, id="in two days and a half"),
        pytest.param(days(*[100] * 7), 50, date(2026, 3, 12), "runs_out", 100, 7, id="at midnight, so the next day"),
        pytest.param(days(*[100] * 7), 49, date(2026, 3, 11), "runs_out", 100, 7, id="today"),
        pytest.param(days(*[100] * 7), 2050, None, "lasts", 100, 7, id="to the very end of the month"),
        pytest.param(days(*[100] * 7), 2049, THROUGH, "runs_out", 100, 7, id="on the last day"),
        pytest.param(days(900, *[100] * 7), 250, date(2026, 3, 14), "runs_out", 100, 7, id="seven days at most"),
        pytest.param(days(100, 100, 100), 250, date(2026, 3, 14), "runs_out", 100, 3, id="three days are enough"),
        pytest.param(days(100, 100), 250, None, "too_little_data", None, 0, id="two days are not"),
        pytest.param(days(700, *[0] * 6), 250, date(2026, 3, 14), "runs_out", 100, 7, id="days without usage count"),
        pytest.param(days(0, 0, 0, 100, 0, 0), 100, date(2026, 3, 14), "runs_out", 33, 3, id="none before the first"),
        pytest.param(days(500, *[0] * 7), 100, None, "lasts", 0, 7, id="no usage in these days"),
        pytest.param({}, 250, None, "too_little_data", None, 0, id="no usage at all"),
        pytest.param(days(*[100] * 7), 0, None, "used_up", None, 0, id="used up"),
    ],
)  # fmt: skip
def test_forecasts(
    used: dict[date, int],
    remaining: int,
    runs_out_on: date | None,
    reason: str,
    mean: int | None,
    counted: int,
) -> None:
    found = forecast(used, NOON, remaining, NOON, THROUGH)
    assert (found.runs_out_on, found.reason, found.bytes_per_day, found.days_counted) == (
        runs_out_on,
        reason,
        mean,
        counted,
    )
    assert (found.through, found.remaining_bytes, found.method) == (THROUGH, remaining, "mean_of_days")


def test_the_days_are_named() -> None:
    found = forecast(days(*[100] * 5), NOON, 250, NOON, THROUGH)
    assert (found.first_day, found.last_day) == (date(2026, 3, 6), date(2026, 3, 10))


def test_without_records_nobody_can_say() -> None:
    assert forecast({}, None, 250, NOON, THROUGH) == Forecast(None, "too_little_data", THROUGH, 250)


def test_a_new_month_begins_with_what_the_last_days_of_the_old_one_tell() -> None:
    as_of = datetime(2026, 2, 28, 12, tzinfo=JAPAN)
    start = datetime(2026, 3, 1, tzinfo=JAPAN)
    found = forecast(days(*[100] * 7, before=date(2026, 2, 28)), as_of, 500, start, THROUGH)
    assert found.runs_out_on == date(2026, 3, 6)


@given(
    st.lists(st.integers(0, 1000), max_size=12),
    st.integers(1, 10**6),
    st.integers(0, 10**6),
)
def test_more_left_never_runs_out_earlier(amounts: list[int], remaining: int, more: int) -> None:
    one = forecast(days(*amounts), NOON, remaining, NOON, THROUGH)
    other = forecast(days(*amounts), NOON, remaining + more, NOON, THROUGH)
    assert (one.runs_out_on or THROUGH) <= (other.runs_out_on or THROUGH)
    assert one.reason == other.reason or (one.reason, other.reason) == ("runs_out", "lasts")


@given(st.lists(st.integers(0, 1000), max_size=12), st.integers(1, 10**5))
def test_a_day_is_told_exactly_if_the_mean_uses_all_up_before_the_end(
    amounts: list[int], remaining: int
) -> None:
    found = forecast(days(*amounts), NOON, remaining, NOON, THROUGH)
    counted = amounts[-found.days_counted :] if found.days_counted else []
    assert found.days_counted == 0 or FEWEST_DAYS <= found.days_counted <= MOST_DAYS
    if found.reason == "runs_out":
        lasts = remaining / (sum(counted) / len(counted))
        assert abs((NOON + timedelta(days=lasts)).date() - (found.runs_out_on or THROUGH)) <= timedelta(
            days=1
        )
        assert found.runs_out_on is not None
        assert found.runs_out_on <= THROUGH
    elif found.reason == "lasts":
        until_the_end = (end_of(THROUGH) - NOON) / timedelta(days=1)
        assert sum(counted) * until_the_end <= remaining * len(counted)
