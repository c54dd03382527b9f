"""The life of an order."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import JAPAN
from services.sim.orders import (
    OrderStatus,
    advance,
    cancellable_until,
    ended_status,
    is_cancellable,
    is_changeable,
)

ACCEPTED = datetime(2026, 3, 11, 23, 50, tzinfo=JAPAN)


@pytest.mark.parametrize(
    "path",
    [
        ["pending", "in_progress", "completed"],
        ["pending", "in_progress", "partially_failed"],
        ["pending", "in_progress", "failed"],
        ["pending", "in_progress", "failed", "in_progress", "completed"],
        ["pending", "in_progress", "partially_failed", "in_progress", "failed"],
        ["pending", "cancelled"],
    ],
)
def test_an_order_goes_these_ways(path: list[str]) -> None:
    for before, after in pairwise(path):
        assert advance(OrderStatus(before), OrderStatus(after)) == after


@given(st.lists(st.sampled_from(OrderStatus), min_size=1, max_size=6))
def test_s4_53_whatever_is_tried_a_cancelled_order_never_runs(wishes: list[OrderStatus]) -> None:
    status = OrderStatus.PENDING
    seen = [status]
    for wish in wishes:
        try:
            status = advance(status, wish)
        except ValueError:
            continue
        seen.append(status)
    if OrderStatus.CANCELLED in seen:
        assert seen == [OrderStatus.PENDING, OrderStatus.CANCELLED]
    if OrderStatus.COMPLETED in seen:
        assert seen[-1] == OrderStatus.COMPLETED


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_an_order_ends_by_how_many_of_its_items_failed(items: int, failed: int) -> None:
    failed = min(failed, items)
    expected = {0: OrderStatus.COMPLETED, items: OrderStatus.FAILED}.get(failed, OrderStatus.PARTIALLY_FAILED)
    assert ended_status(items, failed) == expected


@pytest.mark.parametrize(("items", "failed"), [(0, 0), (1, 2), (3, -1)])
def test_counts_that_cannot_be_have_no_status(items: int, failed: int) -> None:
    with pytest.raises(ValueError, match="cannot have failed"):
        ended_status(items, failed)


def test_s4_53_a_dated_order_can_be_cancelled_until_midnight_of_its_day() -> None:
    until = cancellable_until(ACCEPTED, date(2026, 3, 12))
    assert until == datetime(2026, 3, 12, tzinfo=JAPAN)
    assert is_cancellable(OrderStatus.PENDING, until, until - timedelta.resolution)
    assert not is_cancellable(OrderStatus.PENDING, until, until)


def test_s4_53_an_order_of_the_same_day_can_be_cancelled_until_it_is_begun() -> None:
    until = cancellable_until(ACCEPTED, date(2026, 3, 11))
    assert until is None
    assert is_cancellable(OrderStatus.PENDING, until, ACCEPTED + timedelta(days=2))


@pytest.mark.parametrize("status", [each for each in OrderStatus if each != OrderStatus.PENDING])
def test_s4_54_an_order_that_was_begun_or_has_ended_cannot_be_cancelled(status: OrderStatus) -> None:
    assert not is_cancellable(status, None, ACCEPTED)
    assert not is_cancellable(status, ACCEPTED + timedelta(days=1), ACCEPTED)


@pytest.mark.parametrize("until", [None, ACCEPTED + timedelta(days=1)], ids=["no deadline", "deadline"])
@pytest.mark.parametrize("by_hand", [False, True], ids=["by the clock", "by hand"])
def test_s4_52_what_has_a_time_to_be_changed_in_can_be_changed(until: datetime | None, by_hand: bool) -> None:
    now = ACCEPTED + timedelta(hours=1)
    assert is_changeable(OrderStatus.PENDING, until, by_hand, now) is (until is not None or by_hand)
    assert not is_changeable(OrderStatus.IN_PROGRESS, until, by_hand, now)
    if until is not None:
        assert not is_changeable(OrderStatus.PENDING, until, by_hand, until)
