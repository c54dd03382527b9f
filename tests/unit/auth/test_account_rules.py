"""What administrators may do to accounts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.account_rules import (
    Standing,
    Wish,
    changed,
    differences,
    ends_sessions,
    problems_of_change,
    problems_of_new,
)
from services.auth.portals import Kind
from services.auth.roles import granted, is_lower, is_role_of

ROLES = {
    Kind.SELFCARE: [""],
    Kind.CONSOLE: ["viewer", "operator", "administrator"],
    Kind.STAFF: ["support", "operations", "administrator"],
}
OPERATOR = Standing(Kind.CONSOLE, "operator", "a@minato.example", disabled=False)

addresses = st.none() | st.sampled_from(["a@minato.example", "b@minato.example"])
standings = st.sampled_from(list(Kind)).flatmap(
    lambda kind: st.builds(
        Standing, st.just(kind), st.sampled_from(ROLES[kind]), addresses, disabled=st.booleans()
    )
)


def wishes(kind: Kind) -> st.SearchStrategy[Wish]:
    return st.builds(
        Wish,
        role=st.none() | st.sampled_from(ROLES[kind]),
        email=addresses | st.just(""),
        disabled=st.none() | st.booleans(),
    )


changes = standings.flatmap(lambda before: st.tuples(st.just(before), wishes(before.kind)))


def codes(problems: list[dict[str, str]]) -> dict[str, str]:
    return {problem["pointer"]: problem["code"] for problem in problems}


@pytest.mark.parametrize("login_id", ["abc", "sato.hanako", "a@minato.example", "0-_", "x" * 64])
def test_s4_06_a_login_id_is_a_user_name(login_id: str) -> None:
    assert problems_of_new(Kind.CONSOLE, login_id, "viewer", None) == []


@pytest.mark.parametrize(
    "login_id", ["", "ab", "x" * 65, ".abc", "a b c", "abc\n", "佐藤花子", "a/b/c", "abc\x00"]
)
def test_other_login_ids_are_refused(login_id: str) -> None:
    assert codes(problems_of_new(Kind.CONSOLE, login_id, "viewer", None)) == {"login_id": "account.login_id"}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert codes(problems_of_new(Kind.STAFF, "", "viewer", "nobody")) == {
        "login_id": "account.login_id",
        "role": "account.role",
        "email": "email.format",
    }


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("role", ["", "viewer", "operator", "support", "operations", "administrator", "root"])
def test_a_role_is_one_of_the_kind(kind: Kind, role: str) -> None:
    assert (problems_of_change(kind, Wish(role=role)) == []) == (role in ROLES[kind])


@pytest.mark.parametrize("email", [None, "", "a@minato.example"])
def test_an_address_may_be_left_and_removed(email: str | None) -> None:
    assert problems_of_change(Kind.CONSOLE, Wish(email=email)) == []


@pytest.mark.parametrize(
    "email", ["minato", "a@b", "a@minato.example\nbcc: x@y.example", "ａ@minato.example"]
)
def test_a_malformed_address_is_refused(email: str) -> None:
    assert codes(problems_of_change(Kind.CONSOLE, Wish(email=email))) == {"email": "email.format"}


@pytest.mark.parametrize(
    ("role", "disabled", "administers"),
    [
        ("administrator", False, True),
        ("administrator", True, False),
        ("operator", False, False),
        ("viewer", True, False),
    ],
)
def test_who_administers(role: str, disabled: bool, administers: bool) -> None:
    assert replace(OPERATOR, role=role, disabled=disabled).administers == administers


@pytest.mark.parametrize(
    ("wish", "ends"),
    [
        (Wish(), False),
        (Wish(role="operator"), False),
        (Wish(role="administrator"), False),
        (Wish(role="viewer"), True),
        (Wish(email="b@minato.example"), False),
        (Wish(email=""), False),
        (Wish(disabled=True), True),
        (Wish(disabled=False), False),
        (Wish(role="administrator", disabled=True), True),
    ],
)
def test_sessions_end_with_what_they_grant(wish: Wish, ends: bool) -> None:
    assert ends_sessions(OPERATOR, changed(OPERATOR, wish)) == ends


@given(changes)
def test_a_session_goes_on_only_with_all_that_it_grants(case: tuple[Standing, Wish]) -> None:
    before, wish = case
    after = changed(before, wish)
    if not ends_sessions(before, after):
        assert not after.disabled
        assert granted(before.kind, before.role) <= granted(after.kind, after.role)


@given(changes)
def test_a_change_has_its_effect_once(case: tuple[Standing, Wish]) -> None:
    before, wish = case
    after = changed(before, wish)
    assert changed(after, wish) == after
    assert differences(after, changed(after, wish)) == {}


@given(changes)
def test_what_was_not_asked_for_stays(case: tuple[Standing, Wish]) -> None:
    before, wish = case
    after = changed(before, wish)
    assert after.kind is before.kind
    assert after.role == (before.role if wish.role is None else wish.role)
    assert after.disabled == (before.disabled if wish.disabled is None else wish.disabled)
    assert after.email == {None: before.email, "": None}.get(wish.email, wish.email)


@given(changes)
def test_differences_name_what_changed_and_no_address(case: tuple[Standing, Wish]) -> None:
    before, wish = case
    after = changed(before, wish)
    found = differences(before, after)
    for name in ("role", "email", "disabled"):
        assert (name in found) == (getattr(before, name) != getattr(after, name))
    assert "@" not in str(found)


def test_differences_tell_from_where_to_where() -> None:
    wish = Wish(role="viewer", email="b@minato.example", disabled=True)
    assert differences(OPERATOR, changed(OPERATOR, wish)) == {
        "role": {"from": "operator", "to": "viewer"},
        "disabled": {"from": False, "to": True},
        "email": "changed",
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_each_role_is_lower_than_those_after_it_alone(kind: Kind) -> None:
    for place, role in enumerate(ROLES[kind]):
        assert is_role_of(kind, role)
        for other_place, other in enumerate(ROLES[kind]):
            assert is_lower(kind, role, other) == (place < other_place)
