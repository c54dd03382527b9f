"""How long sessions live."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.auth.lifetimes import Lifetime, is_worth_noting

LOGIN = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
LIFETIME = Lifetime(idle=timedelta(minutes=30), absolute=timedelta(hours=12))

uses = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2))


def test_an_unused_session_ends_after_the_idle_time() -> None:
    assert LIFETIME.ends_at(LOGIN, LOGIN) == LOGIN + timedelta(minutes=30)


def test_use_prolongs_a_session() -> None:
    used = LOGIN + timedelta(hours=3)
    assert LIFETIME.ends_at(LOGIN, used) == used + timedelta(minutes=30)


def test_no_use_prolongs_it_past_the_absolute_time() -> None:
    used = LOGIN + timedelta(hours=11, minutes=45)
    assert LIFETIME.ends_at(LOGIN, used) == LOGIN + timedelta(hours=12)


@given(uses, uses)
def test_later_use_never_shortens_and_never_outlives_the_absolute_time(
    one: timedelta, other: timedelta
) -> None:
    earlier, later = sorted([LOGIN + one, LOGIN + other])
    assert LIFETIME.ends_at(LOGIN, earlier) <= LIFETIME.ends_at(LOGIN, later) <= LOGIN + LIFETIME.absolute


def test_a_use_is_noted_once_a_minute() -> None:
    assert not is_worth_noting(LOGIN, LOGIN + timedelta(seconds=59))
    assert is_worth_noting(LOGIN, LOGIN + timedelta(seconds=60))


def test_a_clock_that_was_moved_back_notes_nothing() -> None:
    assert not is_worth_noting(LOGIN, LOGIN - timedelta(days=1))
