"""What a file of wished choices would change, by examples and for any wishes at all."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts import bulk_rows
from services.contracts.bulk_difference import Change, Chosen, Present, chosen, difference, fingerprint
from services.contracts.bulk_rows import TITLES, ChoiceRow
from services.contracts.chosen_line import ChosenLine
from services.contracts.pair_rules import is_050, is_mobile

TODAY = date(2026, 4, 1)
PHONES = [f"0501000000{digit}" for digit in range(6)]
MOBILES = [f"0901000000{digit}" for digit in range(6)]
GROUPS, LIMITS = ["001", "sales"], ["home"]

State = dict[str, Chosen]


def a_line(phone: str, has: Chosen, end_date: date | None = None) -> ChosenLine:
    return ChosenLine(
        line_id=int(phone),
        number=1,
        phone_number=phone,
        end_date=end_date,
        contract_code="K1",
        customer_code="C1",
        mobile_number=has.mobile_number or None,
        group_id=None,
        group_code=has.group_code or None,
        limit_id=None,
        limit_code=has.limit_code or None,
    )


def present(state: State, elsewhere: dict[str, str] | None = None) -> Present:
    """The database with these lines, and with `elsewhere` the mobile numbers of other contracts' lines."""
    holders = {has.mobile_number: phone for phone, has in state.items() if has.mobile_number}
    return Present(
        lines={phone: a_line(phone, has) for phone, has in state.items()},
        holders=holders | (elsewhere or {}),
        groups=GROUPS,
        limits=LIMITS,
        today=TODAY,
    )


def rows_of(wishes: State) -> list[tuple[int, ChoiceRow]]:
    return [
        (number, ChoiceRow(phone_number=phone, **wish._asdict()))
        for number, (phone, wish) in enumerate(wishes.items(), 2)
    ]


def applied(state: State, changes: list[Change]) -> State:
    return state | {change.phone_number: change.after for change in changes}


codes = st.sampled_from(["", *GROUPS]), st.sampled_from(["", *LIMITS])


@st.composite
def states(draw: st.DrawFn) -> State:
    """Lines of a contract, no two with the same mobile number."""
    phones = draw(st.lists(st.sampled_from(PHONES), unique=True, min_size=1))
    mobiles = draw(st.permutations(MOBILES))
    return {
        phone: Chosen(mobile if draw(st.booleans()) else "", draw(codes[0]), draw(codes[1]))
        for phone, mobile in zip(phones, mobiles, strict=False)
    }


wild_wishes = st.dictionaries(
    st.sampled_from([*PHONES, "05099999999"]),
    st.builds(
        Chosen,
        st.sampled_from(["", *MOBILES, "090", "０９０"]),
        st.sampled_from(["", *GROUPS, "x"]),
        codes[1],
    ),
    min_size=1,
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[State, State]:
    """What a contract has, and a wish: of its own lines without doubles, or anything."""
    state = draw(states())
    if draw(st.booleans()):
        return state, draw(wild_wishes)
    phones = draw(st.lists(st.sampled_from(sorted(state)), unique=True, min_size=1))
    mobiles = draw(st.permutations(["", "", *MOBILES]))
    return state, {
        phone: Chosen(mobile, draw(codes[0]), draw(codes[1]))
        for phone, mobile in zip(phones, mobiles, strict=False)
    }


elsewhere = st.dictionaries(st.sampled_from(MOBILES), st.just("05088888888"), max_size=2)


@given(states())
def test_what_a_contract_has_changes_nothing(state: State) -> None:
    found = difference(rows_of(state), present(state))
    assert (found.changes, found.errors, found.unchanged) == ([], [], len(state))


@given(cases())
def test_the_difference_is_what_makes_the_wish_true(case: tuple[State, State]) -> None:
    state, wish = case
    found = difference(rows_of(wish), present(state))
    if not found.errors:
        after = applied(state, found.changes)
        assert after == state | wish
        again = difference(rows_of(wish), present(after))
        assert (again.changes, again.unchanged) == ([], len(wish))
        back = difference(rows_of(state), present(after))
        assert back.errors == []
        assert applied(after, back.changes) == state
    counts = found.counts()
    assert sum(counts.values()) + len({error["row"] for error in found.errors}) == len(wish)


@settings(max_examples=300)
@given(cases(), elsewhere)
def test_no_two_lines_ever_share_a_mobile_number(case: tuple[State, State], others: dict[str, str]) -> None:
    state, wish = case
    others = {
        mobile: phone for mobile, phone in others.items() if mobile not in {h[0] for h in state.values()}
    }
    found = difference(rows_of(wish), present(state, others))
    if not found.errors:
        after = [has.mobile_number for has in applied(state, found.changes).values() if has.mobile_number]
        assert len(after) == len(set(after))
        assert not set(after) & set(others)
        assert all(is_mobile(mobile) for mobile in after)


@given(cases())
def test_the_fingerprint_stands_for_both_sides(case: tuple[State, State]) -> None:
    state, wish = case
    rows = rows_of(wish)
    lines = present(state).lines
    print_ = fingerprint(rows, lines)
    assert fingerprint(list(reversed(rows)), lines) == print_  # the order of the file is nothing
    known = [phone for phone in wish if phone in state]
    for phone in known:
        has = state[phone]
        other = state | {phone: has._replace(group_code="sales" if has.group_code != "sales" else "")}
        assert fingerprint(rows, present(other).lines) != print_
        altered = wish | {
            phone: wish[phone]._replace(limit_code="home" if not wish[phone].limit_code else "")
        }
        assert fingerprint(rows_of(altered), lines) != print_
    for phone in state.keys() - wish.keys():
        assert fingerprint(rows, present(state | {phone: Chosen("", "", "")}).lines) == print_


@given(
    states(), st.booleans(), st.sampled_from(["\r\n", "\n"]), st.sampled_from(["", "zeros lost", "literal"])
)
def test_a_file_is_read_as_it_was_written(state: State, quoted: bool, ends: str, form: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator=ends)
    writer.writerow(TITLES.values())
    for phone, has in state.items():
        cells = [phone, *has]
        if form == "zeros lost":
            cells[:2] = [each[1:] for each in cells[:2]]
        if form == "literal":
            cells = [f'="{each}"' if each else "" for each in cells]
        writer.writerow(cells)
    rows, errors = bulk_rows.read("\ufeff" + out.getvalue())
    assert errors == []
    assert [row for _, row in rows] == [row for _, row in rows_of(state)]


NONE = Chosen("", "", "")
ONE, TWO, THREE = PHONES[:3]
A, B, C = MOBILES[:3]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (NONE, Chosen(A, "", ""), "added"),
        (NONE, Chosen(A, "sales", ""), "added"),
        (Chosen(A, "sales", ""), Chosen("", "sales", ""), "released"),
        (Chosen(A, "sales", ""), NONE, "released"),
        (Chosen(A, "", ""), Chosen(B, "", ""), "changed"),
        (NONE, Chosen("", "sales", ""), "changed"),
        (Chosen("", "", "home"), NONE, "changed"),
    ],
)
def test_kinds_of_changes(before: Chosen, after: Chosen, kind: str) -> None:
    [change] = difference(rows_of({ONE: after}), present({ONE: before})).changes
    assert (change.kind, change.before, change.after) == (kind, before, after)


