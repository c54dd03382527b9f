"""Share months, execution windows, start dates and validity: worked tables, edges and properties."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sim.timing import (
    earliest_share_month,
    esim_delivery,
    execution_window,
    latest_share_month,
    latest_start_date,
    recharge_valid_through,
    share_cancellable_until,
)

JST = ZoneInfo("Asia/Tokyo")
SECOND = timedelta(seconds=1)

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
instants = st.datetimes(
    datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2090-12-31"), timezones=st.just(UTC)
)


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


SHARE_CUTOFFS = [  # cut-off, earliest month before it, earliest month from it on
    ("2023-02-27", "2023-03-01", "2023-04-01"),
    ("2024-01-30", "2024-02-01", "2024-03-01"),
    ("2024-02-28", "2024-03-01", "2024-04-01"),
    ("2024-04-29", "2024-05-01", "2024-06-01"),
    ("2024-11-29", "2024-12-01", "2025-01-01"),
    ("2024-12-30", "2025-01-01", "2025-02-01"),
    ("2025-02-27", "2025-03-01", "2025-04-01"),
    ("2025-12-30", "2026-01-01", "2026-02-01"),
    ("2026-02-27", "2026-03-01", "2026-04-01"),
    ("2026-04-29", "2026-05-01", "2026-06-01"),
    ("2026-05-30", "2026-06-01", "2026-07-01"),
    ("2026-12-30", "2027-01-01", "2027-02-01"),
    ("2028-02-28", "2028-03-01", "2028-04-01"),
]


@pytest.mark.parametrize(("cutoff_day", "before", "after"), SHARE_CUTOFFS)
def test_s4_21_s4_22_share_cutoff_is_at_22_on_the_day_before_month_end(
    cutoff_day: str, before: str, after: str
) -> None:
    cutoff = jst(f"{cutoff_day}T22:00:00")
    last_day_of_month = cutoff + timedelta(days=1)
    assert earliest_share_month(cutoff - timedelta(microseconds=1)) == date.fromisoformat(before)
    assert earliest_share_month(cutoff) == date.fromisoformat(after)
    assert earliest_share_month(last_day_of_month) == date.fromisoformat(after)
    midnight = datetime.combine(date.fromisoformat(before), time(), JST)
    assert earliest_share_month(midnight - SECOND) == date.fromisoformat(after)
    assert earliest_share_month(midnight) == date.fromisoformat(after)


def test_s4_22_share_cutoff_is_a_setting() -> None:
    moment = jst("2024-02-27T12:00:00")
    assert earliest_share_month(moment) == date(2024, 3, 1)
    assert earliest_share_month(moment, cutoff=time(12), cutoff_days=2) == date(2024, 4, 1)
    assert earliest_share_month(moment - SECOND, cutoff=time(12), cutoff_days=2) == date(2024, 3, 1)
    assert latest_share_month(moment, cutoff=time(12), cutoff_days=2) == date(2024, 7, 1)


@given(instants)
def test_s4_21_share_months_offered_are_four_firsts_of_month_in_the_future(requested_at: datetime) -> None:
    earliest, latest = earliest_share_month(requested_at), latest_share_month(requested_at)
    assert earliest.day == latest.day == 1
    assert (latest.year - earliest.year) * 12 + latest.month - earliest.month == 3
    wait = datetime.combine(earliest, time(), JST) - requested_at
    # never within the 26 hours between cut-off and month end, never further than that and one more month
    assert timedelta(hours=26) < wait <= timedelta(days=31, hours=26)


def test_latest_share_month_is_a_setting() -> None:
    assert latest_share_month(jst("2025-12-30T22:00:00")) == date(2026, 5, 1)
    assert latest_share_month(jst("2025-12-30T22:00:00"), months=1) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("start_month", "last_second"),
    [
        ("2023-03-01", "2023-02-28T23:59:59"),
        ("2024-03-01", "2024-02-29T23:59:59"),
        ("2025-01-01", "2024-12-31T23:59:59"),
        ("2026-07-01", "2026-06-30T23:59:59"),
        ("2028-03-01", "2028-02-29T23:59:59"),
    ],
)
def test_share_can_be_cancelled_to_the_end_of_the_day_before(start_month: str, last_second: str) -> None:
    until = share_cancellable_until(date.fromisoformat(start_month))
    assert until - SECOND == jst(last_second)
    assert (until.date(), until.time()) == (date.fromisoformat(start_month), time())


def test_share_cancellable_until_takes_any_day_of_the_month() -> None:
    assert share_cancellable_until(date(2024, 3, 31)) == jst("2024-03-01T00:00:00")


@pytest.mark.parametrize(
    ("requested_at", "start", "not_before", "not_after"),
    [
        ("2024-03-11T12:34:56", "2024-03-11", "2024-03-11T12:34:56", "2024-03-11T13:04:56"),
        ("2024-03-11T00:10:00", "2024-03-11", "2024-03-11T00:10:00", "2024-03-11T00:40:00"),
        ("2024-03-31T23:50:00", "2024-03-31", "2024-03-31T23:50:00", "2024-04-01T00:20:00"),
        ("2024-12-31T23:59:59", "2025-01-01", "2025-01-01T00:00:00", "2025-01-01T00:30:00"),
        ("2024-02-28T08:00:00", "2024-02-29", "2024-02-29T00:00:00", "2024-02-29T00:30:00"),
    ],
)
def test_s4_32_immediate_within_30_minutes_reserved_between_0_00_and_0_30(
    requested_at: str, start: str, not_before: str, not_after: str
) -> None:
    window = execution_window(jst(requested_at), date.fromisoformat(start))
    assert window == (jst(not_before), jst(not_after))


def test_s4_32_the_day_is_that_of_japan() -> None:
    evening_in_utc = datetime(2024, 3, 10, 15, 30, tzinfo=UTC)  # 00:30 on the 11th in Japan
    assert execution_window(evening_in_utc, date(2024, 3, 11)) == (
        jst("2024-03-11T00:30"),
        jst("2024-03-11T01:00"),
    )


@given(instants, st.integers(0, 400))
def test_s4_32_window_is_30_minutes_on_the_start_day_and_never_before_the_request(
    requested_at: datetime, days_ahead: int
) -> None:
    start = requested_at.astimezone(JST).date() + timedelta(days=days_ahead)
    not_before, not_after = execution_window(requested_at, start)
    assert not_before >= requested_at
    assert not_before.date() == start
    assert not_after - not_before == timedelta(minutes=30)
    assert days_ahead == 0 or not_before.time() == time()


@given(instants, st.integers(0, 400), st.integers(0, 400))
def test_a_later_start_day_never_runs_earlier(requested_at: datetime, one: int, other: int) -> None:
    today = requested_at.astimezone(JST).date()
    sooner, later = (execution_window(requested_at, today + timedelta(days=n)) for n in sorted((one, other)))
    assert sooner <= later


def test_execution_window_refuses_a_start_before_the_request() -> None:
    with pytest.raises(ValueError, match="2024-03-10"):
        execution_window(jst("2024-03-11T00:00:00"), date(2024, 3, 10))


def test_execution_window_length_is_a_setting() -> None:
    window = execution_window(jst("2024-03-11T09:00"), date(2024, 3, 12), within=timedelta(minutes=5))
    assert window == (jst("2024-03-12T00:00"), jst("2024-03-12T00:05"))


RECHARGE_DATES = [  # day, valid through, latest start of an order placed that day
    ("2023-11-01", "2024-02-29", "2024-02-01"),
    ("2023-11-29", "2024-02-29", "2024-02-29"),
    ("2023-11-30", "2024-02-29", "2024-02-29"),
    ("2024-02-29", "2024-05-31", "2024-05-29"),
    ("2024-03-11", "2024-06-30", "2024-06-11"),
    ("2024-03-31", "2024-06-30", "2024-06-30"),
    ("2024-04-01", "2024-07-31", "2024-07-01"),
    ("2024-10-31", "2025-01-31", "2025-01-31"),
    ("2024-11-30", "2025-02-28", "2025-02-28"),
    ("2024-12-31", "2025-03-31", "2025-03-31"),
    ("2025-01-31", "2025-04-30", "2025-04-30"),
    ("2025-05-31", "2025-08-31", "2025-08-31"),
    ("2025-11-30", "2026-02-28", "2026-02-28"),
    ("2026-01-01", "2026-04-30", "2026-04-01"),
    ("2027-11-30", "2028-02-29", "2028-02-29"),
]


@pytest.mark.parametrize(("day", "valid_through", "latest"), RECHARGE_DATES)
def test_s4_31_s4_33_worked_recharge_dates(day: str, valid_through: str, latest: str) -> None:
    assert recharge_valid_through(date.fromisoformat(day)) == date.fromisoformat(valid_through)
    assert latest_start_date(date.fromisoformat(day)) == date.fromisoformat(latest)


@given(days)
def test_s4_31_latest_start_is_the_same_day_three_months_on_or_the_month_end(requested_on: date) -> None:
    latest = latest_start_date(requested_on)
    assert (latest.year - requested_on.year) * 12 + latest.month - requested_on.month == 3
    clamped = (latest + timedelta(days=1)).day == 1
    assert latest.day == requested_on.day or (clamped and latest.day < requested_on.day)


@given(days, st.integers(0, 700))
def test_a_later_request_never_has_an_earlier_limit(day: date, distance: int) -> None:
    later = day + timedelta(days=distance)
    assert latest_start_date(day) <= latest_start_date(later)
    assert recharge_valid_through(day) <= recharge_valid_through(later)


@given(days)
def test_s4_33_a_recharge_lasts_to_the_end_of_the_third_month_after(recharged_on: date) -> None:
    valid_through = recharge_valid_through(recharged_on)
    assert (valid_through + timedelta(days=1)).day == 1
    assert (valid_through.year - recharged_on.year) * 12 + valid_through.month - recharged_on.month == 3


def test_months_ahead_are_settings() -> None:
    assert latest_start_date(date(2024, 12, 31), months=2) == date(2025, 2, 28)
    assert recharge_valid_through(date(2024, 12, 31), months=12) == date(2025, 12, 31)


OF_AN_INSTANT: list[Callable[[datetime], object]] = [
    earliest_share_month,
    latest_share_month,
    esim_delivery,
    lambda requested_at: execution_window(requested_at, date(2100, 1, 1)),
]


@pytest.mark.parametrize("rule", OF_AN_INSTANT)
@given(requested_at=instants, zone=st.timezones())
def test_any_zone_gives_the_same_answer(
    rule: Callable[[datetime], object], requested_at: datetime, zone: ZoneInfo
) -> None:
    assert rule(requested_at.astimezone(zone)) == rule(requested_at)


@given(requested_at=instants, zone=st.timezones())
def test_instants_returned_are_in_japan_time(requested_at: datetime, zone: ZoneInfo) -> None:
    requested = requested_at.astimezone(zone)
    immediate = execution_window(requested, requested_at.astimezone(JST).date())
    for instant in (*immediate, esim_delivery(requested).target, share_cancellable_until(requested.date())):
        assert instant.utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize("rule", OF_AN_INSTANT)
def test_naive_datetimes_are_refused(rule: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="time zone"):
        rule(datetime.fromisoformat("2024-03-11T12:00"))
