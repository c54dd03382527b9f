"""Taking orders of every kind: quote, place, change, cancel.

Whoever gets hold of an order's jobs first, a cancellation, a change or the scheduler, wins: the others find them in
another state.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from chassis.clock import in_japan
from chassis.errors import Conflict, NotFound
from chassis.idempotency import once
from services.sim import progress, store
from services.sim.kinds import KINDS
from services.sim.kinds.base import Desk, Kind, Quote, Request, Target
from services.sim.models import Job, Order, OrderItem
from services.sim.numbers import format_order_number
from services.sim.orders import ItemState, OrderStatus, advance, is_cancellable, is_changeable
from services.sim.usecases.holding import refuse_held
from services.sim.usecases.shown import described, quoted


def choices(desk: Desk, kind: str) -> dict[str, Any]:
    """What a form for orders of `kind` offers; raises NotFound("order.unknown_kind")."""
    if kind not in KINDS:
        raise NotFound("order.unknown_kind")
    return KINDS[kind].choices(desk)


def quote(desk: Desk, request: Any) -> dict[str, Any]:
    """What `request` would be if it were placed now; raises what its kind refuses."""
    return quoted(_kind(request).quote(desk, request))


def quote_change(desk: Desk, number: str, request: Any) -> dict[str, Any]:
    """What `request` would be in place of what the order is about now; nothing is stored.

    Raises what `change` does; the caller rolls back.
    """
    _withdraw_for_change(desk, number, request)
    return quoted(_kind(request).quote(desk, request))


def place(desk: Desk, request: Any, fingerprint: str | None, key: str) -> dict[str, Any]:
    """Order `request`; the same key again gets the same order.

    Raises what a quote does, Conflict("quote.changed") if `fingerprint` is that of another quote than the present one,
    and Conflict("order.conflict", number=…) if another order got hold of a SIM meanwhile.
    """

    def act() -> dict[str, Any]:
        kind = _kind(request)
        offered = _agreed(kind.quote(desk, request), fingerprint)
        order = _new_order(desk, offered, request)
        _fill(desk, kind, order, offered, request)
        progress.record(desk.uow, [order], OrderStatus.PENDING, desk.now, actor=desk.caller.login_id)
        return described(order, desk.now)

    return _once(desk, "place_order", key, {"order": request, "fingerprint": fingerprint}, act)


def change(desk: Desk, number: str, request: Any, fingerprint: str | None, key: str) -> dict[str, Any]:
    """Put `request` in place of what the order is about; its number stays.

    Raises NotFound("order.unknown"), Conflict("order.not_changeable") with its status and deadline,
    Conflict("order.other_kind"), and what `place` does.
    """

    def act() -> dict[str, Any]:
        kind = _kind(request)
        order = _withdraw_for_change(desk, number, request)
        offered = _agreed(kind.quote(desk, request), fingerprint)
        _set(order, offered, request)
        _fill(desk, kind, order, offered, request)
        progress.record(
            desk.uow, [order], OrderStatus.PENDING, desk.now, actor=desk.caller.login_id, change=True
        )
        return described(order, desk.now)

    return _once(desk, f"change_order/{number}", key, {"order": request, "fingerprint": fingerprint}, act)


def cancel(desk: Desk, number: str) -> dict[str, Any]:
    """Cancel an order that nobody has begun to carry out, before its deadline.

    Raises NotFound("order.unknown"), Conflict("order.not_cancellable") with the order's status and deadline.
    """
    order = find_order(desk, number)
    if not is_cancellable(OrderStatus(order.status), order.cancellable_until, desk.now):
        raise _too_late("order.not_cancellable", order)
    _free_jobs(desk, order, "order.not_cancellable", remove=False)
    KINDS[order.kind].withdraw(desk, order)
    order.status = advance(OrderStatus(order.status), OrderStatus.CANCELLED)
    order.cancelled_at = desk.now
    order.items_open = 0
    desk.session.execute(
        update(OrderItem).where(OrderItem.order_id == order.id).values(state=ItemState.CANCELLED)
    )
    progress.record(desk.uow, [order], OrderStatus.CANCELLED, desk.now, actor=desk.caller.login_id)
    desk.uow.commit()
    return described(order, desk.now)


def find_order(desk: Desk, number: str) -> Order:
    """The customer's order; raises NotFound("order.unknown"), for another customer's as well."""
    order = desk.session.scalar(store.orders_of(desk.customer).where(Order.number == number))
    if order is None:
        raise NotFound("order.unknown")
    return order


def jobs_of(order: Order, items: list[tuple[int, Target]], not_before: datetime) -> list[dict[str, Any]]:
    """The rows of the jobs that carry out `items`: (id of the item, its target)."""
    return [
        {
            "kind": target.work,
            "customer_code": order.customer_code,
            "lane": target.sim_serial or f"group {order.group_id}",
            "sim_serial": target.sim_serial,
            "group_id": None if target.sim_serial else order.group_id,
            "order_item_id": item_id,
            "not_before": not_before,
            "correlation_id": order.correlation_id,
        }
        for item_id, target in items
        if target.work is not None
    ]


def _kind(request: Request) -> Kind:
    return KINDS[request.kind]  # type: ignore[attr-defined]


def _agreed(offered: Quote, fingerprint: str | None) -> Quote:
    if fingerprint is not None and fingerprint != offered.fingerprint:
        raise Conflict("quote.changed")
    return offered


def _once(
    desk: Desk, what: str, key: str, request: dict[str, Any], act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    scope = f"{what}/{desk.caller.customer}/{desk.caller.subject}"
    answer, _ = once(desk.uow, scope, key, request, act)
    desk.uow.commit()
    return answer


def _new_order(desk: Desk, offered: Quote, request: Request) -> Order:
    year = in_japan(desk.now).year
    sequence = store.next_in_sequence(desk.session, offered.customer_code, offered.kind, year)
    order = Order(
        number=format_order_number(offered.customer_code, offered.kind, year, sequence),
        kind=offered.kind,
        customer_code=offered.customer_code,
        status=OrderStatus.PENDING,
        applicant=desk.caller.login_id,
        accepted_at=desk.now,
        correlation_id=desk.caller.correlation_id,
    )
    _set(order, offered, request)
    desk.session.add(order)
    desk.session.flush()
    return order


def _set(order: Order, offered: Quote, request: Request) -> None:
    order.service_type = offered.service_type
    order.group_id = offered.group_id
    order.start_date = offered.start_date
    order.not_before = offered.not_before
    order.not_after = offered.not_after
    order.by_hand = offered.by_hand
    order.cancellable_until = offered.cancellable_until
    order.price_yen = offered.price_yen
    order.request = request.model_dump(mode="json")
    order.terms = quoted_terms(offered)
    order.items_total = order.items_open = len(offered.targets)


def quoted_terms(offered: Quote) -> dict[str, Any]:
    """The terms as JSON keeps them."""
    terms: dict[str, Any] = quoted(offered)["terms"]
    return terms


def _fill(desk: Desk, kind: Kind, order: Order, offered: Quote, request: Request) -> None:
    """Store the items, their jobs and what the kind keeps besides; the rows of many SIMs in one statement."""
    rows = [
        {
            "order_id": order.id,
            "position": position,
            "sim_serial": target.sim_serial,
            "msisdn": target.msisdn,
            "holds": target.holds,
            "state": ItemState.PENDING,
            "details": dict(target.details),
        }
        for position, target in enumerate(offered.targets, 1)
    ]
    try:
        with desk.session.begin_nested():
            stored = desk.session.execute(insert(OrderItem).returning(OrderItem.position, OrderItem.id), rows)
            item_ids = dict(stored.tuples().all())
    except IntegrityError as error:
        if "order_items_holding" not in str(error.orig):
            raise
        refuse_held(desk.session, [target.sim_serial for target in offered.targets if target.sim_serial])
        raise Conflict("quote.changed") from error  # the other order has just ended
    kind.accept(desk, order, request)
    jobs = jobs_of(
        order,
        [(item_ids[position], target) for position, target in enumerate(offered.targets, 1)],
        order.not_before,
    )
    if jobs:
        desk.session.execute(insert(Job), jobs)


def _withdraw_for_change(desk: Desk, number: str, request: Request) -> Order:
    """The order, emptied and locked; what it held is free for its new content."""
    order = find_order(desk, number)
    if order.kind != _kind(request).code:
        raise Conflict("order.other_kind")
    if not is_changeable(OrderStatus(order.status), order.cancellable_until, order.by_hand, desk.now):
        raise _too_late("order.not_changeable", order)
    _free_jobs(desk, order, "order.not_changeable", remove=True)
    KINDS[order.kind].withdraw(desk, order)
    desk.session.execute(delete(OrderItem).where(OrderItem.order_id == order.id))
    return order


def _free_jobs(desk: Desk, order: Order, code: str, *, remove: bool) -> None:
    """Take the order's jobs away, or raise Conflict if anybody has begun with one; the order is locked then."""
    items = select(OrderItem.id).where(OrderItem.order_id == order.id)
    of_order = Job.order_item_id.in_(items)
    expected = desk.session.scalar(select(func.count()).select_from(Job).where(of_order))
    statement: Any = (
        delete(Job).where(of_order, Job.state == "waiting").returning(Job.id)
        if remove
        else update(Job).where(of_order, Job.state == "waiting").values(state="cancelled").returning(Job.id)
    )
    freed = len(desk.session.scalars(statement, execution_options={"synchronize_session": False}).all())
    desk.session.refresh(order, with_for_update=True)
    if freed != expected or order.status != OrderStatus.PENDING:
        raise _too_late(code, order)


def _too_late(code: str, order: Order) -> Conflict:
    until = order.cancellable_until
    return Conflict(code, status=order.status, cancellable_until=until and in_japan(until).isoformat())
