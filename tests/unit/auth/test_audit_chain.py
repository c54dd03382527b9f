"""Whatever is done to a sealed chain, following it finds the first place."""

import hmac
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chassis.clock import JAPAN
from services.auth.audit_chain import START, Anchor, Break, Link, Reason, check_end, follow, seal
from services.auth.models import AuditRecord

KEY = "a key of more than thirty-two characters"
AT = datetime(2026, 3, 31, 14, 59, 59, 999999, UTC)

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
contents = st.fixed_dictionaries(
    {
        "at": st.timedeltas(timedelta(days=-9), timedelta(days=9)).map(lambda after: AT + after),
        **{name: texts for name in ("actor", "kind", "login_id", "client_ip", "user_agent")},
        "customer_code": st.none() | texts,
        **{name: texts for name in ("action", "target", "result", "correlation_id")},
        "details": st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=2),
    }
)


def sealed(all_contents: list[dict[str, Any]]) -> list[Link]:
    links: list[Link] = []
    for number, content in enumerate(all_contents, 1):
        bare = Link(seq=number, **content)
        links.append(replace(bare, hash=seal(bare, links[-1].hash if links else "", KEY)))
    return links


def anchor(link: Link) -> Anchor:
    return Anchor(link.seq, link.hash)


def first_break(links: list[Link], head: Anchor, expected: Anchor | None = None) -> Break | None:
    walk = follow(links, START, KEY, expected)
    return walk.broken or check_end(walk.last, head, expected)


chains = st.lists(contents, min_size=1, max_size=6).map(sealed)


def test_a_link_is_all_columns_of_a_record() -> None:
    assert [field.name for field in fields(Link)] == [column.name for column in AuditRecord.__table__.columns]


def test_the_seal_of_a_known_record() -> None:
    """Records that an earlier version has sealed must go on to hold: this is what it sealed."""
    bare = Link(
        1, AT, "id", "staff", "ops", None, "192.0.2.1", "", "file.imported", "線", "done", {"rows": 2}, "c"
    )
    text = (
        '{"action":"file.imported","actor":"id","at":"2026-03-31T14:59:59.999999+00:00","client_ip":"192.0.2.1",'
        '"correlation_id":"c","customer_code":null,"details":{"rows":2},"hash":"ab","kind":"staff",'
        '"login_id":"ops","result":"done","seq":1,"target":"線","user_agent":""}'
    )
    assert seal(bare, "ab", KEY) == hmac.digest(KEY.encode(), b"audit\0" + text.encode(), "sha256").hex()
    in_japan = replace(bare, at=AT.astimezone(JAPAN))
    assert seal(in_japan, "ab", KEY) == seal(bare, "ab", KEY)


@given(chains)
def test_an_untouched_chain_holds(links: list[Link]) -> None:
    walk = follow(links, START, KEY)
    assert (walk.checked, walk.last, walk.broken) == (len(links), anchor(links[-1]), None)
    assert check_end(walk.last, anchor(links[-1])) is None
    for link in links:
        assert first_break(links, anchor(links[-1]), anchor(link)) is None


@given(chains, st.data())
def test_a_chain_can_be_followed_in_steps(links: list[Link], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(links)))
    first = follow(links[:cut], START, KEY)
    second = follow(links[cut:], first.last, KEY)
    assert (first.checked + second.checked, second.last) == (len(links), anchor(links[-1]))
    assert first.broken is second.broken is None


def test_an_empty_chain_ends_at_its_start() -> None:
    assert first_break([], START) is None
    assert first_break([], Anchor(1, "ab")) == Break(1, Reason.HEAD)


@given(chains, contents, st.data())
def test_any_change_of_any_column_is_found(
    links: list[Link], other: dict[str, Any], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(links) - 1))
    column = data.draw(st.sampled_from(sorted(other)))
    changed = replace(links[index], **{column: other[column]})
    assume(changed != links[index])
    touched = [*links[:index], changed, *links[index + 1 :]]
    assert first_break(touched, anchor(links[-1])) == Break(index + 1, Reason.CHANGED)


