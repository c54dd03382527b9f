"""The life of an order (依頼): its states, those of its items, and until when it can be changed or cancelled."""

from collections.abc import Mapping
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


_TROUBLE = frozenset({OrderStatus.PARTIALLY_FAILED, OrderStatus.FAILED})

STEPS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.IN_PROGRESS, OrderStatus.CANCELLED}),
    OrderStatus.IN_PROGRESS: _TROUBLE | {OrderStatus.COMPLETED},
    **{trouble: frozenset({OrderStatus.IN_PROGRESS}) for trouble in _TROUBLE},
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}
"""Where an order can go from each status; only staff set one that failed going again."""


def advance(status: OrderStatus, to: OrderStatus) -> OrderStatus:
    """`to`, if an order of `status` may go there; ValueError otherwise."""
    if to not in STEPS[status]:
        raise ValueError(f"an order cannot go from {status} to {to}")
    return to


def ended_status(items: int, failed: int) -> OrderStatus:
    """The status of an order none of whose `items` is open any more, `failed` of them without success."""
    if not 0 <= failed <= items or items == 0:
        raise ValueError(f"{failed} of {items} items cannot have failed")
    if failed == 0:
        return OrderStatus.COMPLETED
    return OrderStatus.FAILED if failed == items else OrderStatus.PARTIALLY_FAILED


def cancellable_until(requested_at: datetime, start_date: date) -> datetime | None:
    """The instant before which an order can be changed or cancelled: 00:00 of its start day.

    None for an order that starts on the day of its request: it runs at once and has no such time, but can be
    cancelled as long as nobody has begun with it.
    """
    if start_date == in_japan(requested_at).date():
        return None
    return datetime.combine(start_date, time(), JAPAN)


def is_cancellable(status: OrderStatus, until: datetime | None, now: datetime) -> bool:
    return status == OrderStatus.PENDING and (until is None or now < until)


def is_changeable(status: OrderStatus, until: datetime | None, by_hand: bool, now: datetime) -> bool:
    """As long as it can be cancelled, but for an order of the same day, which has no time to be changed in.

    `by_hand` is an order that staff begin with, when they hand it over to shipping: until then it can be changed.
    """
    return is_cancellable(status, until, now) and (until is not None or by_hand)
