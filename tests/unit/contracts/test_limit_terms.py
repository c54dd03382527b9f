"""What a usage limit may say (S0-33): above all that its time bands of the same days do not overlap."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.limit_terms import (
    HIGHEST_CEILING,
    MOST_BANDS,
    Band,
    LimitTerms,
    bands,
    overlapping,
    problems,
)
from services.contracts.masters import code_problems, name_problems, version

DAYS = ("every_day", "weekdays", "weekends_and_holidays")


def terms(*rows: tuple[str, str, str], **more: Any) -> LimitTerms:
    entries = [{"days": days, "start": start, "end": end} for days, start, end in rows]
    return LimitTerms.model_validate({"bands": entries, **more})


def found(one: LimitTerms) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"].removeprefix("usage_limit.")) for fault in problems(one)]


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        pytest.param([], [], id="none"),
        pytest.param([("every_day", "00:00", "24:00")], [], id="whole-day"),
        pytest.param([("weekdays", "9:00", "12:00")], [], id="hour-of-one-digit"),
        pytest.param([("weekdays", "09:00", "12:00"), ("weekdays", "12:00", "18:00")], [], id="touching"),
        pytest.param(
            [("weekdays", "09:00", "18:00"), ("weekends_and_holidays", "10:00", "17:00")], [], id="other-days"
        ),
        pytest.param([("weekdays", "09:00", "09:00")], [("bands/0/end", "band_reversed")], id="no-time"),
        pytest.param([("weekdays", "22:00", "06:00")], [("bands/0/end", "band_reversed")], id="over-night"),
        pytest.param([("weekdays", "24:00", "24:00")], [("bands/0/end", "band_reversed")], id="from-24:00"),
        pytest.param([("weekdays", "09:00", "24:01")], [("bands/0/end", "band_time")], id="after-24:00"),
        pytest.param([("weekdays", "９:00", "12:00")], [("bands/0/start", "band_time")], id="full-width"),
        pytest.param(
            [("weekdays", "", "25:00")],
            [("bands/0/start", "band_time"), ("bands/0/end", "band_time")],
            id="neither",
        ),
        pytest.param(
            [("weekdays", "09:00", "12:00"), ("weekdays", "11:59", "13:00")],
            [("bands/1/start", "bands_overlap")],
            id="overlap",
        ),
        pytest.param(
            [("weekdays", "11:00", "13:00"), ("weekdays", "09:00", "18:00")],
            [("bands/0/start", "bands_overlap")],
            id="inside-another",
        ),
        pytest.param(
            [("weekdays", "09:00", "12:00"), ("weekdays", "09:00", "12:00")],
            [("bands/1/start", "bands_overlap")],
            id="twice",
        ),
        pytest.param(
            [("every_day", "00:00", "00:01")] * (MOST_BANDS + 1), [("bands", "too_many_bands")], id="too-many"
        ),
    ],
)
def test_s0_33_time_bands(rows: list[tuple[str, str, str]], faults: list[tuple[str, str]]) -> None:
    assert found(terms(*rows)) == faults


@pytest.mark.parametrize(
    ("ceiling", "good"),
    [(None, True), (1, True), (HIGHEST_CEILING, True), (0, False), (-1, False), (HIGHEST_CEILING + 1, False)],
)
def test_s0_33_the_monthly_ceiling(ceiling: int | None, good: bool) -> None:
    assert found(terms(monthly_ceiling=ceiling)) == ([] if good else [("monthly_ceiling", "ceiling")])


def test_bands_are_kept_in_the_order_of_days_and_times() -> None:
    one = terms(("weekdays", "13:00", "18:00"), ("every_day", "7:00", "8:00"), ("weekdays", "09:00", "12:00"))
    assert bands(one) == [
        Band("every_day", 420, 480),
        Band("weekdays", 540, 720),
        Band("weekdays", 780, 1080),
    ]
    assert bands(one)[0].entry() == {"days": "every_day", "start": "07:00", "end": "08:00"}


@st.composite
def some_bands(draw: st.DrawFn) -> list[Band]:
    made = []
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, 1439))
        made.append(Band(draw(st.sampled_from(DAYS)), start, draw(st.integers(start + 1, 1440))))
    return made


def share_a_minute(one: Band, other: Band) -> bool:
    both = set(range(one.from_minute, one.to_minute)) & set(range(other.from_minute, other.to_minute))
    return one.days == other.days and bool(both)


@given(some_bands())
def test_bands_overlap_exactly_if_two_of_the_same_days_share_a_minute(made: list[Band]) -> None:
    clash = overlapping(list(enumerate(made)))
    assert bool(clash) == any(share_a_minute(*two) for two in combinations(made, 2))
    for place in clash:
        assert any(share_a_minute(made[place], band) for other, band in enumerate(made) if other != place)


@given(some_bands())
def test_what_is_stored_reads_as_it_was_entered(made: list[Band]) -> None:
    kept = made[:MOST_BANDS]
    entered = LimitTerms.model_validate({"bands": [band.entry() for band in kept]})
    assert bands(entered) == sorted(kept)


@pytest.mark.parametrize("code", ["A", "0", "sales-1_B", "x" * 20])
def test_s0_33_codes(code: str) -> None:
    assert code_problems(code) == []


@pytest.mark.parametrize(
    "code",
    ["", "-", "-A", "_A", "A B", "x" * 21, "営業", "Ａ", "A\n", "A.B"],
    ids=["blank", "none", "hyphen", "line", "space", "long", "kanji", "full-width", "line-break", "point"],
)
def test_s0_33_what_is_no_code(code: str) -> None:
    assert [fault["code"] for fault in code_problems(code)] == ["master.code_format"]


@pytest.mark.parametrize("name", ["営業部", " 営業部 ", "x" * 50])
def test_s0_33_names(name: str) -> None:
    assert name_problems(name) == []


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 51, "a\nb", "\x00", "\ud800"],
    ids=["none", "blank", "long", "lines", "nul", "half"],
)
def test_s0_33_what_is_no_name(name: str) -> None:
    assert [fault["code"] for fault in name_problems(name)] == ["master.name"]


def test_the_version_tells_contents_apart() -> None:
    assert version({"name": "a", "bands": []}) == version({"bands": [], "name": "a"})
    assert version(["a"]) != version(["b"])
