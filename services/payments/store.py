"""The queries of the payments database, each within the transaction of its caller."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.payments.models import Charge


def add_charge(session: Session, once: str, values: dict[str, Any]) -> bool:
    """Store a charge; False if the constraint `once` finds that it is there already, and then nothing is stored."""
    row = insert(Charge).values(values).on_conflict_do_nothing(constraint=once)
    return session.scalar(row.returning(Charge.id)) is not None


def charge_of(session: Session, identity: dict[str, Any]) -> Charge:
    """The one charge with these values."""
    return session.scalars(select(Charge).filter_by(**identity)).one()


def charges_of_month(session: Session, customer_code: str | None, month: date) -> Sequence[Charge]:
    """The customer's charges for the month that begins on `month`, oldest first."""
    return session.scalars(
        select(Charge)
        .where(Charge.customer_code == customer_code, Charge.usage_month == month)
        .order_by(Charge.occurred_at, Charge.id)
    ).all()
