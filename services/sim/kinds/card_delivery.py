"""The delivery of cards: when it can be, and how it stands in a quote."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from chassis.clock import JAPAN, in_japan
from services.sim.delivery import check_delivery_date
from services.sim.kinds.base import Desk
from services.sim.models import Order, OrderItem
from services.sim.orders import OrderStatus
from services.sim.postcodes import PREFECTURES
from services.sim.timing import CardDelivery, card_delivery


@dataclass(frozen=True)
class Day:
    """The fields of a Quote that the day of delivery decides. Staff carry such an order out: until they begin with it
    it can be changed and cancelled."""

    start_date: date
    not_before: datetime
    not_after: datetime
    cancellable_until: None = None
    by_hand: bool = True


def deliverable(desk: Desk) -> CardDelivery:
    """The days of an order that is placed now."""
    return card_delivery(in_japan(desk.now).date(), closed_days=desk.settings.closed_month_days)


def day_of(desk: Desk, wanted: str | None) -> tuple[Day, dict[str, Any]]:
    """The day and the terms of it; raises Invalid("delivery_date.out_of_range", earliest=…, latest=…)."""
    days = deliverable(desk)
    chosen = check_delivery_date(wanted, days.earliest, days.latest)
    midnight = datetime.combine(chosen or days.estimated, time(), JAPAN)
    terms = {"delivery_date": chosen, "estimated_on": None if chosen else days.estimated}
    return Day(midnight.date(), midnight, midnight + timedelta(days=1)), terms


def choices(desk: Desk) -> dict[str, Any]:
    """What a form for a delivery offers."""
    days = deliverable(desk)
    return {
        "delivery_date": {
            "estimated": days.estimated,
            "earliest": days.earliest,
            "latest": days.latest,
        },
        "sim_sizes": list(desk.settings.sim_sizes),
        "prefectures": list(PREFECTURES),
    }


def last_delivery(desk: Desk, msisdn: str | None = None) -> dict[str, Any]:
    """Whereto the customer had cards delivered last, rather for this number than for others: the fields `delivery`,
    `contact_name` and `contact_mail` of that request; empty if it never had any."""
    found = (
        select(Order.request)
        .where(Order.customer_code == desk.customer, Order.by_hand, Order.status != OrderStatus.CANCELLED)
        .limit(1)
    )
    of_number = Order.id.in_(select(OrderItem.order_id).where(OrderItem.msisdn == msisdn))
    newest = Order.id.desc()
    request = desk.session.scalar(
        found.order_by(of_number.desc(), newest) if msisdn else found.order_by(newest)
    )
    return {
        name: request[name]
        for name in ("delivery", "contact_name", "contact_mail")
        if request and name in request
    }
