"""Which passwords are refused, and why."""

import secrets
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from services.auth.password_policy import personal_words, problems
from services.auth.passwords import LONGEST, normalised

MINATO = ["minato-admin", "taro.minato", "ミナト通信", "Minato Telecom", "みなと物流株式会社"]
ANYTHING = st.text(alphabet=st.characters(codec="utf-8"))


def codes(password: str, minimum: int = 8, personal: list[str] = MINATO, score: int = 3) -> list[str]:
    return [one["code"] for one in problems(password, minimum=minimum, personal=personal, score=score)]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "vJFX18syMAWF-42",
        "  spaces at both ends  ",
        "あさひ に におう やまざくら",
        "🦊 jumps over 🐶 twice",
        "Ÿþ¥œ£ðßñ µæçø",
        "kæ2\x00q9\x07vZ",
    ],
)
def test_every_character_is_welcome(password: str) -> None:
    assert codes(password) == []


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("k4Vq8Zt", ["password.too_short"]),
        ("k4Vq8Zt2", []),
        ("", ["password.too_short"]),
        ("iloveyou1", ["password.common"]),
        ("ILoveYou1", ["password.common"]),
        ("dragon", ["password.too_short", "password.common"]),
        ("xK7-minato-admin-2p", ["password.personal"]),
        ("xK7-MINATO-ADMIN-2p", ["password.personal"]),
        ("Taro.Minato/2026/spring", ["password.personal"]),
        ("わたしはみなと物流株式会社の者です", ["password.personal"]),
        ("my MINATO TELECOM phone", ["password.personal"]),
        ("P@ssw0rd12345678", ["password.weak"]),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", ["password.weak"]),
        ("qwertyuiopasdfgh", ["password.weak"]),
        ("2026-11-20", ["password.weak"]),
        ("x" * 129, ["password.too_long"]),
    ],
)
def test_each_reason(password: str, expected: list[str]) -> None:
    assert codes(password) == expected


@pytest.mark.parametrize(("minimum", "length", "expected"), [(8, 7, 1), (8, 8, 0), (15, 14, 1), (15, 15, 0)])
def test_the_least_length(minimum: int, length: int, expected: int) -> None:
    found = problems("k4Vq8Zt2mWx7Lp3"[:length], minimum=minimum, personal=[], score=3)
    assert found == [{"code": "password.too_short", "minimum": minimum}] * expected


def test_the_greatest_length() -> None:
    random = secrets.token_urlsafe(LONGEST)
    assert problems(random[:128], minimum=15, personal=[], score=4) == []
    assert problems(random[:129], minimum=15, personal=[], score=4) == [
        {"code": "password.too_long", "maximum": 128}
    ]


def test_the_least_score() -> None:
    assert codes("k4Vq8Zt2", score=4) == ["password.weak"]
    assert codes("k4Vq8Zt2", score=3) == []
    assert codes("k4Vq8Zt", minimum=1, score=3) == ["password.weak"]
    assert codes("qwertyuiopasdfgh", score=0) == []


def test_a_word_of_the_person_is_part_of_no_good_password_even_in_disguise() -> None:
    assert codes("M1n@t0-@dm1n", personal=["minato-admin"]) == ["password.weak"]
    assert codes("M1n@t0-@dm1n", personal=[]) == []


def test_two_letters_are_no_word() -> None:
    assert codes("xK7-ab-q92Lm", personal=["ab"]) == []
    assert codes("xK7-abc-q92L", personal=["abc"]) == ["password.personal"]


def test_the_words_of_a_person() -> None:
    assert personal_words("C900000001", "taro@minato.example", "ミナト通信", None) == [
        "C900000001",
        "taro",
        "ミナト通信",
    ]
    assert personal_words("C900000001", None) == ["C900000001"]


def test_the_same_password_from_every_keyboard() -> None:
    full_width = "ｋ４Ｖｑ　８Ｚｔ２"
    apart = unicodedata.normalize("NFD", "がぎぐげご")
    assert normalised(full_width) == normalised("k4Vq 8Zt2") == "k4Vq 8Zt2"
    assert normalised(apart) == "がぎぐげご"
    assert codes("ｉｌｏｖｅｙｏｕ１") == ["password.common"]


def test_a_hard_nut_does_not_take_for_ever() -> None:
    assert codes(("4@8({[<369!1|70$5+2%" * 10)[:128]) == []


@given(ANYTHING, st.integers(8, 64), st.lists(st.text(max_size=20), max_size=3), st.integers(0, 4))
def test_any_text_is_judged(password: str, minimum: int, personal: list[str], score: int) -> None:
    found = [one["code"] for one in problems(password, minimum=minimum, personal=personal, score=score)]
    length = len(unicodedata.normalize("NFKC", password))
    assert ("password.too_long" in found) == (length > LONGEST)
    assert ("password.too_short" in found) == (length < minimum)
    assert "password.weak" not in found or found == ["password.weak"]
    assert len(set(found)) == len(found)


@given(st.sampled_from(FREQUENCY_LISTS["passwords"]), st.randoms(use_true_random=False))
def test_a_common_password_is_refused_in_whatever_case(password: str, dice: object) -> None:
    mixed = "".join(letter.upper() if dice.random() < 0.5 else letter for letter in password)  # type: ignore[attr-defined]
    assert "password.common" in codes(mixed, personal=[])


@given(
    st.text(max_size=40),
    st.text(min_size=3, max_size=20, alphabet="abcdefghij0123456789-_あ港"),
    st.text(max_size=40),
)
def test_a_personal_word_is_found_wherever_it_stands(before: str, word: str, after: str) -> None:
    found = codes(f"{before}/{word.upper()}/{after}", personal=[word])
    assert found == ["password.too_long"] or "password.personal" in found


@given(ANYTHING)
def test_normalising_again_changes_nothing(password: str) -> None:
    once = normalised(password)
    assert len(once) <= LONGEST + 1
    assert len(once) > LONGEST or normalised(once) == once == unicodedata.normalize("NFKC", password)


@given(st.integers(129, 4000), st.sampled_from(["x", "が", "ᾧ", "각"]))
def test_an_overlong_password_never_passes_for_a_shorter_one(length: int, letter: str) -> None:
    decomposed = unicodedata.normalize("NFD", letter) * length
    assert len(normalised(decomposed)) == LONGEST + 1
