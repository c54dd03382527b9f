"""What a change makes of a SIM's options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sim.kinds.options import changed

KNOWN = ["data_share", "recharge", "filter"]
some = st.lists(st.sampled_from(KNOWN), unique=True)
held = st.lists(st.sampled_from([*KNOWN, "former"]), unique=True)


@pytest.mark.parametrize(
    ("has", "add", "remove", "expected"),
    [
        ([], ["recharge"], [], ["recharge"]),
        (["recharge"], ["data_share"], [], ["data_share", "recharge"]),
        (["recharge"], ["data_share"], ["recharge"], ["data_share"]),
        (["recharge"], [], ["data_share"], ["recharge"]),
        (["former", "recharge"], ["filter"], [], ["recharge", "filter", "former"]),
        (["former", "recharge"], [], ["former"], ["recharge"]),
    ],
    ids=["first", "second", "instead", "absent", "no-longer-offered", "last-of-its-kind"],
)
def test_s4_58_options_are_added_and_removed(
    has: list[str], add: list[str], remove: list[str], expected: list[str]
) -> None:
    assert changed(has, add, remove, KNOWN) == expected


@given(held, some, held)
def test_s4_58_nothing_else_changes(has: list[str], add: list[str], remove: list[str]) -> None:
    add = [code for code in add if code not in remove]
    after = changed(has, add, remove, KNOWN)
    assert set(after) == {*has, *add} - {*remove}
    assert len(after) == len(set(after))
    assert changed(after, add, remove, KNOWN) == after