@given(chains, st.data())
def test_a_changed_hash_is_found(links: list[Link], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(links) - 1))
    changed = replace(links[index], hash=data.draw(st.text("0123456789abcdef", min_size=64, max_size=64)))
    assume(changed != links[index])
    touched = [*links[:index], changed, *links[index + 1 :]]
    assert first_break(touched, anchor(links[-1])) == Break(index + 1, Reason.CHANGED)


@given(chains, contents, st.data())
def test_a_record_sealed_without_the_key_is_found(
    links: list[Link], other: dict[str, Any], data: st.DataObject
) -> None:
    """Even when everything after it, and the head, is sealed again as well."""
    index = data.draw(st.integers(0, len(links) - 1))
    forged = links[:index]
    for number in range(index, len(links)):
        bare = Link(seq=number + 1, **other)
        previous = forged[-1].hash if forged else ""
        forged.append(replace(bare, hash=seal(bare, previous, "a key that somebody has guessed, wrongly")))
    assert first_break(forged, anchor(forged[-1])) == Break(index + 1, Reason.CHANGED)


def _renumbered(links: list[Link]) -> list[Link]:
    return [replace(link, seq=number) for number, link in enumerate(links, 1)]


def _as_they_are(links: list[Link]) -> list[Link]:
    return links


AFTERWARDS = pytest.mark.parametrize("afterwards", [_as_they_are, _renumbered])


@AFTERWARDS
@given(links=chains, data=st.data())
def test_any_removal_is_found(
    afterwards: Callable[[list[Link]], list[Link]], links: list[Link], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(links) - 1))
    found = first_break(afterwards([*links[:index], *links[index + 1 :]]), anchor(links[-1]))
    assert found is not None
    assert found.seq == index + 1


def test_what_is_missing_is_said_to_be_removed() -> None:
    links = sealed([dict.fromkeys(_TEXTS, "") | {"at": AT, "customer_code": None, "details": {}}] * 3)
    assert first_break([links[0], links[2]], anchor(links[2])) == Break(2, Reason.REMOVED)
    assert first_break(links[1:], anchor(links[2])) == Break(1, Reason.REMOVED)


@AFTERWARDS
@given(links=chains, data=st.data())
def test_any_swap_is_found(
    afterwards: Callable[[list[Link]], list[Link]], links: list[Link], data: st.DataObject
) -> None:
    assume(len(links) > 1)
    one = data.draw(st.integers(0, len(links) - 2))
    other = data.draw(st.integers(one + 1, len(links) - 1))
    touched = list(links)
    touched[one], touched[other] = links[other], links[one]
    found = first_break(afterwards(touched), anchor(links[-1]))
    assert found is not None
    assert found.seq == one + 1


@AFTERWARDS
@given(links=chains, content=contents, data=st.data())
def test_any_insertion_is_found(
    afterwards: Callable[[list[Link]], list[Link]],
    links: list[Link],
    content: dict[str, Any],
    data: st.DataObject,
) -> None:
    index = data.draw(st.integers(0, len(links)))
    copied_or_new = data.draw(st.sampled_from([*links, Link(seq=index + 1, **content, hash=links[-1].hash)]))
    found = first_break(afterwards([*links[:index], copied_or_new, *links[index:]]), anchor(links[-1]))
    assert found is not None


@given(chains, st.data())
def test_a_lost_tail_is_found_at_the_head_and_by_an_anchor(links: list[Link], data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(links) - 1))
    assert first_break(links[:kept], anchor(links[-1])) == Break(kept + 1, Reason.HEAD)
    set_back = anchor(links[kept - 1]) if kept else START  # as somebody would who can write to the database
    assert first_break(links[:kept], set_back) is None
    assert first_break(links[:kept], set_back, anchor(links[-1])) == Break(kept + 1, Reason.ANCHOR)


@given(chains, chains)
def test_another_chain_is_not_the_expected_one(links: list[Link], others: list[Link]) -> None:
    assume(others[0].hash != links[0].hash and len(others) >= len(links))
    expected = anchor(links[-1])
    assert first_break(others, anchor(others[-1]), expected) == Break(expected.seq, Reason.ANCHOR)


_TEXTS = (
    *("actor", "kind", "login_id", "client_ip", "user_agent"),
    *("action", "target", "result", "correlation_id"),
)
