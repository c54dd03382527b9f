"""What happens to orders that people are told by mail."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from services.sim.numbers import ORDER_KINDS
from services.sim.orders import OrderStatus

Happening = Literal["accepted", "changed", "shipped", "completed", "failed", "cancelled"]

_OF_STATUS: Mapping[OrderStatus, Happening] = {
    OrderStatus.PENDING: "accepted",
    OrderStatus.COMPLETED: "completed",
    OrderStatus.PARTIALLY_FAILED: "failed",
    OrderStatus.FAILED: "failed",
    OrderStatus.CANCELLED: "cancelled",
}
_SHIPPED = frozenset({"NS", "SR"})  # the kinds that have cards sent


def happening(status: OrderStatus, *, change: bool) -> Happening | None:
    """What an order that has come to `status` is told of as; None: nobody is mailed for it."""
    return "changed" if change else _OF_STATUS.get(status)


def happenings_of(kind: str) -> Sequence[Happening]:
    """What can happen to orders of `kind`, in the order of their life."""
    return [each for each in get_args(Happening) if each != "shipped" or kind in _SHIPPED]


def all_mails() -> set[tuple[str, str]]:
    """Every (kind, happening) that there is a mail for."""
    return {(kind, each) for kind in ORDER_KINDS for each in happenings_of(kind)}
