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
class OrderProgressed(Event):
    """Something has happened to an order that its customer is to be told by mail.

    `happening` is accepted, changed, shipped, completed, failed or cancelled; `applicant` is a login id. An order that
    has `failed` did so for `items_failed` of its items.
    """

    type: ClassVar[str] = "sim.order_progressed"

    customer_code: str
    number: str
    kind: str
    happening: str
    applicant: str
    start_date: date
    cancellable_until: datetime | None
    items_total: int
    items_failed: int


@dataclass(frozen=True)
class ProfileReady(Event):
    """The profile of an eSIM can be downloaded; the contact of the order is told by mail, in `language` (ja or en)."""

    type: ClassVar[str] = "sim.profile_ready"

    customer_code: str
    order_number: str
    msisdn: str
    contact_mail: str
    language: str


@dataclass(frozen=True)
class GroupRechargeCompleted(Event):
    """A recharge of a share group has taken effect; its figures are as those of RechargeCompleted."""

    type: ClassVar[str] = "sim.group_recharge_completed"

    order_number: str
    item: int
    customer_code: str
    group_id: int
    group_name: str
    gigabytes: int
    price_yen: int
    start_date: date
    completed_at: datetime


@dataclass(frozen=True)
class ShareMonthBegun(Event):
    """A share group has begun a month with `members` SIMs, each of which costs `yen_per_member` in it. `month` is its
    first day; told once for a group and month."""

    type: ClassVar[str] = "sim.share_month_begun"

    customer_code: str
    group_id: int
    group_name: str
    month: date
    members: int
    yen_per_member: int
    begun_at: datetime


@dataclass(frozen=True)
class SimsShipped(Event):
    """The cards of an order for new SIMs have been handed over to shipping; `price_yen` is for all of them."""

    type: ClassVar[str] = "sim.sims_shipped"

    order_number: str
    customer_code: str
    quantity: int
    price_yen: int
    handed_over_at: datetime


@dataclass(frozen=True)
class Audited(auditing.Audited):
    """Somebody has done something here that belongs into the audit trail."""

    type: ClassVar[str] = "sim.audited"
