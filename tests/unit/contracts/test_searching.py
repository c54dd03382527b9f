"""The search conditions of the line list as a value."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.contracts.searching import MINIMUM_PREFIX, LineSearch

DIGITS = st.text("0123456789", min_size=MINIMUM_PREFIX, max_size=14)


def refusal(**conditions: object) -> Invalid:
    with pytest.raises(Invalid) as refused:
        LineSearch(**conditions)  # type: ignore[arg-type]
    return refused.value


def test_no_condition_is_a_search() -> None:
    assert LineSearch() == LineSearch(phone_prefix=None, status="all", start_from=None, start_to=None)


@given(DIGITS)
def test_s1_07_seven_half_width_digits_or_more_are_a_prefix(prefix: str) -> None:
    assert LineSearch(phone_prefix=prefix).phone_prefix == prefix


@given(st.text("0123456789", min_size=1, max_size=MINIMUM_PREFIX - 1))
def test_s1_07_fewer_digits_are_refused(prefix: str) -> None:
    error = refusal(phone_prefix=prefix)
    assert error.code == "lines.prefix_too_short"
    assert error.details["errors"] == [
        {"pointer": "phone_prefix", "code": "lines.prefix_too_short", "minimum": 7}
    ]


@pytest.mark.parametrize(
    "prefix",
    [
        "050-5805",
        "0505805%",
        "050580_",
        "\uff105805805",
        "٠٥٠٥٨٠٥",
        "0505805\n",
        " 0505805",
        "0505805\x00",
        "+815058050",
    ],
)
def test_s1_07_anything_but_half_width_digits_is_refused(prefix: str) -> None:
    assert refusal(phone_prefix=prefix).code == "lines.prefix_not_digits"


@given(st.text(min_size=1).filter(lambda text: not (text.isascii() and text.isdigit())))
def test_s1_07_no_other_text_becomes_a_prefix(prefix: str) -> None:
    assert refusal(phone_prefix=prefix).code == "lines.prefix_not_digits"


def test_a_blank_prefix_is_no_condition() -> None:
    assert not LineSearch(phone_prefix="").phone_prefix


@given(st.dates(), st.dates())
def test_s1_10_a_range_is_refused_exactly_when_it_is_reversed(one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    LineSearch(start_from=earlier, start_to=later)
    LineSearch(start_from=later)
    LineSearch(start_to=earlier)
    if earlier < later:
        assert refusal(start_from=later, start_to=earlier).code == "lines.range_reversed"


def test_every_wrong_condition_is_named() -> None:
    error = refusal(phone_prefix="050580", start_from=date(2024, 3, 2), start_to=date(2024, 3, 1))
    assert [(one["pointer"], one["code"]) for one in error.details["errors"]] == [
        ("phone_prefix", "lines.prefix_too_short"),
        ("start_to", "lines.range_reversed"),
    ]


def test_a_search_does_not_change() -> None:
    with pytest.raises(AttributeError):
        LineSearch().phone_prefix = "0505805"  # type: ignore[misc]
