"""What may be applied for, and when a number may be given out again."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.contracts import application_rules as rules
from services.contracts.application_rules import Limits, Wish
from services.contracts.number_reuse import unfit, which_line
from services.contracts.termination_rules import is_in_service, may_end_on

TODAY = date(2026, 2, 28)
LIMITS = rules.limits(TODAY, numbers=100, channels=30, days=90)
GOOD = {
    "count": 1,
    "wished_date": TODAY,
    "channels": 1,
    "contact_name": "山田 花子",
    "contact_phone": "0312345678",
    "contact_email": "hanako@yamada.example",
}


def codes(**changes: object) -> list[tuple[str, str]]:
    try:
        rules.check(Wish(**(GOOD | changes)), LIMITS)  # type: ignore[arg-type]
    except Invalid as error:
        return [(each["pointer"], each["code"]) for each in error.details["errors"]]
    return []


def test_the_limits_of_a_day() -> None:
    assert Limits(100, 30, TODAY, date(2026, 5, 29)) == LIMITS


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("count", [1, 100], [0, -1, 101, 2**31 - 1]),
        ("channels", [1, 30], [0, 31]),
        (
            "wished_date",
            [TODAY, TODAY + timedelta(days=90)],
            [TODAY - timedelta(days=1), TODAY + timedelta(days=91)],
        ),
        ("contact_name", ["a", "山" * 100], ["", "　", "山" * 101, "a\tb", "\ud800"]),
        ("contact_phone", ["0312345678", "09012345678"], ["", "031234567", "090123456789", "1312345678"]),
        ("contact_email", ["a@b.example", "a+b@c.d.example"], ["", "a@b", "a b@c.example", "あ@b.example"]),
    ],
    ids=["count", "channels", "start", "name", "phone", "mail"],
)
def test_s0_28_each_field(field: str, good: list[object], bad: list[object]) -> None:
    assert [codes(**{field: value}) for value in good] == [[]] * len(good)
    code = "start_date.out_of_range" if field == "wished_date" else f"application.{field}"
    assert [codes(**{field: value}) for value in bad] == [[(field, code)]] * len(bad)


def test_s0_28_all_problems_are_told_at_once() -> None:
    found = codes(count=0, channels=0, contact_name="", contact_phone="", contact_email="")
    assert [pointer for pointer, _ in found] == [
        "count",
        "channels",
        "contact_name",
        "contact_phone",
        "contact_email",
    ]


def test_application_numbers() -> None:
    assert rules.application_number("C900000001", 2026, 1) == "C900000001-AN260001"
    assert rules.application_number("C900000001", 2026, 12345) == "C900000001-AN2612345"


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 3650), st.integers(-4000, 4000))
def test_a_number_rests_for_its_quarantine(ended_on: date, quarantine: int, offset: int) -> None:
    state = rules.number_state(ended_on, True, ended_on + timedelta(days=offset), quarantine)
    if offset < 0:
        assert state == "in_use"
    else:
        assert state == ("free" if offset >= quarantine else "quarantined")


def test_a_number_without_a_line_is_free_and_one_without_an_end_in_use() -> None:
    assert rules.number_state(None, False, TODAY, 180) == "free"
    assert rules.number_state(None, True, TODAY, 180) == "in_use"


def test_s1_13_a_line_ends_on_its_end_date() -> None:
    assert is_in_service(None, TODAY)
    assert is_in_service(TODAY + timedelta(days=1), TODAY)
    assert not is_in_service(TODAY, TODAY)


@pytest.mark.parametrize(
    ("day", "allowed"),
    [(TODAY, True), (date(2026, 1, 1), True), (date(2025, 12, 31), False), (date(2026, 3, 1), False)],
    ids=["today", "start", "before-start", "tomorrow"],
)
def test_s1_13_an_end_is_not_ahead(day: date, allowed: bool) -> None:
    assert may_end_on(day, date(2026, 1, 1), TODAY) is allowed


class Line:
    def __init__(self, start: str, end: str | None = None) -> None:
        self.start_date = date.fromisoformat(start)
        self.end_date = date.fromisoformat(end) if end else None


OLD, NEW = Line("2020-01-01", "2020-12-31"), Line("2022-01-01")


@pytest.mark.parametrize(
    ("start", "lines", "meant"),
    [
        ("2020-01-01", [], None),
        ("2020-01-01", [OLD], OLD),
        ("2020-02-01", [OLD], OLD),
        ("2021-01-01", [OLD], None),
        ("2020-01-01", [OLD, NEW], OLD),
        ("2022-01-01", [OLD, NEW], NEW),
        ("2023-01-01", [OLD, NEW], NEW),
    ],
    ids=["none", "same", "corrected", "after-the-end", "former", "newest", "newest-corrected"],
)
def test_which_line_a_row_is_about(start: str, lines: list[Line], meant: Line | None) -> None:
    assert which_line(date.fromisoformat(start), lines) is meant


@pytest.mark.parametrize(
    ("start", "end", "meant", "lines", "code"),
    [
        ("2021-06-28", None, None, [OLD], "import.number_quarantined"),
        ("2021-06-29", None, None, [OLD], None),
        ("2020-01-01", "2022-01-01", OLD, [OLD, NEW], "import.number_overlaps"),
        ("2020-01-01", None, OLD, [OLD, NEW], "import.number_overlaps"),
        ("2020-01-01", "2021-12-31", OLD, [OLD, NEW], None),
        ("2020-06-01", None, NEW, [OLD, NEW], "import.number_overlaps"),
        ("2021-01-01", None, NEW, [OLD, NEW], None),
    ],
    ids=["rests", "rested", "meets", "open-end", "before", "into-the-former", "corrected"],
)
def test_lines_of_a_number_keep_apart(
    start: str, end: str | None, meant: Line | None, lines: list[Line], code: str | None
) -> None:
    last = date.fromisoformat(end) if end else None
    found = unfit(date.fromisoformat(start), last, meant, lines, 180)
    assert (found or {}).get("code") == code
