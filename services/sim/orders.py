"""The life of an order (依頼): its states, those of its items, and until when it can be cancelled."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from enum import StrEnum

from chassis.clock import JAPAN, in_japan


class OrderStatus(StrEnum):
    PENDING = "pending"  # 未処理
    IN_PROGRESS = "in_progress"  # 処理中
    COMPLETED = "completed"  # 完了
    PARTIALLY_FAILED = "partially_failed"  # 一部異常
    FAILED = "failed"  # 異常終了
    CANCELLED = "cancelled"  # 取消


class ItemState(StrEnum):
    """The state of one SIM of an order."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


_ENDS = frozenset({OrderStatus.COMPLETED, OrderStatus.PARTIALLY_FAILED, OrderStatus.FAILED})

STEPS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.IN_PROGRESS, OrderStatus.CANCELLED}),
    OrderStatus.IN_PROGRESS: _ENDS,
    **{end: frozenset() for end in (*_ENDS, OrderStatus.CANCELLED)},
}
"""Where an order can go from each status."""


def advance(status: OrderStatus, to: OrderStatus) -> OrderStatus:
    """`to`, if an order of `status` may go there; ValueError otherwise."""
    if to not in STEPS[status]:
        raise ValueError(f"an order cannot go from {status} to {to}")
    return to


def status_of(items: Collection[ItemState]) -> OrderStatus:
    """The status of an order whose items are in these states."""
    states = set(items)
    if not states:
        raise ValueError("an order has at least one item")
    if len(states) == 1:
        return OrderStatus(states.pop())
    if states & {ItemState.PENDING, ItemState.IN_PROGRESS}:
        return OrderStatus.IN_PROGRESS
    return OrderStatus.PARTIALLY_FAILED


def cancellable_until(requested_at: datetime, start_date: date) -> datetime | None:
    """The instant before which an order can be cancelled: 00:00 of its start day.

    None for an order that starts on the day of its request: it runs at once and has no such time, but can be
    cancelled as long as nobody has begun with it.
    """
    if start_date == in_japan(requested_at).date():
        return None
    return datetime.combine(start_date, time(), JAPAN)


def is_cancellable(status: OrderStatus, until: datetime | None, now: datetime) -> bool:
    return status == OrderStatus.PENDING and (until is None or now < until)
