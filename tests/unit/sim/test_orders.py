"""The life of an order."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import JAPAN
from services.sim.orders import (
    STEPS,
    ItemState,
    OrderStatus,
    advance,
    cancellable_until,
    is_cancellable,
    status_of,
)

ACCEPTED = datetime(2026, 3, 11, 23, 50, tzinfo=JAPAN)
ENDED = [ItemState.COMPLETED, ItemState.FAILED]


@pytest.mark.parametrize(
    "path",
    [
        ["pending", "in_progress", "completed"],
        ["pending", "in_progress", "partially_failed"],
        ["pending", "in_progress", "failed"],
        ["pending", "cancelled"],
    ],
)
def test_an_order_goes_these_ways(path: list[str]) -> None:
    for before, after in pairwise(path):
        assert advance(OrderStatus(before), OrderStatus(after)) == after
    assert not STEPS[OrderStatus(path[-1])]


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
    assert len(seen) == len(set(seen)) <= 3


@given(st.lists(st.sampled_from(ENDED), min_size=1))
def test_an_order_whose_items_have_ended_has_ended(states: list[ItemState]) -> None:
    expected = {
        frozenset({ItemState.COMPLETED}): OrderStatus.COMPLETED,
        frozenset({ItemState.FAILED}): OrderStatus.FAILED,
        frozenset(ENDED): OrderStatus.PARTIALLY_FAILED,
    }
    assert status_of(states) == expected[frozenset(states)]


@given(
    st.lists(st.sampled_from(ItemState)),
    st.sampled_from([ItemState.IN_PROGRESS, ItemState.PENDING]),
    st.randoms(),
)
def test_an_order_with_an_open_item_is_open(others: list[ItemState], opened: ItemState, random) -> None:
    states = [*others, opened]
    random.shuffle(states)
    assert status_of(states) in {OrderStatus.PENDING, OrderStatus.IN_PROGRESS}


def test_an_order_without_items_has_no_status() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        status_of([])


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
