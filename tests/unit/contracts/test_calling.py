"""Months of calls, the search of calls as a value, and whose call one is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chassis.clock import JAPAN, in_japan
from chassis.errors import Invalid
from services.contracts.call_rows import CallRow
from services.contracts.calling import (
    CallSearch,
    begin,
    first_month_kept,
    line_at,
    month_after,
    month_of,
    read_month,
)

DAYS = st.dates(date(2001, 1, 1), date(2200, 12, 31))
TODAY = date(2026, 3, 11)
FIRST = date(2024, 4, 1)

CALL = {
    "record_id": "20260311-000042",
    "phone_number": "05058051234",
    "started_at": "2026-03-11T12:34:56+09:00",
    "destination": "0312345678",
    "call_type": "domestic",
    "duration_seconds": "61",
    "charge_yen": "8",
}


def refusal(**conditions: Any) -> Invalid:
    with pytest.raises(Invalid) as refused:
        CallSearch(**conditions)
    return refused.value


# -- months


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 2, 28, 14, 59, 59, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2026, 2, 28, 15, 0, 0, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 0, 0, 0, tzinfo=JAPAN), date(2026, 3, 1)),
        (datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=JAPAN), date(2025, 12, 1)),
    ],
    ids=["before-midnight", "midnight", "first-instant", "last-instant"],
)
def test_s0_24_a_month_is_that_of_japan(instant: datetime, month: date) -> None:
    assert month_of(instant) == month


@given(DAYS, st.integers(1, 120))
def test_s0_24_as_many_months_are_kept_as_said(today: date, months: int) -> None:
    month, count = first_month_kept(today, months), 1
    while month_after(month) <= today:
        month, count = month_after(month), count + 1
    assert (month, count) == (today.replace(day=1), months)


@given(DAYS)
def test_every_instant_of_a_month_is_in_it(day: date) -> None:
    first = day.replace(day=1)
    assert month_of(begin(first)) == first
    assert month_of(begin(month_after(first)) - timedelta(microseconds=1)) == first


@pytest.mark.parametrize("text", ["2024-04", "2025-12", "2026-03"])
def test_s0_24_a_month_that_is_kept_can_be_asked_for(text: str) -> None:
    assert f"{read_month(text, TODAY, FIRST):%Y-%m}" == text


def test_s0_24_no_month_is_the_present_one() -> None:
    assert read_month(None, TODAY, FIRST) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024-03", "calls.month_not_kept"),
        ("2026-04", "calls.month_not_kept"),
        ("9999-12", "calls.month_not_kept"),
        ("2026-13", "calls.month_format"),
        ("2026-00", "calls.month_format"),
        ("0000-01", "calls.month_format"),
        ("2026-3", "calls.month_format"),
        ("202603", "calls.month_format"),
        ("2026-03-01", "calls.month_format"),
        ("\uff12026-03", "calls.month_format"),
        ("2026-03\n", "calls.month_format"),
        ("", "calls.month_format"),
    ],
)
def test_s0_24_any_other_month_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_month(text, TODAY, FIRST)
    assert refused.value.code == code
    if code == "calls.month_not_kept":
        assert (refused.value.details["first"], refused.value.details["last"]) == ("2024-04", "2026-03")


# -- searches


@pytest.mark.parametrize(
    ("conditions", "pointer", "code"),
    [
        ({"phone_prefix": "050580"}, "phone_prefix", "lines.prefix_too_short"),
        ({"phone_prefix": "050-5805"}, "phone_prefix", "lines.prefix_not_digits"),
        ({"destination_prefix": "03"}, "destination_prefix", "calls.destination_too_short"),
        ({"destination_prefix": "03-123"}, "destination_prefix", "calls.destination_not_digits"),
        ({"destination_prefix": "\uff10\uff13\uff11"}, "destination_prefix", "calls.destination_not_digits"),
        ({"destination_prefix": "03%"}, "destination_prefix", "calls.destination_not_digits"),
        (
            {"day_from": date(2026, 3, 2), "day_to": date(2026, 3, 1)},
            "day_to",
            "calls.range_reversed",
        ),
    ],
)
def test_s0_26_a_wrong_condition_is_refused(conditions: dict[str, Any], pointer: str, code: str) -> None:
    error = refusal(**conditions)
    assert error.code == code
    assert [(one["pointer"], one["code"]) for one in error.details["errors"]] == [(pointer, code)]


def test_s0_26_all_wrong_conditions_are_named_at_once() -> None:
    error = refusal(
        phone_prefix="1", destination_prefix="x", day_from=date(2026, 3, 2), day_to=date(2026, 3, 1)
    )
    assert [one["pointer"] for one in error.details["errors"]] == [
        "phone_prefix",
        "destination_prefix",
        "day_to",
    ]


@given(DAYS, DAYS, DAYS, st.integers(0, 86_399))
def test_s0_26_days_are_inclusive_in_japan(one: date, other: date, day: date, second: int) -> None:
    first, last = sorted((one, other))
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    start, end = CallSearch(day_from=first, day_to=last).span(None, long_ago)
    instant = datetime.combine(day, time(), UTC) + timedelta(seconds=second)
    assert end is not None
    assert (start <= instant < end) == (first <= in_japan(instant).date() <= last)


def test_s0_25_nothing_before_the_application_is_asked_for() -> None:
    applied = datetime(2026, 3, 11, 3, 4, 5, 678, tzinfo=UTC)
    assert CallSearch().span(date(2026, 3, 1), applied) == (applied, begin(date(2026, 4, 1)))
    assert CallSearch(day_from=date(2026, 3, 12)).span(None, applied) == (begin(date(2026, 3, 12)), None)


def test_the_last_day_that_there_is_ends_no_search() -> None:
    assert CallSearch(day_to=date.max).span(None, begin(TODAY)) == (begin(TODAY), None)


# -- whose call


@dataclass(frozen=True)
class Served:
    start_date: date
    end_date: date | None


def on(day: int) -> date:
    return date(2026, 3, day)


OLD, NEW = Served(on(1), on(10)), Served(on(20), None)


@pytest.mark.parametrize(
    ("day", "line"),
    [(1, OLD), (10, OLD), (11, None), (19, None), (20, NEW), (31, NEW)],
)
def test_s0_24_a_call_is_the_line_s_that_had_the_number_then(day: int, line: Served | None) -> None:
    assert line_at([OLD, NEW], on(day)) == line
    assert line_at([NEW, OLD], on(day)) == line


def test_s0_24_on_the_day_of_a_change_the_number_is_the_new_line_s() -> None:
    new = Served(on(10), None)
    assert line_at([OLD, new], on(10)) == line_at([new, OLD], on(10)) == new


def test_a_day_before_all_lines_has_none() -> None:
    assert line_at([OLD, NEW], date(2026, 2, 28)) is None
    assert line_at([], on(1)) is None


# -- rows of a file


def test_a_good_row_is_taken() -> None:
    row = CallRow.model_validate(CALL)
    assert row.started_at == datetime(2026, 3, 11, 3, 34, 56, tzinfo=UTC)
    assert (row.duration_seconds, row.charge_yen) == (61, 8)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("record_id", "", "import.blank"),
        ("record_id", "記録", "import.bad_code"),
        ("record_id", "x" * 101, "import.bad_code"),
        ("phone_number", "050-5805-1234", "import.bad_phone"),
        ("started_at", "2026-03-11T12:34:56", "import.bad_time"),
        ("started_at", "2026-02-30T12:34:56+09:00", "import.bad_time"),
        ("started_at", "1999-12-31T12:34:56+09:00", "import.bad_time"),
        ("started_at", "", "import.bad_time"),
        ("destination", "", "import.blank"),
        ("destination", "03-1234", "import.bad_destination"),
        ("destination", "0" * 33, "import.bad_destination"),
        ("call_type", "local", "import.unknown_value"),
        ("duration_seconds", "-1", "import.bad_duration"),
        ("duration_seconds", "1.5", "import.bad_duration"),
        ("duration_seconds", "12345678", "import.bad_duration"),
        ("charge_yen", "", "import.bad_charge"),
        ("charge_yen", "¥8", "import.bad_charge"),
        ("charge_yen", "123456789", "import.bad_charge"),
    ],
)
def test_a_bad_value_is_refused(field: str, value: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CallRow.model_validate(CALL | {field: value})
    assert [(error["loc"], error["type"]) for error in refused.value.errors()] == [((field,), code)]
