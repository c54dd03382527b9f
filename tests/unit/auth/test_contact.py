"""Formats of login IDs, mail addresses and phone numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.contact import is_email, is_login_id, is_phone


@pytest.mark.parametrize("text", ["C91234567", "tc-0001", "taro.yamada@example.jp", "a_b", "x" * 64])
def test_login_ids(text: str) -> None:
    assert is_login_id(text)


@pytest.mark.parametrize(
    "text", ["", "ab", "-abc", ".abc", "a b c", "x" * 65, "ＡＢＣ", "abc\n", "abc\x00", "a,b"]
)
def test_what_is_no_login_id(text: str) -> None:
    assert not is_login_id(text)


@pytest.mark.parametrize(
    "text", ["hogehoge@ggg.co.jp", "a@b.jp", "first.last+tag@sub-domain.example", "o'neil@example.com"]
)
def test_mail_addresses(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@example.jp",
        "a@",
        "a@@example.jp",
        "a@example..jp",
        ".a@example.jp",
        "a.@example.jp",
        "a@-example.jp",
        "a b@example.jp",
        "a@example.jp\n",
        "a@example.jp\r\nBcc: b@example.jp",
        "a@example.jp,b@example.jp",
        "ａ@example.jp",
        "山田@example.jp",
        "x" * 65 + "@example.jp",
        "a@" + "x" * 64 + ".jp",
        "a@" + ".".join(["x" * 60] * 5),
    ],
)
def test_what_is_no_mail_address(text: str) -> None:
    assert not is_email(text)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_no_accepted_address_can_leave_its_header(text: str) -> None:
    for candidate in (text, f"{text}@example.jp", f"a@{text}.jp"):
        if is_email(candidate):
            assert candidate.isascii()
            assert not set(candidate) & set('\r\n\t <>(),;:\\"[]\x00')


@pytest.mark.parametrize("text", ["0441234567", "09012345678"])
def test_a_phone_number_has_10_or_11_digits(text: str) -> None:
    assert is_phone(text)


@pytest.mark.parametrize(
    "text",
    ["", "044-123-4567", "044123456", "090123456789", "０４４１２３４５６７", "+81441234567", "0441234567\n"],
)
def test_a_hyphenated_or_other_number_is_none(text: str) -> None:
    assert not is_phone(text)
