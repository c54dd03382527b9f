"""Quotes and orders as they are told: instants in Japan time, the terms of the kind among the rest."""

from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from chassis.clock import in_japan
from services.sim.kinds.base import Quote
from services.sim.models import Order
from services.sim.orders import OrderStatus, is_cancellable, is_changeable


def quoted(quote: Quote) -> dict[str, Any]:
    """A quote; `terms` is what its kind says of it, `items` are its SIMs."""
    told: dict[str, Any] = to_jsonable_python(
        {
            "kind": quote.kind,
            "customer_code": quote.customer_code,
            "service_type": quote.service_type,
            "start_date": quote.start_date,
            "not_before": local(quote.not_before),
            "not_after": local(quote.not_after),
            "cancellable_until": local(quote.cancellable_until),
            "by_hand": quote.by_hand,
            "price_yen": quote.price_yen,
            "notices": quote.notices,
            "terms": quote.terms,
            "items": [
                {
                    "item": position,
                    "sim_serial": each.sim_serial,
                    "msisdn": each.msisdn,
                    "details": each.details,
                }
                for position, each in enumerate(quote.targets, 1)
            ],
            "fingerprint": quote.fingerprint,
        }
    )
    return told


def described(order: Order, now: datetime) -> dict[str, Any]:
    """An order as it is listed."""
    status, until = OrderStatus(order.status), order.cancellable_until
    return {
        "number": order.number,
        "kind": order.kind,
        "status": order.status,
        "customer_code": order.customer_code,
        "service_type": order.service_type,
        "applicant": order.applicant,
        "accepted_at": local(order.accepted_at),
        "start_date": order.start_date,
        "not_before": local(order.not_before),
        "not_after": local(order.not_after),
        "executed_at": local(order.executed_at),
        "cancelled_at": local(order.cancelled_at),
        "by_hand": order.by_hand,
        "changeable": is_changeable(status, until, order.by_hand, now),
        "cancellable": is_cancellable(status, until, now),
        "cancellable_until": local(until),
        "price_yen": order.price_yen,
        "group_id": order.group_id,
        "items_total": order.items_total,
        "items_failed": order.items_failed,
        "terms": order.terms,
        "reason": order.reason,
    }


def local(instant: datetime | None) -> datetime | None:
    return instant and in_japan(instant)
