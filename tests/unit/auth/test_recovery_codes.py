"""Recovery codes: how they may be typed, and what is stored of them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.recovery_codes import COUNT, digest, new_set, normalised

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODES = st.text(LETTERS, min_size=10, max_size=10)
SET = [f"ABCD{number}-EFGH{number}" for number in range(COUNT)]
ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("7K3QM-0XW9C", "7K3QM0XW9C"),
        (" 7k3qm 0xw9c ", "7K3QM0XW9C"),
        ("7K3QM-OXW9C", "7K3QM0XW9C"),  # the letter O for the digit
        ("7K3QM-0XW9I", "7K3QM0XW91"),
        ("7k3qm-0xw9l", "7K3QM0XW91"),
        ("7K3QM-0XW9", None),
        ("7K3QM-0XW9CC", None),
        ("7K3QM-0XW9U", None),
        ("７K3QM-0XW9C", None),
        ("", None),
        ("7K3QM_0XW9C", None),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: str | None) -> None:
    assert normalised(typed) == code


@given(CODES)
def test_grouping_and_case_do_not_count(code: str) -> None:
    assert normalised(f"{code[:5]}-{code[5:]}".lower()) == code


@given(CODES, CODES)
def test_a_digest_is_of_one_code_and_one_account(code: str, other: str) -> None:
    stored = digest(code, ONE, "pepper")
    assert (stored == digest(other, ONE, "pepper")) == (code == other)
    assert stored != digest(code, OTHER, "pepper")
    assert stored != digest(code, ONE, "another")
    assert code not in stored


def test_a_set_is_ten_different_codes() -> None:
    assert new_set(SET) == [code.replace("-", "") for code in SET]


@pytest.mark.parametrize(
    "codes", [[], SET[:9], [*SET, "ABCDX-EFGHX"], [*SET[:9], SET[0]], [*SET[:9], "no code"]]
)
def test_anything_else_is_no_set(codes: list[str]) -> None:
    with pytest.raises(ValueError, match="recovery codes"):
        new_set(codes)
