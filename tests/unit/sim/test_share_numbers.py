"""Lists of numbers for a share group: how a file is read, what is refused in which row, and what a list changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sim.msisdns import hyphenated
from services.sim.share_numbers import MOST_REPORTED, difference, judge, lines_of, written

A, B, C = "02010000001", "02010000002", "02010000003"

FILES = {
    "quoted": '"020-1000-0001"\n"020-1000-0002"\n',
    "plain": "020-1000-0001\n020-1000-0002",
    "crlf": '"020-1000-0001"\r\n"020-1000-0002"\r\n',
    "cr": "020-1000-0001\r020-1000-0002\r",
    "bom": '\ufeff"020-1000-0001"\r\n"020-1000-0002"',
    "spaces": '  "020-1000-0001" \n\t020-1000-0002\u3000\n',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_s4_17_a_file_is_read_whatever_its_line_ends_and_quotes(text: str) -> None:
    assert lines_of(text) == [(1, "020-1000-0001"), (2, "020-1000-0002")]


def test_s4_17_blank_lines_are_skipped_but_counted() -> None:
    assert lines_of('\n"020-1000-0001"\n\n   \n""\n020-1000-0002\n\n') == [
        (2, "020-1000-0001"),
        (6, "020-1000-0002"),
    ]


def test_s4_17_every_wrong_row_is_told_with_its_reason() -> None:
    rows = [
        (1, hyphenated(A)),
        (2, A),
        (4, "電話番号"),
        (5, hyphenated(A)),
        (6, "020-1000-9999"),
        (7, hyphenated(B)),
        (8, hyphenated(C)),
        (9, "020-1000-0004"),
    ]
    numbers = written(rows)
    judge(numbers, {A: "active", B: "suspended", C: "active", "02010000004": "terminated"}, set(), {C})
    assert numbers.reported() == {
        "errors": [
            {"row": 2, "value": A, "code": "share.number_unhyphenated"},
            {"row": 4, "value": "電話番号", "code": "share.number_malformed"},
            {"row": 5, "value": hyphenated(A), "code": "share.number_duplicate", "first_row": 1},
            {"row": 6, "value": "020-1000-9999", "code": "share.number_unknown"},
            {"row": 7, "value": hyphenated(B), "code": "share.number_not_active"},
            {"row": 8, "value": hyphenated(C), "code": "share.number_grouped"},
            {"row": 9, "value": "020-1000-0004", "code": "share.number_not_active"},
        ],
        "error_count": 7,
    }


STAYING = [("active", True), ("suspended", True), ("reissuing", True), ("error", True), ("terminated", False)]


@pytest.mark.parametrize(("status", "stays"), STAYING, ids=[status for status, _ in STAYING])
def test_a_member_may_stay_as_long_as_its_sim_is_not_terminated(status: str, stays: bool) -> None:
    numbers = written([(1, hyphenated(A))])
    judge(numbers, {A: status}, {A}, set())
    assert (numbers.problems == []) is stays


def test_a_long_value_is_cut_and_many_errors_are_counted() -> None:
    numbers = written([(row, "x" * 500) for row in range(1, MOST_REPORTED + 51)])
    told = numbers.reported()
    assert (len(told["errors"]), told["error_count"]) == (MOST_REPORTED, MOST_REPORTED + 50)
    assert len(told["errors"][0]["value"]) == 40


NUMBERS = st.lists(st.from_regex(r"0[2789]0[0-9]{8}", fullmatch=True), unique=True, max_size=30)


@given(NUMBERS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_what_is_written_to_a_file_is_read_from_it(
    numbers: list[str], end: str, quoted: bool, marked: bool
) -> None:
    quote = '"' if quoted else ""
    text = ("\ufeff" if marked else "") + "".join(
        f"{quote}{hyphenated(each)}{quote}{end}" for each in numbers
    )
    read = written(lines_of(text))
    assert list(read.rows) == numbers
    assert read.problems == []


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    read = written(lines_of(text))
    assert len(read.rows) + len(read.problems) == len(lines_of(text))


@given(NUMBERS, NUMBERS)
def test_s4_27_a_change_is_what_makes_the_members_those_of_the_list(
    before: list[str], after: list[str]
) -> None:
    changed = difference(before, after)
    assert set(before) - set(changed.removed) | set(changed.added) == set(after)
    assert len(changed.added) + len(changed.unchanged) == len(after)
    assert len(changed.removed) + len(changed.unchanged) == len(before)
