"""When a mail address may be registered at a login."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.recovery_rules import format_problems, masked, matches, tries_left

PHONE = "0441234567"
NEW = "hogehoge@ggg.co.jp"
PHONES = st.from_regex(r"0[0-9]{9,10}", fullmatch=True)


@pytest.mark.parametrize("phone", ["0441234567", "09012345678"])
def test_s0_17_a_number_without_hyphens(phone: str) -> None:
    assert format_problems(NEW, phone) == []


@pytest.mark.parametrize(
    "phone", ["044-123-4567", "０４４１２３４５６７", "044123456", "+81441234567", "", "044 1234567"]
)
def test_s0_17_any_other_writing_is_a_slip(phone: str) -> None:
    assert format_problems(NEW, phone) == [{"pointer": "contact_phone", "code": "phone.format"}]


@pytest.mark.parametrize(
    "email", ["", "hogehoge", "hogehoge@ggg", "hoge hoge@ggg.co.jp", "ｈｏｇｅ@ggg.co.jp"]
)
def test_s0_16_an_address_that_is_none_is_a_slip(email: str) -> None:
    assert format_problems(email, PHONE) == [{"pointer": "email", "code": "email.format"}]


def test_all_slips_are_named_at_once() -> None:
    assert [one["pointer"] for one in format_problems("x", "x")] == ["email", "contact_phone"]


def test_s0_18_the_registered_number_matches() -> None:
    assert matches(PHONE, PHONE)


@pytest.mark.parametrize("registered", [None, ""])
@pytest.mark.parametrize("typed", [PHONE, ""])
def test_an_account_without_a_number_never_matches(registered: str | None, typed: str) -> None:
    assert not matches(registered, typed)


@given(PHONES, PHONES)
def test_only_the_same_number_matches(registered: str, typed: str) -> None:
    assert matches(registered, typed) == (registered == typed)


@pytest.mark.parametrize(("wrong", "left"), [(0, 3), (1, 2), (2, 1), (3, 0), (4, 0)])
def test_s0_20_s0_21_three_tries(wrong: int, left: int) -> None:
    assert tries_left(wrong, 3) == left


@pytest.mark.parametrize(
    ("email", "shown"), [("hogehoge@ggg.co.jp", "h***@ggg.co.jp"), ("a@b.example", "a***@b.example")]
)
def test_an_address_that_its_owner_knows_again(email: str, shown: str) -> None:
    assert masked(email) == shown


@given(st.from_regex(r"[a-z]{2,20}@[a-z]{1,10}\.example", fullmatch=True))
def test_a_masked_address_cannot_be_written_to(email: str) -> None:
    assert masked(email) == email[0] + "***" + email[email.index("@") :]
    assert masked(email) != email
