"""Delivery of cards and eSIMs, and the business days it counts in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sim.timing import CardDelivery, card_delivery, esim_delivery, is_business_day

JST = ZoneInfo("Asia/Tokyo")

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


CARD_DELIVERIES = [  # request, third business day, fifth business day, latest
    ("2024-02-22", "2024-02-28", "2024-03-01", "2024-05-22"),
    ("2024-04-25", "2024-05-01", "2024-05-07", "2024-07-25"),
    ("2024-12-26", "2025-01-07", "2025-01-09", "2025-03-26"),
    ("2025-04-28", "2025-05-02", "2025-05-08", "2025-07-28"),
    ("2025-11-20", "2025-11-26", "2025-11-28", "2026-02-20"),
    ("2025-12-26", "2026-01-07", "2026-01-09", "2026-03-26"),
    ("2026-03-31", "2026-04-03", "2026-04-07", "2026-06-30"),
    ("2026-04-27", "2026-05-01", "2026-05-08", "2026-07-27"),
    ("2026-05-01", "2026-05-11", "2026-05-13", "2026-08-01"),
    ("2026-05-02", "2026-05-11", "2026-05-13", "2026-08-02"),
    ("2026-09-17", "2026-09-25", "2026-09-29", "2026-12-17"),
    ("2026-12-25", "2027-01-05", "2027-01-07", "2027-03-25"),
    ("2026-12-28", "2027-01-06", "2027-01-08", "2027-03-28"),
    ("2026-12-30", "2027-01-06", "2027-01-08", "2027-03-30"),
    ("2027-01-01", "2027-01-06", "2027-01-08", "2027-04-01"),
    ("2028-02-28", "2028-03-02", "2028-03-06", "2028-05-28"),
    ("2028-04-27", "2028-05-02", "2028-05-09", "2028-07-27"),
    ("2028-12-28", "2029-01-09", "2029-01-11", "2029-03-28"),
]


@pytest.mark.parametrize(("requested_on", "estimated", "earliest", "latest"), CARD_DELIVERIES)
def test_s4_42_s4_43_worked_card_deliveries(
    requested_on: str, estimated: str, earliest: str, latest: str
) -> None:
    assert card_delivery(date.fromisoformat(requested_on)) == CardDelivery(
        date.fromisoformat(estimated), date.fromisoformat(earliest), date.fromisoformat(latest)
    )


@given(days, st.integers(1, 12))
def test_s4_42_s4_43_nth_business_day_agrees_with_a_plain_count(requested_on: date, count: int) -> None:
    delivery = card_delivery(requested_on, estimated_days=count)
    following = (requested_on + timedelta(days=n) for n in range(1, 60))
    business_days = [day for day in following if is_business_day(day)]
    assert delivery.estimated == business_days[count - 1]
    assert delivery.earliest == business_days[4]


@given(days)
def test_s4_43_a_dated_card_always_has_a_range_to_choose_from(requested_on: date) -> None:
    delivery = card_delivery(requested_on)
    assert requested_on < delivery.estimated < delivery.earliest < delivery.latest


@given(days, st.integers(0, 30))
def test_a_later_card_request_is_never_delivered_earlier(requested_on: date, distance: int) -> None:
    sooner, later = card_delivery(requested_on), card_delivery(requested_on + timedelta(days=distance))
    assert (sooner.estimated, sooner.earliest) <= (later.estimated, later.earliest)


def test_card_delivery_days_and_closure_are_settings() -> None:
    delivery = card_delivery(
        date(2026, 12, 25), estimated_days=1, earliest_days=2, months=1, closed_days=frozenset({(12, 28)})
    )
    assert delivery == CardDelivery(date(2026, 12, 29), date(2026, 12, 30), date(2027, 1, 25))


def test_undated_esim_is_ready_ten_minutes_after_the_request() -> None:
    assert esim_delivery(jst("2024-12-31T23:55:00")).target == jst("2025-01-01T00:05:00")


def test_dated_esim_is_selectable_from_the_day_of_the_request_in_japan() -> None:
    delivery = esim_delivery(datetime(2024, 11, 29, 15, 0, tzinfo=UTC))  # midnight of the 30th in Japan
    assert (delivery.earliest, delivery.latest) == (date(2024, 11, 30), date(2025, 2, 28))


def test_esim_target_and_range_are_settings() -> None:
    delivery = esim_delivery(jst("2024-11-30T10:00"), within=timedelta(minutes=3), months=1)
    assert (delivery.target, delivery.latest) == (jst("2024-11-30T10:03"), date(2024, 12, 30))


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        ("2026-09-18", True),  # Friday
        ("2026-09-19", False),  # Saturday
        ("2026-09-20", False),  # Sunday
        ("2026-09-21", False),  # Respect for the Aged Day
        ("2026-09-22", False),  # between two holidays
        ("2026-09-23", False),  # autumnal equinox
        ("2026-05-06", False),  # substitute for Constitution Day on a Sunday
        ("2019-05-01", False),  # accession to the throne, a holiday of that year alone
        ("2026-12-28", True),
        ("2026-12-29", False),
        ("2026-12-31", False),
        ("2027-01-01", False),
        ("2025-01-03", False),
        ("2027-01-04", True),
    ],
)
def test_business_days(day: str, open_: bool) -> None:
    assert is_business_day(date.fromisoformat(day)) is open_


def test_closed_days_are_a_setting() -> None:
    assert is_business_day(date(2026, 12, 29), closed_days=frozenset())
    assert not is_business_day(date(2026, 8, 13), closed_days=frozenset({(8, 13)}))
