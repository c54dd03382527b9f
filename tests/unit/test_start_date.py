"""Which start dates an order may have."""

from datetime import UTC, date, datetime

import pytest

from chassis.errors import Invalid
from services.sim.start_date import check_start_date

REQUESTED_AT = datetime(2024, 11, 29, 15, 0, tzinfo=UTC)  # midnight of 30 November in Japan


@pytest.mark.parametrize(
    ("value", "chosen"),
    [
        (None, date(2024, 11, 30)),
        ("2024-11-30", date(2024, 11, 30)),
        ("2025-02-28", date(2025, 2, 28)),
        (date(2025, 1, 1), date(2025, 1, 1)),
    ],
)
def test_s4_31_from_today_in_japan_to_three_months_later(value: str | date | None, chosen: date) -> None:
    assert check_start_date(value, REQUESTED_AT) == chosen


@pytest.mark.parametrize(
    "value",
    [
        date(2024, 11, 29),
        "2024-11-29",
        "2025-03-01",
        "2025-02-29",
        "2024/12/01",
        "20241201",
        "2024-W49-1",
        "2024-12-01T00:00",
        "2024-12-01\n",
        "\uff12\uff10\uff12\uff14-12-01",
        "tomorrow",
        "",
    ],
)
def test_s4_31_anything_else_is_refused_with_the_allowed_range(value: str | date) -> None:
    with pytest.raises(Invalid) as refusal:
        check_start_date(value, REQUESTED_AT)
    assert refusal.value.code == "start_date.out_of_range"
    assert refusal.value.details == {"earliest": "2024-11-30", "latest": "2025-02-28"}


def test_the_range_is_a_setting() -> None:
    with pytest.raises(Invalid) as refusal:
        check_start_date("2025-01-31", REQUESTED_AT, months=1)
    assert refusal.value.details["latest"] == "2024-12-30"


def test_naive_datetimes_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        check_start_date(None, datetime.fromisoformat("2024-11-30"))
