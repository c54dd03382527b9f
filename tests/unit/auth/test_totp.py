"""One-time passwords: the test vectors of RFC 6238, and which step is taken."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.totp import STEP_SECONDS, is_well_formed, matching_step

SECRET = b32encode(b"12345678901234567890").decode()  # of RFC 6238, appendix B
AT = datetime(2026, 4, 1, 9, 0, 10, tzinfo=UTC)
NOW = int(AT.timestamp()) // STEP_SECONDS
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def code(step: int) -> str:
    return pyotp.HOTP(SECRET).at(step)


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_cut_to_six_digits(seconds: int, eight_digits: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(SECRET, eight_digits[2:], at, None) == seconds // STEP_SECONDS


@pytest.mark.parametrize(
    ("offset", "taken"), [(-3, False), (-2, False), (-1, True), (0, True), (1, True), (2, False), (3, False)]
)
def test_one_step_on_either_side_is_tolerated(offset: int, taken: bool) -> None:
    assert (matching_step(SECRET, code(NOW + offset), AT, None) is not None) == taken


@pytest.mark.parametrize(
    ("last", "offset", "taken"),
    [
        (0, 0, False),
        (0, -1, False),
        (0, 1, True),
        (-1, -1, False),
        (-1, 0, True),
        (1, 0, False),
        (1, 1, False),
    ],
)
def test_a_step_is_taken_once_and_none_before_it(last: int, offset: int, taken: bool) -> None:
    assert (matching_step(SECRET, code(NOW + offset), AT, NOW + last) is not None) == taken


@given(INSTANTS, st.integers(-1, 1), st.integers(-5, 5))
def test_what_was_taken_is_never_taken_again(at: datetime, offset: int, later: int) -> None:
    offered = code(int(at.timestamp()) // STEP_SECONDS + offset)
    step = matching_step(SECRET, offered, at, None)
    assert step is not None
    then = at + timedelta(seconds=STEP_SECONDS * abs(later))
    again = matching_step(SECRET, offered, then, step)
    assert again is None or again > step  # another step may have the same digits


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12 456", "abcdef", "１２３４５６", "123456\n", "٣٣٣٣٣٣"]
)
def test_anything_but_six_half_width_digits_is_malformed(typed: str) -> None:
    assert not is_well_formed(typed)


def test_leading_zeros_count() -> None:
    assert is_well_formed("000001")
    assert not is_well_formed("1")
