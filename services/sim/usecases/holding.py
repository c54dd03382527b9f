"""Which SIMs an open order holds, so that no other one changes them meanwhile."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chassis.errors import Conflict
from services.sim import store
from services.sim.models import Order, OrderItem
from services.sim.orders import ItemState


def refuse_held(session: Session, serials: Collection[str]) -> None:
    """Raises Conflict("order.conflict", number=…, sim_serial=…) if an open order holds one of the SIMs."""
    _refuse(session, serials, OrderItem.holds.is_(True))


def refuse_open(session: Session, kind: str, serials: Collection[str], *, beside: int | None = None) -> None:
    """Raises Conflict("order.conflict", number=…, sim_serial=…) if an open order of the kind, other than that with the
    id `beside`, is for one of the SIMs."""
    _refuse(session, serials, (Order.kind == kind) & (Order.id.is_distinct_from(beside)))


def _refuse(session: Session, serials: Collection[str], condition: ColumnElement[bool]) -> None:
    found = session.execute(
        select(Order.number, OrderItem.sim_serial)
        .join(OrderItem.order)
        .where(
            store.is_any(OrderItem.sim_serial, serials),
            condition,
            OrderItem.state.in_([ItemState.PENDING, ItemState.IN_PROGRESS]),
        )
        .order_by(Order.id, OrderItem.position)
        .limit(1)
    ).first()
    if found is not None:
        raise Conflict("order.conflict", number=found.number, sim_serial=found.sim_serial)
