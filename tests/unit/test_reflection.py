"""When a changed line password works: the manual's two services, their edges and properties."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.reflection import reflected_by

JST = ZoneInfo("Asia/Tokyo")
BATCHED = ("b2bua", "b2bua_opengate")

instants = st.datetimes(
    datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2090-12-31"), timezones=st.just(JST)
)
services = st.sampled_from(("ip_phone", *BATCHED))


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


WORKED = [
    ("2024-02-28 00:00:00", "2024-02-28 01:30:00"),
    ("2024-02-28 00:59:59", "2024-02-28 01:30:00"),
    ("2024-02-28 01:00:00", "2024-02-28 02:30:00"),
    ("2024-02-28 01:59:59", "2024-02-28 02:30:00"),
    ("2024-02-28 02:00:00", "2024-02-28 17:30:00"),
    ("2024-02-28 14:00:00", "2024-02-28 17:30:00"),
    ("2024-02-28 16:59:59", "2024-02-28 17:30:00"),
    ("2024-02-28 17:00:00", "2024-02-28 18:30:00"),
    ("2024-02-28 17:59:59", "2024-02-28 18:30:00"),
    ("2024-02-28 18:00:00", "2024-02-28 19:30:00"),
    ("2024-02-28 19:00:00", "2024-02-28 20:30:00"),
    ("2024-02-28 20:00:00", "2024-02-28 21:30:00"),
    ("2024-02-28 21:00:00", "2024-02-28 22:30:00"),
    ("2024-02-28 22:00:00", "2024-02-28 23:30:00"),
    ("2024-02-28 22:59:59", "2024-02-28 23:30:00"),
    ("2024-02-28 23:00:00", "2024-02-29 00:30:00"),
    ("2024-02-28 23:59:59", "2024-02-29 00:30:00"),
    ("2024-02-29 23:30:00", "2024-03-01 00:30:00"),
    ("2024-12-31 23:15:00", "2025-01-01 00:30:00"),
]


@pytest.mark.parametrize("service", BATCHED)
@pytest.mark.parametrize(("changed_at", "reflected"), WORKED)
def test_s3_11_every_window_gives_the_time_of_the_table(
    service: str, changed_at: str, reflected: str
) -> None:
    assert reflected_by(service, jst(changed_at)) == jst(reflected)


@pytest.mark.parametrize("service", BATCHED)
@pytest.mark.parametrize(
    ("edge", "before", "from_it_on"),
    [("01:00", "01:30", "02:30"), ("02:00", "02:30", "17:30"), ("17:00", "17:30", "18:30")],
)
def test_s3_12_a_window_ends_just_before_the_hour(
    service: str, edge: str, before: str, from_it_on: str
) -> None:
    hour = jst(f"2024-02-28T{edge}")
    assert reflected_by(service, hour - timedelta(microseconds=1)) == jst(f"2024-02-28T{before}")
    assert reflected_by(service, hour) == jst(f"2024-02-28T{from_it_on}")


@pytest.mark.parametrize("service", BATCHED)
@pytest.mark.parametrize(
    ("day", "next_day"),
    [
        ("2023-02-28", "2023-03-01"),
        ("2024-02-28", "2024-02-29"),
        ("2024-02-29", "2024-03-01"),
        ("2024-04-30", "2024-05-01"),
        ("2024-12-31", "2025-01-01"),
    ],
)
def test_s3_13_the_last_hour_of_a_day_is_reflected_on_the_next(service: str, day: str, next_day: str) -> None:
    for moment in ("23:00:00", "23:30:00", "23:59:59.999999"):
        assert reflected_by(service, jst(f"{day}T{moment}")) == jst(f"{next_day}T00:30")


@given(instants)
def test_s3_10_ip_phone_takes_fifteen_minutes_at_any_time(changed_at: datetime) -> None:
    assert reflected_by("ip_phone", changed_at) - changed_at == timedelta(minutes=15)


@given(st.sampled_from(BATCHED), instants)
def test_s3_11_reflection_is_at_half_past_a_later_hour(service: str, changed_at: datetime) -> None:
    reflected = reflected_by(service, changed_at)
    assert reflected.minute == 30
    assert timedelta(minutes=30) < reflected - changed_at <= timedelta(hours=15, minutes=30)


@given(services, instants, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_later_change_is_never_reflected_earlier(
    service: str, changed_at: datetime, later: timedelta
) -> None:
    assert reflected_by(service, changed_at) <= reflected_by(service, changed_at + later)


@given(services, instants, st.timezones())
def test_any_zone_gives_the_same_answer_in_japan_time(
    service: str, changed_at: datetime, zone: ZoneInfo
) -> None:
    reflected = reflected_by(service, changed_at.astimezone(zone))
    assert reflected == reflected_by(service, changed_at)
    assert reflected.utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize("service", ["ip_phone", *BATCHED])
def test_naive_datetimes_are_refused(service: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        reflected_by(service, datetime.fromisoformat("2024-02-28T12:00"))


@pytest.mark.parametrize("service", ["mobile_choice", "free_voice", "data_sim", ""])
def test_services_without_a_line_password_are_refused(service: str) -> None:
    with pytest.raises(ValueError, match="no line password"):
        reflected_by(service, jst("2024-02-28T12:00"))


def test_times_are_settings() -> None:
    changed_at = jst("2024-02-28T12:00")
    assert reflected_by("ip_phone", changed_at, within=timedelta(minutes=1)) == jst("2024-02-28T12:01")
    nightly = ((time(0), time(4)), (time(3), time(4)), (time(4), time(4)))
    assert reflected_by("b2bua", jst("2024-02-28T03:59"), batch_times=nightly) == jst("2024-02-28T04:00")
    assert reflected_by("b2bua", jst("2024-02-28T04:00"), batch_times=nightly) == jst("2024-02-29T04:00")
