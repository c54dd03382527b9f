"""How failures slow down the tries that follow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.throttle import Failures, History, Limit, Throttle

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
HERE = Limit(free=5, longest=timedelta(seconds=900))
ANYWHERE = Limit(free=20, longest=timedelta(seconds=60))
THROTTLE = Throttle(HERE, ANYWHERE)
NONE = Failures()

counts = st.integers(0, 10_000)
limits = st.builds(Limit, st.integers(1, 100), st.timedeltas(timedelta(seconds=1), timedelta(days=1)))
moments = st.timedeltas(timedelta(0), timedelta(hours=24)).map(lambda before: NOW - before)
failures = st.builds(Failures, st.integers(1, 10_000), moments)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@pytest.mark.parametrize(
    ("count", "delay"),
    [
        *((count, 0) for count in range(5)),
        (5, 1),
        (6, 2),
        (7, 4),
        (8, 8),
        (14, 512),
        (15, 900),
        (16, 900),
        (1_000_000, 900),
    ],
)
def test_s0_04_the_delay_doubles_with_every_failure(count: int, delay: int) -> None:
    assert HERE.delay(count) == seconds(delay)


@given(limits, counts, counts)
def test_more_failures_never_shorten_the_delay_and_it_is_bounded(limit: Limit, one: int, other: int) -> None:
    fewer, more = sorted([one, other])
    assert timedelta(0) <= limit.delay(fewer) <= limit.delay(more) <= limit.longest


@given(limits, counts)
def test_free_failures_cost_nothing_and_the_next_one_does(limit: Limit, count: int) -> None:
    assert (limit.delay(count) == timedelta(0)) == (count < limit.free)


@pytest.mark.parametrize(
    ("here", "anywhere", "is_known", "is_held"),
    [
        (NONE, NONE, False, False),
        (Failures(4, NOW), Failures(4, NOW), False, False),
        (Failures(5, NOW), Failures(5, NOW), False, True),
        (Failures(5, NOW), Failures(5, NOW), True, True),
        (Failures(5, NOW - seconds(0.999)), Failures(5, NOW), False, True),
        (Failures(5, NOW - seconds(1)), Failures(5, NOW), False, False),
        (Failures(7, NOW - seconds(3.999)), Failures(7, NOW), True, True),
        (Failures(7, NOW - seconds(4)), Failures(7, NOW), True, False),
        (NONE, Failures(19, NOW), False, False),
        (NONE, Failures(20, NOW), False, True),
        (NONE, Failures(20, NOW), True, False),
        (NONE, Failures(20, NOW - seconds(1)), False, False),
        (NONE, Failures(500, NOW - seconds(59.9)), False, True),
        (NONE, Failures(500, NOW - seconds(60)), False, False),
        (Failures(4, NOW), Failures(500, NOW), True, False),
    ],
)
def test_which_tries_are_held(here: Failures, anywhere: Failures, is_known: bool, is_held: bool) -> None:
    assert THROTTLE.is_held(History(here, anywhere, is_known), NOW) is is_held


@given(failures, moments)
def test_the_owner_at_a_known_address_is_never_held_by_failures_elsewhere(
    anywhere: Failures, at: datetime
) -> None:
    for own in range(HERE.free):
        history = History(Failures(own, at) if own else NONE, anywhere, is_known_here=True)
        assert not THROTTLE.is_held(history, at)


@given(failures, failures, st.booleans())
def test_every_hold_ends(here: Failures, anywhere: Failures, is_known: bool) -> None:
    assert not THROTTLE.is_held(History(here, anywhere, is_known), NOW + HERE.longest)


@given(st.integers(1, 60), st.lists(st.timedeltas(timedelta(0), timedelta(hours=1)), max_size=50))
def test_held_tries_never_extend_the_hold(count: int, knocks: list[timedelta]) -> None:
    """Whoever knocks all the time is let in at the same instant as one who waits."""
    own = Failures(count, NOW)
    free_at = NOW + HERE.delay(count)
    judged = [
        NOW + after
        for after in sorted([*knocks, HERE.delay(count)])
        if not THROTTLE.is_held(History(own, NONE, False), NOW + after)
    ]
    assert judged[0] == free_at


@given(st.lists(st.timedeltas(timedelta(0), timedelta(seconds=90)), min_size=1, max_size=300))
def test_guesses_from_one_address_are_bounded_however_they_are_spread(pauses: list[timedelta]) -> None:
    """In the first hour 5 are free, 10 more come within the 1,023 s that the delay doubles, then one every 900 s."""
    at, count, latest, judged = NOW, 0, None, 0
    for pause in pauses:
        at += pause
        if at - NOW > timedelta(hours=1):
            break
        if not THROTTLE.is_held(History(Failures(count, latest), NONE, False), at):
            judged, count, latest = judged + 1, count + 1, at
    assert judged <= 5 + 10 + (3600 - 1023) // 900
