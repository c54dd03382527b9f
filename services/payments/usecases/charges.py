"""What can be done with charges. Each function works in the unit of work that it is given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from chassis.clock import in_japan
from chassis.database import UnitOfWork
from chassis.errors import Conflict
from services.payments import store
from services.payments.charges import (
    ChargeKind,
    Description,
    group_recharge_description,
    parse_month,
    recharge_description,
    share_membership_description,
    shipment_description,
    usage_month,
)
from services.payments.consumed import GroupRechargeCompleted, RechargeCompleted, ShareMonthBegun, SimsShipped


@dataclass(frozen=True)
class StatementItem:
    occurred_at: datetime
    kind: ChargeKind
    order_number: str | None
    description_ja: str
    description_en: str
    amount_yen: int


@dataclass(frozen=True)
class Statement:
    """The charges of one customer for one month (`YYYY-MM`), oldest first."""

    month: str
    items: list[StatementItem]
    total_yen: int


def bill_recharge(uow: UnitOfWork, recharge: RechargeCompleted) -> None:
    """Charge a completed recharge, once for an item however often the fact is told; raises what `_bill` does."""
    _bill_item(uow, recharge, recharge_description(recharge.gigabytes, recharge.msisdn))


def bill_group_recharge(uow: UnitOfWork, recharge: GroupRechargeCompleted) -> None:
    """As `bill_recharge`, of a share group."""
    _bill_item(uow, recharge, group_recharge_description(recharge.gigabytes, recharge.group_name))


def bill_shipment(uow: UnitOfWork, shipped: SimsShipped) -> None:
    """Charge the cards of an order, once however often the fact is told; raises what `_bill` does."""
    description = shipment_description(shipped.quantity)
    values = {
        "customer_code": shipped.customer_code,
        "kind": ChargeKind.SHIPMENT,
        "usage_month": usage_month(in_japan(shipped.handed_over_at).date()),
        "occurred_at": shipped.handed_over_at,
        "description_ja": description.ja,
        "description_en": description.en,
        "amount_yen": shipped.price_yen,
    }
    # an order for new SIMs has no other charges, so that all its cards are charged as its first item
    _bill(uow, "charges_once_per_item", {"order_number": shipped.order_number, "item": 1}, values)


def bill_share_month(uow: UnitOfWork, begun: ShareMonthBegun) -> None:
    """Charge the members of a share group, once a month however often the fact is told; raises what `_bill` does."""
    description = share_membership_description(begun.members, begun.yen_per_member, begun.group_name)
    values = {
        "customer_code": begun.customer_code,
        "kind": ChargeKind.SHARE_MEMBERSHIP,
        "occurred_at": begun.begun_at,
        "description_ja": description.ja,
        "description_en": description.en,
        "amount_yen": begun.members * begun.yen_per_member,
    }
    identity = {"group_id": begun.group_id, "usage_month": usage_month(begun.month)}
    _bill(uow, "charges_once_per_group_and_month", identity, values)


def _bill_item(
    uow: UnitOfWork, recharge: RechargeCompleted | GroupRechargeCompleted, description: Description
) -> None:
    values = {
        "customer_code": recharge.customer_code,
        "kind": ChargeKind.RECHARGE,
        "usage_month": usage_month(recharge.start_date),
        "occurred_at": recharge.completed_at,
        "description_ja": description.ja,
        "description_en": description.en,
        "amount_yen": recharge.price_yen,
    }
    identity = {"order_number": recharge.order_number, "item": recharge.item}
    _bill(uow, "charges_once_per_item", identity, values)


def _bill(uow: UnitOfWork, once: str, identity: dict[str, Any], values: dict[str, Any]) -> None:
    """Store a charge that `identity` tells from all others of the constraint `once`.

    The same one told with other contents raises Conflict("charge.differs"): what was billed stays, and the event
    ends as a dead letter for somebody to look at.
    """
    if store.add_charge(uow.session, once, identity | values):
        return
    billed = store.charge_of(uow.session, identity)
    if any(getattr(billed, name) != value for name, value in values.items()):
        raise Conflict("charge.differs", **to_jsonable_python(identity))


def list_charges(uow: UnitOfWork, customer: str | None, month: str) -> Statement:
    """The statement of `customer` for `month`; raises Invalid("charges.month") unless that is `YYYY-MM`."""
    charges = store.charges_of_month(uow.session, customer, parse_month(month))
    items = [
        StatementItem(
            occurred_at=charge.occurred_at,
            kind=charge.kind,
            order_number=charge.order_number,
            description_ja=charge.description_ja,
            description_en=charge.description_en,
            amount_yen=charge.amount_yen,
        )
        for charge in charges
    ]
    return Statement(month, items, sum(item.amount_yen for item in items))
