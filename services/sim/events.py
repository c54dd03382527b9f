"""Facts that this service publishes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from chassis import auditing
from chassis.events import Event


@dataclass(frozen=True)
class RechargeCompleted(Event):
    """A recharge has taken effect. `price_yen` is what the customer confirmed, `item` the position in its order."""

    type: ClassVar[str] = "sim.recharge_completed"

    order_number: str
    item: int
    customer_code: str
    sim_serial: str
    msisdn: str
    gigabytes: int
    price_yen: int
    start_date: date
    completed_at: datetime


@dataclass(frozen=True)
class Audited(auditing.Audited):
    """Somebody has done something here that belongs into the audit trail."""

    type: ClassVar[str] = "sim.audited"
