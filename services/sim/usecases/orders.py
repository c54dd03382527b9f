"""Orders as their customer sees them (依頼一覧)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import order_store, shipment_store, store
from services.sim.models import Customer, Order, OrderItem, Sim
from services.sim.order_store import OrderSearch, OrderSort
from services.sim.usecases.shown import described, local

PRIVATE = frozenset({"delivery", "contact_name", "contact_mail"})
"""What of a request only its customer reads here."""

FIRST_ITEMS = 50
"""Items that come with an order; the others are asked for page by page."""

STAFF = "staff:"
"""What the actor of a step begins with if it was one of the operator's staff. Customers are not told who."""


def list_orders(
    uow: UnitOfWork,
    now: datetime,
    customer: str | None,
    search: OrderSearch,
    sort: OrderSort,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of the customer's orders, with the number of all hits; raises Invalid("page.bad_cursor")."""
    conditions = search.conditions(customer or "")
    found = order_store.orders_with_names(*conditions)
    shown, following = order_store.page(uow.session, found, sort, cursor, limit)
    return {
        "total": order_store.count(uow.session, *conditions),
        "items": [listed(order, name, now) for order, name in shown],
        "next_cursor": following,
    }


def export_orders(
    uow: UnitOfWork,
    customer: str | None,
    search: OrderSearch,
    sort: OrderSort,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A part of the file of all hits: `{"items", "next_cursor"}`, of each order what the list's columns show."""
    found = order_store.orders_with_names(*search.conditions(customer or ""))
    shown, following = order_store.page(uow.session, found, sort, cursor, limit)
    return {
        "items": [
            {
                "customer_code": order.customer_code,
                "customer_name": name,
                "number": order.number,
                "kind": order.kind,
                "service_type": order.service_type,
                "applicant": order.applicant,
                "accepted_at": local(order.accepted_at),
                "executed_at": local(order.executed_at),
                "start_date": order.start_date,
                "cancelled_at": local(order.cancelled_at),
                "status": order.status,
            }
            for order, name in shown
        ],
        "next_cursor": following,
    }


def get_order(uow: UnitOfWork, now: datetime, customer: str | None, number: str) -> dict[str, Any]:
    """An order with its first items and its history; raises NotFound("order.unknown")."""
    return detailed(uow, _find(uow, customer, number), now)


def list_items(
    uow: UnitOfWork, customer: str | None, number: str, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of an order's items; raises NotFound("order.unknown"), Invalid("page.bad_cursor")."""
    return items_of(uow, _find(uow, customer, number), cursor, limit)


def listed(order: Order, customer_name: str, now: datetime) -> dict[str, Any]:
    return described(order, now) | {"customer_name": customer_name}


def detailed(uow: UnitOfWork, order: Order, now: datetime, *, for_staff: bool = False) -> dict[str, Any]:
    customer = uow.session.get_one(Customer, order.customer_code)
    items = items_of(uow, order, None, FIRST_ITEMS)
    return listed(order, customer.name, now) | {
        # whereto cards go is for the customer, and for who hands them over
        "request": {name: value for name, value in order.request.items() if name not in PRIVATE}
        if for_staff
        else order.request,
        "shipment": shipment_store.parcel_of(uow.session, order.id),
        "items": items["items"],
        "items_next_cursor": items["next_cursor"],
        "history": [
            {
                "at": local(step.at),
                "status": step.status,
                "actor": step.actor if for_staff else _named(step.actor),
                "late": step.late,
                "change": step.change,
                "reason": step.reason,
            }
            | ({"note": step.note} if for_staff else {})
            for step in order.history
        ],
    }


def items_of(
    uow: UnitOfWork, order: Order, cursor: str | None, limit: int, state: str | None = None
) -> dict[str, Any]:
    """A page of an order's items, with what their SIMs are."""
    found = (
        select(OrderItem, Sim)
        .outerjoin(Sim, Sim.serial == OrderItem.sim_serial)
        .where(OrderItem.order_id == order.id, OrderItem.position > last_position(cursor))
        .order_by(OrderItem.position)
        .limit(limit + 1)
    )
    if state is not None:
        found = found.where(OrderItem.state == state)
    rows = uow.session.execute(found).all()
    shown = rows[:limit]
    return {
        "total": order.items_total,
        "items": [
            {
                "item": item.position,
                "sim_serial": item.sim_serial,
                "msisdn": item.msisdn,
                "sim_type": sim and sim.sim_type,
                **_described(item, sim),
                "state": item.state,
                "details": item.details,
                "executed_at": local(item.executed_at),
                "reason": item.reason,
                "settled": item.settled_at is not None,
            }
            for item, sim in shown
        ],
        "next_cursor": encode_cursor([shown[-1][0].position]) if len(rows) > limit else None,
    }


def _described(item: OrderItem, sim: Sim | None) -> dict[str, Any]:
    """What the SIM was when it was ordered for, where its kind keeps that; what it is now otherwise."""
    now = {"plan": sim.plan, "sim_size": sim.sim_size, "options": list(sim.options)} if sim else {}
    return {
        name: item.details.get(name, now.get(name, otherwise))
        for name, otherwise in (("plan", None), ("sim_size", None), ("options", []))
    }


def last_position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    match decode_cursor(cursor):
        case [int(position)] if 0 <= position < 2**31:
            return position
    raise Invalid("page.bad_cursor")


def _find(uow: UnitOfWork, customer: str | None, number: str) -> Order:
    order = uow.session.scalar(store.orders_of(customer).where(Order.number == number))
    if order is None:
        raise NotFound("order.unknown")
    return order


def _named(actor: str) -> str:
    return STAFF.rstrip(":") if actor.startswith(STAFF) else actor
