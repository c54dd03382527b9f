"""What can be done with charges. Each function works in the unit of work that it is given."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import UnitOfWork
from chassis.errors import Conflict
from services.payments import store
from services.payments.charges import ChargeKind, parse_month, recharge_description, usage_month
from services.payments.consumed import RechargeCompleted


@dataclass(frozen=True)
class StatementItem:
    occurred_at: datetime
    kind: ChargeKind
    order_number: str
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
    """Charge a completed recharge, once for an order's item however often the fact is told.

    The same item told with other contents raises Conflict("charge.differs"): what was billed stays, and the
    event ends as a dead letter for somebody to look at.
    """
    description = recharge_description(recharge.gigabytes, recharge.msisdn)
    values = {
        "customer_code": recharge.customer_code,
        "kind": ChargeKind.RECHARGE,
        "order_number": recharge.order_number,
        "item": recharge.item,
        "usage_month": usage_month(recharge.start_date),
        "occurred_at": recharge.completed_at,
        "description_ja": description.ja,
        "description_en": description.en,
        "amount_yen": recharge.price_yen,
    }
    if store.add_charge(uow.session, values):
        return
    billed = store.charge_of_item(uow.session, recharge.order_number, recharge.item)
    if any(getattr(billed, name) != value for name, value in values.items()):
        raise Conflict("charge.differs", order_number=recharge.order_number, item=recharge.item)


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
