"""How numbers are written, and which writings are taken for numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sim.msisdns import hyphenated, is_number, plain

WRITTEN = [
    ("02010000022", "020-1000-0022"),
    ("07012345678", "070-1234-5678"),
    ("08012345678", "080-1234-5678"),
    ("09012345678", "090-1234-5678"),
    ("0312345678", "031-234-5678"),
    ("00000000000000", "000-0000-0000000"),
    ("020000000000000", "020-0000-00000000"),
    ("12345", "12345"),
    ("", ""),
    ("abc", "abc"),
]


@pytest.mark.parametrize(("digits", "written"), WRITTEN, ids=[digits or "empty" for digits, _ in WRITTEN])
def test_numbers_are_written_with_hyphens(digits: str, written: str) -> None:
    assert hyphenated(digits) == written


OTHERS = [
    "02010000022",
    "0201000-0022",
    "020-10000-022",
    "020--1000-0022",
    "-020-1000-0022",
    "０２０-1000-0022",
    "020-1000-002a",
    "020 1000 0022",
    "",
    "-",
]


@pytest.mark.parametrize("text", OTHERS, ids=[each or "empty" for each in OTHERS])
def test_s4_17_other_writings_are_no_numbers(text: str) -> None:
    assert plain(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02010000022", True),
        ("0201000-0022", True),
        ("０２０１０００００２２", False),
        ("電話番号", False),
        ("", False),
    ],
    ids=["plain", "one-hyphen", "full-width", "title", "empty"],
)
def test_digits_with_or_without_hyphens_are_told_from_other_texts(text: str, expected: bool) -> None:
    assert is_number(text) is expected


@given(st.from_regex(r"[0-9]{8,16}", fullmatch=True))
def test_reading_undoes_writing(digits: str) -> None:
    assert plain(hyphenated(digits)) == digits
    assert hyphenated(digits).count("-") == 2
