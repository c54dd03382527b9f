"""When a failed mail is tried again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.backoff import next_try

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (1000, 300)]
)
def test_waits_double_up_to_five_minutes(tries: int, seconds: int) -> None:
    assert (next_try(tries, NOW) - NOW).total_seconds() == seconds


@given(st.integers(min_value=1, max_value=10_000))
def test_waits_never_shrink(tries: int) -> None:
    assert NOW < next_try(tries, NOW) <= next_try(tries + 1, NOW)
