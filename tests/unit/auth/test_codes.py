"""Login codes: form, storage, validity."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.codes import (
    AttemptState,
    Verdict,
    attempt_id,
    code_digest,
    expires_at,
    is_well_formed,
    judge,
    new_code,
)

PEPPER = "p" * 32
ISSUED = datetime(2024, 2, 29, 2, 51, tzinfo=UTC)  # 11:51 in Japan
LAST = expires_at(ISSUED, 20)
RIGHT, OTHER = (code_digest(code, "an attempt", PEPPER) for code in ("094672", "094673"))

codes = st.from_regex(r"\A[0-9]{6}\Z")


def test_a_new_code_is_six_digits() -> None:
    assert all(is_well_formed(new_code()) for _ in range(1000))


def test_codes_begin_with_zero_as_often_as_with_any_digit() -> None:
    first_digits = Counter(new_code()[0] for _ in range(20_000))
    assert {digit for digit, count in first_digits.items() if 1_700 < count < 2_300} == set("0123456789")


@pytest.mark.parametrize("code", ["000000", "094672", "999999"])
def test_s0_08_a_leading_zero_belongs_to_the_code(code: str) -> None:
    assert is_well_formed(code)


def test_s0_08_the_code_without_its_leading_zero_is_refused() -> None:
    assert not is_well_formed("94672")
    assert code_digest("94672", "an attempt", PEPPER) != RIGHT


@pytest.mark.parametrize(
    "code",
    [
        "",
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "12３456",
        "123 456",
        " 123456",
        "123456\n",
        "-12345",
        "+12345",
        "١٢٣٤٥٦",
    ],
)
def test_s0_12_only_six_half_width_digits_are_a_code(code: str) -> None:
    assert not is_well_formed(code)


@given(st.text())
def test_s0_12_whatever_is_well_formed_is_six_ascii_digits(text: str) -> None:
    assert is_well_formed(text) == (len(text) == 6 and all(letter in "0123456789" for letter in text))


@given(codes, st.text(min_size=1), st.text(min_size=1))
def test_a_digest_belongs_to_its_attempt(code: str, one: str, other: str) -> None:
    same = attempt_id(one) == attempt_id(other)
    assert (
        code_digest(code, attempt_id(one), PEPPER) == code_digest(code, attempt_id(other), PEPPER)
    ) == same


@given(codes)
def test_a_digest_depends_on_the_pepper(code: str) -> None:
    assert code_digest(code, "an attempt", PEPPER) != code_digest(code, "an attempt", "q" * 32)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (timedelta(0), Verdict.RIGHT),
        (timedelta(minutes=19, seconds=59), Verdict.RIGHT),
        (timedelta(minutes=20), Verdict.RIGHT),
        (timedelta(minutes=20, microseconds=1), Verdict.EXPIRED),
        (timedelta(minutes=20, seconds=1), Verdict.EXPIRED),
        (timedelta(days=365), Verdict.EXPIRED),
    ],
)
def test_s0_09_a_code_lives_for_exactly_twenty_minutes(after: timedelta, verdict: Verdict) -> None:
    assert judge(AttemptState.OPEN, RIGHT, RIGHT, LAST, ISSUED + after) is verdict


def test_a_wrong_code_in_time_is_wrong() -> None:
    assert judge(AttemptState.OPEN, RIGHT, OTHER, LAST, ISSUED) is Verdict.WRONG


def test_s0_10_after_its_time_a_wrong_code_is_no_try() -> None:
    assert judge(AttemptState.OPEN, RIGHT, OTHER, LAST, LAST + timedelta(seconds=1)) is Verdict.EXPIRED


@pytest.mark.parametrize("state", [state for state in AttemptState if state is not AttemptState.OPEN])
@pytest.mark.parametrize("offered", [RIGHT, OTHER])
@pytest.mark.parametrize("at", [ISSUED, LAST + timedelta(days=1)])
def test_s0_11_only_an_open_attempt_takes_a_code(state: AttemptState, offered: str, at: datetime) -> None:
    assert judge(state, RIGHT, offered, LAST, at) is Verdict.UNUSABLE
