"""The staff's shipping desk: what is to be sent, what is under way, what has arrived."""

from datetime import date
from typing import Any

from sqlalchemy import select

from chassis.clock import in_japan
from chassis.errors import Conflict, Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import shipment_store
from services.sim.events import Audited
from services.sim.kinds.base import Desk
from services.sim.models import Customer, Order
from services.sim.models_shipments import Shipment
from services.sim.shipment_store import ShipmentState
from services.sim.usecases.shown import described, local


def list_shipments(
    desk: Desk,
    *,
    state: ShipmentState | None,
    kind: str | None,
    customer: str | None,
    number: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of the orders for cards, the earliest day of delivery first; raises Invalid("page.bad_cursor")."""
    wanted = shipment_store.conditions(state, kind, customer, number)
    rows = shipment_store.page(desk.session, wanted, _after(cursor), limit + 1)
    shown = rows[:limit]
    last = shown[-1][0] if shown else None
    return {
        "total": shipment_store.count(desk.session, wanted),
        "items": [_listed(desk, *row) for row in shown],
        "next_cursor": encode_cursor([last.start_date.isoformat(), last.id])
        if last and len(rows) > limit
        else None,
    }


def get_shipment(desk: Desk, number: str) -> dict[str, Any]:
    """An order for cards with its place of delivery and its SIMs; raises NotFound("shipment.unknown")."""
    row = desk.session.execute(
        select(Order, Shipment, Customer.name)
        .outerjoin(Shipment, Shipment.order_id == Order.id)
        .join(Customer, Customer.code == Order.customer_code)
        .where(Order.number == number, Order.by_hand)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound("shipment.unknown")
    order, shipment, name = row
    return _listed(desk, order, shipment, name) | {
        "contact_name": order.request["contact_name"],
        "contact_mail": order.request["contact_mail"],
        "delivery": order.request["delivery"],
        "sims": [
            {
                "item": item.position,
                "sim_serial": item.sim_serial,
                "new_serial": item.details.get("new_serial"),
                "msisdn": item.msisdn,
                "state": item.state,
                "reason": item.reason,
                "sim_status": sim and sim.status,
            }
            for item, sim in shipment_store.items(desk.session, order.id)
        ],
    }


def record_arrival(desk: Desk, number: str, arrived_on: date) -> None:
    """Note that the parcel has arrived.

    Raises NotFound("shipment.unknown"), Conflict("shipment.not_handed_over"), and
    Invalid("shipment.arrival", earliest=…, latest=…), both inclusive.
    """
    row = desk.session.execute(
        select(Order, Shipment)
        .outerjoin(Shipment, Shipment.order_id == Order.id)
        .where(Order.number == number, Order.by_hand)
        .with_for_update(of=Order)
    ).first()
    if row is None:
        raise NotFound("shipment.unknown")
    order, shipment = row
    if shipment is None:
        raise Conflict("shipment.not_handed_over", status=order.status)
    earliest, latest = in_japan(shipment.handed_over_at).date(), in_japan(desk.now).date()
    if not earliest <= arrived_on <= latest:
        raise Invalid("shipment.arrival", earliest=earliest.isoformat(), latest=latest.isoformat())
    shipment.arrived_on = arrived_on
    details = {"customer": order.customer_code, "arrived_on": arrived_on.isoformat()}
    desk.uow.emit(Audited.by(desk.caller, "shipment.arrived", number, details))
    desk.uow.commit()


def _listed(desk: Desk, order: Order, shipment: Shipment | None, name: str) -> dict[str, Any]:
    return described(order, desk.now) | {
        "customer_name": name,
        "state": shipment_store.state_of(order, shipment),
        "carrier_name": shipment and shipment.carrier_name,
        "tracking_number": shipment and shipment.tracking_number,
        "handed_over_at": shipment and local(shipment.handed_over_at),
        "arrived_on": shipment and shipment.arrived_on,
    }


def _after(cursor: str | None) -> tuple[date, int] | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [str(day), int(order_id)] if abs(order_id) < 2**63:
            try:
                return date.fromisoformat(day), order_id
            except ValueError:
                pass
    raise Invalid("page.bad_cursor")
