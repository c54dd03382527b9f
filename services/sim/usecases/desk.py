"""The staff's desk: orders of all customers, and what becomes of items that have failed.

Staff have such an item carried out once more, or state what is true of it: that it was done, or that it was not and
stays so. Whoever locks the failed items first decides; for whoever comes second they are none any more.
"""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, NotFound
from services.sim import desk_store, execution, jobs, progress, stock_store
from services.sim.desk_store import Claim, Trouble
from services.sim.events import Audited
from services.sim.execution import Ending
from services.sim.models import Job, Order, OrderItem
from services.sim.order_store import OrderSearch
from services.sim.orders import ItemState, OrderStatus
from services.sim.settings import Settings
from services.sim.usecases.holding import refuse_held
from services.sim.usecases.orders import STAFF, detailed, items_of, last_position, listed
from services.sim.usecases.shown import local
from services.sim.work.base import Site
from services.sim.work.capacity import set_right

Outcome = Literal["done", "not_done"]


def list_all_orders(
    uow: UnitOfWork,
    search: OrderSearch,
    customer: str | None,
    trouble: Trouble | Literal["any"] | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of the orders of all customers, or of one; the failed and then the overdue ones come first."""
    now = clock.now()
    conditions = search.conditions(customer or None)
    shown, following = desk_store.page(uow.session, conditions, trouble, now, cursor, limit)
    return {
        "total": desk_store.count(uow.session, conditions, trouble, now),
        "items": [
            listed(order, name, now) | {"trouble": _trouble(order, now), "group_id": order.group_id}
            for order, name in shown
        ],
        "next_cursor": following,
    }


def count_troubles(uow: UnitOfWork) -> dict[str, int]:
    """How many orders wait for the staff: {"failed", "overdue"}."""
    now = clock.now()
    return {name: desk_store.count(uow.session, [], name, now) for name in desk_store.troubles(now)}


def get_any_order(uow: UnitOfWork, number: str) -> dict[str, Any]:
    """An order as its customer sees it, with what is for staff alone; raises NotFound("order.unknown")."""
    order, now = _find(uow, number), clock.now()
    told = detailed(uow, order, now, for_staff=True)
    told["items"] = _with_jobs(uow, order, told["items"])
    undecided = desk_store.has_undecided(uow.session, order)
    return told | {"trouble": _trouble(order, now), "undecided": undecided}


def list_any_items(
    uow: UnitOfWork, number: str, state: ItemState | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of an order's items with their jobs; raises NotFound("order.unknown"), Invalid("page.bad_cursor")."""
    order = _find(uow, number)
    last_position(cursor)
    page = items_of(uow, order, cursor, limit, state)
    return page | {"items": _with_jobs(uow, order, page["items"])}


def retry(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    number: str,
    items: Sequence[int] | None,
    note: str,
) -> dict[str, Any]:
    """Have failed items carried out once more, with the operations that were sent before: the system outside is asked
    for each before it is sent again. `items` are positions; None: all that have failed.

    Raises NotFound("order.unknown"), what `desk_store.claim` does, Conflict("desk.no_work", item=…) for an item that
    staff have ended by hand, and Conflict("order.conflict", number=…) if another order holds the SIM by now.
    """
    order = _find(uow, number)
    site = Site(uow, settings, clock.now())
    claimed = desk_store.claim(site, order, items)
    _demand_jobs(claimed)
    _reopen(uow, claimed)
    uow.session.execute(
        update(Job)
        .where(Job.id.in_(claimed.jobs.values()))
        .values(state="waiting", started_at=None)  # from its next start on it has its whole time again
        .execution_options(synchronize_session=False)
    )
    set_right(uow.session, list(claimed.jobs.values()), site)
    progress.record(uow, [order], OrderStatus.IN_PROGRESS, site.now, actor=_actor(caller), note=note)
    _audit(uow, caller, "order.retried", claimed, {"note": note})
    uow.commit()
    return {"number": number, "items": len(claimed.items)}


def resolve(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    number: str,
    items: Sequence[int] | None,
    outcome: Outcome,
    note: str,
) -> dict[str, Any]:
    """State what is true of failed items: `done` gives them their effect here as if the system outside had answered,
    `not_done` leaves them failed, and their SIMs what they were before.

    Raises what `retry` does, and Conflict("desk.no_effect") if the effect can no longer be given.
    """
    order = _find(uow, number)
    site = Site(uow, settings, clock.now())
    claimed = desk_store.claim(site, order, items)
    if outcome == "done":
        _finish(site, claimed, caller, note)
    else:
        _settle(site, claimed, caller, note)
    _audit(uow, caller, f"order.resolved_{outcome}", claimed, {"note": note})
    uow.commit()
    return {"number": number, "items": len(claimed.items)}


def _finish(site: Site, claimed: Claim, caller: Caller, note: str) -> None:
    _demand_jobs(claimed)
    uow = site.uow
    _reopen(uow, claimed)
    progress.record(uow, [claimed.order], OrderStatus.IN_PROGRESS, site.now, actor=_actor(caller), note=note)
    tasks = jobs.tasks(uow.session, list(claimed.jobs.values()))
    try:
        with uow.session.begin_nested():
            execution.end(site, [Ending(task) for task in tasks])
    except IntegrityError as error:  # such as data that has expired since, or another membership
        raise Conflict("desk.no_effect") from error
    set_right(uow.session, [task.job_id for task in tasks], site)


def _settle(site: Site, claimed: Claim, caller: Caller, note: str) -> None:
    session, order = site.uow.session, claimed.order
    unknown = session.scalars(
        select(OrderItem.id).where(OrderItem.id.in_(claimed.jobs), OrderItem.reason == execution.NO_ANSWER)
    )
    execution.not_done(site, jobs.tasks(session, [claimed.jobs[item] for item in unknown]))
    if order.by_hand:  # the card that the network did not take
        stock_store.release(session, list(claimed.items))
    session.execute(
        update(OrderItem)
        .where(OrderItem.id.in_(claimed.items))
        .values(settled_at=site.now)
        .execution_options(synchronize_session=False)
    )
    if not desk_store.has_undecided(session, order):
        order.settled_at = site.now
        session.flush()
    progress.note(site.uow, order, site.now, _actor(caller), note)


def _reopen(uow: UnitOfWork, claimed: Claim) -> None:
    try:
        with uow.session.begin_nested():
            desk_store.reopen(uow.session, claimed)
    except IntegrityError as error:
        if "order_items_holding" not in str(error.orig):
            raise
        serials = uow.session.scalars(
            select(OrderItem.sim_serial).where(
                OrderItem.id.in_(claimed.items), OrderItem.sim_serial.is_not(None)
            )
        ).all()
        refuse_held(uow.session, [serial for serial in serials if serial])
        raise Conflict("desk.changed") from error  # the other order has just ended


def _demand_jobs(claimed: Claim) -> None:
    for item, position in claimed.items.items():
        if item not in claimed.jobs:
            raise Conflict("desk.no_work", item=position)


def _audit(uow: UnitOfWork, caller: Caller, action: str, claimed: Claim, details: dict[str, Any]) -> None:
    positions = sorted(claimed.items.values())
    told = {"items": len(positions), "customer": claimed.order.customer_code, **details}
    uow.emit(Audited.by(caller, action, claimed.order.number, told))


def _with_jobs(uow: UnitOfWork, order: Order, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_position = desk_store.jobs_of_items(uow.session, order.id, [each["item"] for each in items])
    return [
        each
        | {
            "jobs": [
                desk_store.as_told(job) | {"started_at": local(job.started_at)}
                for job in by_position.get(each["item"], [])
            ]
        }
        for each in items
    ]


def _find(uow: UnitOfWork, number: str) -> Order:
    order = uow.session.scalar(select(Order).where(Order.number == number))
    if order is None:
        raise NotFound("order.unknown")
    return order


def _trouble(order: Order, now: Any) -> str | None:
    if order.status in (OrderStatus.FAILED, OrderStatus.PARTIALLY_FAILED) and order.settled_at is None:
        return "failed"
    is_open = order.status in (OrderStatus.PENDING, OrderStatus.IN_PROGRESS)
    return "overdue" if is_open and not order.by_hand and order.not_after < now else None


def _actor(caller: Caller) -> str:
    return f"{STAFF}{caller.login_id}"
