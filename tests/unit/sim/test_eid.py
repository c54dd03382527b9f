"""EIDs: their form and their check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.sim.eid import check_eid

# The examples of SGP.29 and of public test eUICCs.
KNOWN = ("89049032123451234512345678901235", "89086030202200000022000014352016")


def with_check_digits(body: int) -> str:
    """The 32 digits of an EID of which `body` is what its issuer chose."""
    return f"{body:030}{98 - body * 100 % 97:02}"


BODIES = st.integers(0, 10**30 - 1)


def refusal(eid: str) -> str:
    with pytest.raises(Invalid) as refused:
        check_eid(eid)
    return refused.value.code


@pytest.mark.parametrize("eid", KNOWN)
def test_known_eids_are_right(eid: str) -> None:
    assert check_eid(eid) == eid


@given(BODIES)
def test_every_eid_with_its_check_digits_is_right(body: int) -> None:
    assert check_eid(with_check_digits(body)) == with_check_digits(body)


@given(BODIES, st.sets(st.integers(0, 32)))
def test_spaces_do_not_matter(body: int, places: set[int]) -> None:
    eid = with_check_digits(body)
    spaced = "".join(" " * (place in places) + digit for place, digit in enumerate([*eid, ""]))
    assert check_eid(spaced) == eid


@given(BODIES, st.integers(0, 31), st.integers(1, 9))
def test_a_wrong_digit_is_found(body: int, place: int, more: int) -> None:
    eid = with_check_digits(body)
    wrong = str((int(eid[place]) + more) % 10)
    assert refusal(eid[:place] + wrong + eid[place + 1 :]) == "eid.check_digits"


@given(BODIES, st.integers(0, 30))
def test_two_neighbours_in_the_wrong_order_are_found(body: int, place: int) -> None:
    eid = with_check_digits(body)
    swapped = eid[:place] + eid[place + 1] + eid[place] + eid[place + 2 :]
    if swapped != eid:
        assert refusal(swapped) == "eid.check_digits"


@pytest.mark.parametrize(
    "eid",
    [
        "",
        KNOWN[0][:-1],
        KNOWN[0] + "0",
        KNOWN[0][:-1] + "A",
        "".join(chr(ord(digit) + 0xFEE0) for digit in KNOWN[0]),
        KNOWN[0][:-1] + "５",
        KNOWN[0].replace("8", "٨"),
        KNOWN[0][:16] + "\u3000" + KNOWN[0][16:],
        KNOWN[0] + "\n",
        KNOWN[0][:16] + "-" + KNOWN[0][16:],
    ],
    ids=[
        "empty",
        "short",
        "long",
        "letter",
        "full-width",
        "one-full-width",
        "arabic",
        "ideographic-space",
        "newline",
        "hyphen",
    ],
)
def test_other_forms_are_refused(eid: str) -> None:
    assert refusal(eid) == "eid.malformed"
