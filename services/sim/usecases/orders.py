"""Orders as their customer sees them (依頼一覧), and cancelling one (依頼取消)."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from chassis.clock import in_japan
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import store
from services.sim.models import Job, Order, OrderStep
from services.sim.orders import ItemState, OrderStatus, advance, is_cancellable


def list_orders(
    uow: UnitOfWork,
    now: datetime,
    customer: str | None,
    *,
    status: str | None,
    kind: str | None,
    number: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of orders, the latest first, with the number of all hits."""
    found = store.orders_of(customer, status, kind, number)
    page = found.order_by(Order.id.desc()).limit(limit + 1)
    if cursor is not None:
        page = page.where(Order.id < _after(cursor))
    orders = uow.session.scalars(page).all()
    shown = orders[:limit]
    return {
        "total": store.count(uow.session, found),
        "items": [described(order, now) for order in shown],
        "next_cursor": encode_cursor([shown[-1].id]) if len(orders) > limit else None,
    }


def get_order(uow: UnitOfWork, now: datetime, customer: str | None, number: str) -> dict[str, Any]:
    """An order with its items and its history; raises NotFound("order.unknown")."""
    order = _find(uow, customer, number)
    return described(order, now) | {
        "items": [
            {
                "item": item.position,
                "sim_serial": item.sim_serial,
                "msisdn": item.msisdn,
                "state": item.state,
                "executed_at": _local(item.executed_at),
                "reason": item.reason,
            }
            for item in order.items
        ],
        "history": [
            {
                "at": _local(step.at),
                "status": step.status,
                "actor": step.actor,
                "late": step.late,
                "reason": step.reason,
            }
            for step in order.history
        ],
    }


def cancel_order(
    uow: UnitOfWork, now: datetime, customer: str | None, number: str, actor: str
) -> dict[str, Any]:
    """Cancel an order that nobody has begun to carry out, before its deadline.

    Raises NotFound("order.unknown"), Conflict("order.not_cancellable") with the order's status and deadline. Whoever
    gets hold of an order's jobs first, this or the scheduler, wins; the other one finds them in another state.
    """
    order = _find(uow, customer, number)
    if not is_cancellable(OrderStatus(order.status), order.cancellable_until, now):
        raise _too_late(order)
    items = [item.id for item in order.items]
    freed = uow.session.scalars(
        update(Job)
        .where(Job.order_item_id.in_(items), Job.state == "waiting")
        .values(state="cancelled")
        .returning(Job.id)
    ).all()
    uow.session.refresh(order, with_for_update={"of": Order})
    if len(freed) < len(items):
        raise _too_late(order)
    order.status = advance(OrderStatus(order.status), OrderStatus.CANCELLED)
    order.cancelled_at = now
    for item in order.items:
        item.state = ItemState.CANCELLED
    order.history.append(OrderStep(at=now, status=OrderStatus.CANCELLED, actor=actor))
    uow.commit()
    return described(order, now)


def described(order: Order, now: datetime) -> dict[str, Any]:
    """An order as it is listed; instants in Japan time."""
    item = order.items[0]
    return {
        "number": order.number,
        "kind": order.kind,
        "status": order.status,
        "customer_code": order.customer_code,
        "applicant": order.applicant,
        "accepted_at": _local(order.accepted_at),
        "start_date": order.start_date,
        "not_before": _local(order.not_before),
        "not_after": _local(order.not_after),
        "executed_at": _local(order.executed_at),
        "cancelled_at": _local(order.cancelled_at),
        "price_yen": order.recharge.price_yen,
        "gigabytes": order.recharge.gigabytes,
        "valid_through": order.recharge.valid_through,
        "cancellable": is_cancellable(OrderStatus(order.status), order.cancellable_until, now),
        "cancellable_until": _local(order.cancellable_until),
        "sim_serial": item.sim_serial,
        "msisdn": item.msisdn,
        "reason": order.reason,
    }


def _find(uow: UnitOfWork, customer: str | None, number: str) -> Order:
    order = uow.session.scalar(store.orders_of(customer).where(Order.number == number))
    if order is None:
        raise NotFound("order.unknown")
    return order


def _too_late(order: Order) -> Conflict:
    until = order.cancellable_until
    return Conflict(
        "order.not_cancellable", status=order.status, cancellable_until=until and in_japan(until).isoformat()
    )


def _local(instant: datetime | None) -> datetime | None:
    return instant and in_japan(instant)


def _after(cursor: str) -> int:
    match decode_cursor(cursor):
        case [int(order_id)] if abs(order_id) < 2**63:
            return order_id
    raise Invalid("page.bad_cursor")
