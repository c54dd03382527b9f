"""Values as the pages show them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from gateway.web import formats

GB = 10**9


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0.00"), (GB, "1.00"), (GB // 2, "0.50"), (1_234_567_890, "1.23"), (100 * GB, "100.00")],
)
def test_gigabytes_have_two_decimals(size: int, shown: str) -> None:
    assert formats.gigabytes(size) == shown


@pytest.mark.parametrize("used", [0, 1, 4_999_999, 5_000_000, 5_000_001, 345_678_901, GB - 1, GB])
def test_s4_08_used_and_left_add_up_to_the_capacity(used: int) -> None:
    assert float(formats.used_gigabytes(used)) + float(formats.left_gigabytes(GB - used)) == pytest.approx(
        1.0
    )


def test_a_rest_is_never_rounded_up() -> None:
    assert formats.left_gigabytes(GB - 1) == "0.99"
    assert formats.used_gigabytes(1) == "0.01"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("", ""),
        ("2024-03-01", "2024/03/01"),
        (date(2024, 3, 1), "2024/03/01"),
        ("2024-02-29T15:00:00+00:00", "2024/03/01"),  # midnight in Japan
        ("2024-02-29T14:59:59Z", "2024/02/29"),
    ],
)
def test_days_are_days_in_japan(value: date | str | None, shown: str) -> None:
    assert formats.day(value) == shown


def test_moments_are_told_in_japan_time() -> None:
    assert formats.moment(datetime(2024, 3, 31, 15, 30, tzinfo=UTC)) == "2024/04/01 00:30"
    assert formats.moment(None) == ""


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("2026-12-01T00:00:00+09:00", "2026-12-01T00:30:00+09:00", "2026/12/01 00:00 – 00:30"),
        ("2026-12-31T23:50:00+09:00", "2027-01-01T00:20:00+09:00", "2026/12/31 23:50 – 2027/01/01 00:20"),
    ],
)
def test_a_window_repeats_the_day_only_when_it_changes(start: str, end: str, shown: str) -> None:
    assert formats.window(start, end) == shown


@pytest.mark.parametrize(
    ("month", "before", "after"),
    [
        (date(2026, 1, 1), date(2025, 12, 1), date(2026, 2, 1)),
        (date(2026, 12, 31), date(2026, 11, 1), date(2027, 1, 1)),
        (date(2024, 3, 31), date(2024, 2, 1), date(2024, 4, 1)),
    ],
)
def test_months_have_neighbours(month: date, before: date, after: date) -> None:
    assert formats.month_before(month) == before
    assert formats.month_after(month) == after


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(0, GB, 0), (GB, GB, 100), (2 * GB, GB, 100), (1, 0, 0)]
)
def test_a_bar_is_never_longer_than_its_track(part: int, whole: int, percent: int) -> None:
    assert formats.percent(part, whole) == percent


@pytest.mark.parametrize(("language", "shown"), [("ja", "￥30,000"), ("en", "¥30,000")])
def test_yen_follow_the_readers_language(language: str, shown: str) -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context(), force_locale(language):
        assert formats.yen(30_000) == shown
