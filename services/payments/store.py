"""The queries of the payments database, each within the transaction of its caller."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.payments.models import Charge


def add_charge(session: Session, values: dict[str, Any]) -> bool:
    """Store a charge; False if its order item has been charged already, and then nothing is stored."""
    row = insert(Charge).values(values).on_conflict_do_nothing(constraint="charges_once_per_item")
    return session.scalar(row.returning(Charge.id)) is not None


def charge_of_item(session: Session, order_number: str, item: int) -> Charge:
    return session.scalars(
        select(Charge).where(Charge.order_number == order_number, Charge.item == item)
    ).one()


def charges_of_month(session: Session, customer_code: str | None, month: date) -> Sequence[Charge]:
    """The customer's charges for the month that begins on `month`, oldest first."""
    return session.scalars(
        select(Charge)
        .where(Charge.customer_code == customer_code, Charge.usage_month == month)
        .order_by(Charge.occurred_at, Charge.id)
    ).all()
