"""What staff type may be a name, a code or a telephone number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.lookup import Wanted, wanted

PHONES = st.from_regex(r"0[0-9]{6,13}", fullmatch=True)
SEPARATORS = st.sampled_from(["-", " ", "　", "－", "‐", "–", "(", ")", "（", "）", ""])


@pytest.mark.parametrize(
    ("query", "text", "phone_prefix"),
    [
        ("  みなと商店　", "みなと商店", None),
        ("ﾐﾅﾄ", "ミナト", None),
        ("ＴＣ0001－00001", "tc0001-00001", None),
        ("0505805", "0505805", "0505805"),
        ("050580", "050580", None),
        ("０５０−５８０５", "050−5805", "0505805"),
        ("(03) 1234-5678", "(03) 1234-5678", "0312345678"),
        ("0505805x", "0505805x", None),
        ("", "", None),
        ("---", "---", None),
    ],
    ids=[
        "name",
        "half-width-kana",
        "full-width-code",
        "seven-digits",
        "six-digits",
        "full-width-digits",
        "brackets",
        "digits-and-more",
        "nothing",
        "hyphens",
    ],
)
def test_words_are_read_as_people_write_them(query: str, text: str, phone_prefix: str | None) -> None:
    assert wanted(query) == Wanted(text, phone_prefix)


@given(PHONES, st.data())
def test_a_number_is_the_same_however_it_is_divided(phone: str, data: st.DataObject) -> None:
    written = "".join(digit + data.draw(SEPARATORS) for digit in phone)
    assert wanted(written).phone_prefix == phone


@given(st.text(max_size=64))
def test_reading_twice_changes_nothing(query: str) -> None:
    once = wanted(query)
    assert wanted(once.text).phone_prefix == once.phone_prefix
