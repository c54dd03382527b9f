"""Queries about orders that staff hand over to shipping."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from chassis.clock import in_japan
from services.sim import store
from services.sim.models import Customer, Order, OrderItem, Sim
from services.sim.models_shipments import Shipment
from services.sim.models_stock import StockedSim
from services.sim.orders import OrderStatus

ShipmentState = Literal["waiting", "in_transit", "arrived", "failed"]

_FAILED = Order.status.in_([OrderStatus.FAILED, OrderStatus.PARTIALLY_FAILED])
_STATES: dict[ShipmentState, ColumnElement[bool]] = {
    "waiting": Order.status == OrderStatus.PENDING,
    "failed": _FAILED,
    "in_transit": and_(Shipment.arrived_on.is_(None), Shipment.order_id.is_not(None), not_(_FAILED)),
    "arrived": and_(Shipment.arrived_on.is_not(None), not_(_FAILED)),
}


def state_of(order: Order, shipment: Shipment | None) -> ShipmentState | Literal["cancelled"]:
    if order.status == OrderStatus.CANCELLED:
        return "cancelled"
    if order.status in (OrderStatus.FAILED, OrderStatus.PARTIALLY_FAILED):
        return "failed"
    if shipment is None:
        return "waiting"
    return "in_transit" if shipment.arrived_on is None else "arrived"


def conditions(
    state: ShipmentState | None, kind: str | None, customer: str | None, number: str | None
) -> list[ColumnElement[bool]]:
    """Of orders for cards that have not been cancelled; `number` finds parts."""
    found: list[ColumnElement[bool]] = [Order.by_hand.is_(True), Order.status != OrderStatus.CANCELLED]
    if state:
        found.append(_STATES[state])
    if kind:
        found.append(Order.kind == kind)
    if customer:
        found.append(Order.customer_code == customer)
    if number:
        found.append(Order.number.icontains(number, autoescape=True))
    return found


def page(
    session: Session, wanted: Sequence[ColumnElement[bool]], after: tuple[date, int] | None, limit: int
) -> list[tuple[Order, Shipment | None, str]]:
    """Orders with their parcel and the customer's name, the earliest day of delivery first."""
    found = (
        select(Order, Shipment, Customer.name)
        .outerjoin(Shipment, Shipment.order_id == Order.id)
        .join(Customer, Customer.code == Order.customer_code)
        .where(*wanted)
        .order_by(Order.start_date, Order.id)
        .limit(limit)
    )
    if after is not None:
        found = found.where(tuple_(Order.start_date, Order.id) > after)
    return [(order, shipment, name) for order, shipment, name in session.execute(found)]


def count(session: Session, wanted: Sequence[ColumnElement[bool]]) -> int:
    found = (
        select(func.count())
        .select_from(Order)
        .outerjoin(Shipment, Shipment.order_id == Order.id)
        .where(*wanted)
    )
    return session.scalar(found) or 0


def parcel_of(session: Session, order_id: int) -> dict[str, Any] | None:
    """What a customer may know of the parcel of an order: {"carrier_name", "tracking_number", "handed_over_at",
    "arrived_on"}; None before it is handed over."""
    shipment = session.get(Shipment, order_id, populate_existing=True)
    if shipment is None:
        return None
    return {
        "carrier_name": shipment.carrier_name,
        "tracking_number": shipment.tracking_number,
        "handed_over_at": in_japan(shipment.handed_over_at),
        "arrived_on": shipment.arrived_on,
    }


def items(session: Session, order_id: int) -> Sequence[tuple[OrderItem, Sim | None]]:
    """The items of an order with their SIMs as they are now."""
    found = (
        select(OrderItem, Sim)
        .outerjoin(Sim, Sim.serial == OrderItem.sim_serial)
        .where(OrderItem.order_id == order_id)
        .order_by(OrderItem.position)
        .execution_options(populate_existing=True)
    )
    return [(item, sim) for item, sim in session.execute(found)]


def numbers_in_use(session: Session, msisdns: Collection[str], serials: Collection[str]) -> set[str]:
    """Which numbers a SIM has that has not ended, or another card of the stock than `serials`; the SIMs of these
    serials, which are yet to be, do not count."""
    of_sims = select(Sim.msisdn).where(
        store.is_any(Sim.msisdn, msisdns), Sim.status != "terminated", not_(store.is_any(Sim.serial, serials))
    )
    of_cards = select(StockedSim.msisdn).where(
        store.is_any(StockedSim.msisdn, msisdns),
        or_(StockedSim.state == "free", StockedSim.state == "reserved"),
        not_(store.is_any(StockedSim.serial, serials)),
    )
    found = session.scalars(of_sims.union(of_cards))
    return {each for each in found if each}