@pytest.mark.parametrize(
    ("state", "wish", "errors"),
    [
        ({ONE: A, TWO: B}, {ONE: B, TWO: A}, []),
        ({ONE: A, TWO: B, THREE: C}, {ONE: B, TWO: C, THREE: A}, []),
        ({ONE: A, TWO: ""}, {ONE: "", TWO: A}, []),
        ({ONE: A, TWO: ""}, {TWO: A, ONE: ""}, []),
        ({ONE: A, TWO: ""}, {TWO: A}, [(2, "bulk.mobile_paired")]),
        ({ONE: A, TWO: ""}, {ONE: A, TWO: A}, [(3, "import.mobile_twice")]),
        ({ONE: A, TWO: ""}, {TWO: A, ONE: A}, [(3, "import.mobile_twice"), (2, "bulk.mobile_paired")]),
        ({ONE: "", TWO: ""}, {ONE: A, TWO: A}, [(3, "import.mobile_twice")]),
        ({ONE: "0312345678"}, {ONE: "0312345678"}, []),  # as it was imported
        ({ONE: ""}, {ONE: "0312345678"}, [(2, "bulk.mobile_format")]),
    ],
    ids=[
        "swap",
        "ring",
        "handed on",
        "handed on, the taker first",
        "held by a line without a row",
        "kept and wished",
        "wished and kept",
        "wished twice",
        "old oddity",
        "new oddity",
    ],
)
def test_mobile_numbers_within_a_file(
    state: dict[str, str], wish: dict[str, str], errors: list[tuple[int, str]]
) -> None:
    def whole(mobiles: dict[str, str]) -> State:
        return {phone: Chosen(mobile, "", "") for phone, mobile in mobiles.items()}

    found = difference(rows_of(whole(wish)), present(whole(state)))
    assert sorted((error["row"], error["code"]) for error in found.errors) == sorted(errors)


def test_terminated_lines_and_other_numbers_than_050_are_refused() -> None:
    ended = present({})
    lines = {
        ONE: a_line(ONE, NONE, date(2026, 4, 1)),
        TWO: a_line(TWO, NONE, date(2026, 4, 2)),
        "0312345678": a_line("0312345678", NONE),
    }
    now = Present(lines, ended.holders, GROUPS, LIMITS, TODAY)
    wish = {
        ONE: NONE,
        TWO: Chosen(A, "", ""),
        "0312345678": Chosen(B, "", ""),
    }
    found = difference(rows_of(wish), now)
    assert [(error["row"], error["code"]) for error in found.errors] == [
        (2, "bulk.terminated"),
        (4, "bulk.not_ip_phone"),
    ]
    assert [change.phone_number for change in found.changes] == [TWO]


@pytest.mark.parametrize(
    ("text", "ip_phone", "mobile"),
    [
        ("05012345678", True, False),
        ("07012345678", False, True),
        ("08012345678", False, True),
        ("09012345678", False, True),
        ("06012345678", False, False),
        ("0501234567", False, False),
        ("050123456789", False, False),
        ("090-1234-5678", False, False),
        ("０９０１２３４５６７８", False, False),
        ("05012345678\n", False, False),
        ("", False, False),
    ],
)
def test_numbers_of_a_pair(text: str, ip_phone: bool, mobile: bool) -> None:
    assert (is_050(text), is_mobile(text)) == (ip_phone, mobile)


def test_what_a_line_has_is_blank_where_there_is_nothing() -> None:
    has: Any = chosen(a_line(ONE, NONE))
    assert has == ("", "", "")
