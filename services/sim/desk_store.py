"""What the staff's desk asks of orders, and the locks under which it decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Invalid
from chassis.paging import decode_cursor, encode_cursor
from services.sim import execution, jobs, order_store
from services.sim.models import Job, Order, OrderItem
from services.sim.orders import ItemState, OrderStatus
from services.sim.work.base import Site

Trouble = Literal["failed", "overdue"]


def is_failed() -> ColumnElement[bool]:
    """Items have failed, and nobody has decided yet what to do about them."""
    failed = Order.status.in_([OrderStatus.FAILED, OrderStatus.PARTIALLY_FAILED])
    return and_(failed, Order.settled_at.is_(None))


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """The promised time has passed, and the order has not ended. What staff begin by hand has no such time."""
    is_open = Order.status.in_([OrderStatus.PENDING, OrderStatus.IN_PROGRESS])
    return and_(is_open, not_(Order.by_hand), Order.not_after < now)


def troubles(now: datetime) -> dict[Trouble, ColumnElement[bool]]:
    """Their conditions, the most urgent trouble first."""
    return {"failed": is_failed(), "overdue": is_overdue(now)}


def page(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    trouble: Trouble | Literal["any"] | None,
    now: datetime,
    cursor: str | None,
    limit: int,
) -> tuple[list[tuple[Order, str]], str | None]:
    """Up to `limit` orders with their customers' names after `cursor`: the failed ones first, then the overdue ones,
    then all others unless `trouble` is wanted; the latest of each first. Each part is found by an index of its own.
    """
    found = troubles(now)
    parts: list[ColumnElement[bool]] = [
        condition for name, condition in found.items() if trouble in (None, "any", name)
    ]
    if trouble is None:
        parts.append(not_(or_(*found.values())))
    part, before = _place(cursor, len(parts))
    rows: list[tuple[int, Order, str]] = []
    while part < len(parts) and len(rows) <= limit:
        query = order_store.orders_with_names(*conditions, parts[part])
        if before is not None:
            query = query.where(Order.id < before)
        more = session.execute(query.order_by(Order.id.desc()).limit(limit + 1 - len(rows))).all()
        rows += [(part, each[0], each[1]) for each in more]
        part, before = part + 1, None
    shown = rows[:limit]
    following = encode_cursor([shown[-1][0], shown[-1][1].id]) if len(rows) > limit else None
    return [(order, name) for _, order, name in shown], following


def count(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    trouble: Trouble | Literal["any"] | None,
    now: datetime,
) -> int:
    found = troubles(now)
    wanted = [condition for name, condition in found.items() if trouble in ("any", name)]
    return order_store.count(session, *conditions, *([or_(*wanted)] if wanted else []))


def jobs_of_items(session: Session, order_id: int, positions: Collection[int]) -> dict[int, list[Job]]:
    """The jobs of an order's items by position, oldest first."""
    found: dict[int, list[Job]] = {}
    rows = session.execute(
        select(OrderItem.position, Job)
        .join(Job, Job.order_item_id == OrderItem.id)
        .where(OrderItem.order_id == order_id, OrderItem.position.in_(positions))
        .order_by(Job.created_at, Job.id)
    )
    for position, job in rows:
        found.setdefault(position, []).append(job)
    return found


@dataclass(frozen=True)
class Claim:
    """Items of an order that have failed, and the jobs with which they did, locked like the order itself and what they
    are about. An item that staff have ended by hand has no job."""

    order: Order
    items: dict[int, int]  # position by id
    jobs: dict[int, UUID]  # by id of the item


def claim(site: Site, order: Order, positions: Collection[int] | None) -> Claim:
    """Lock failed items that nobody has decided on: those at `positions`, or all.

    Raises Conflict("desk.nothing_failed") if there is none, Conflict("desk.not_failed", item=…) for a position that is
    none of them, Conflict("desk.changed") if somebody else has just decided on one.
    """
    session = site.uow.session
    undecided = (
        OrderItem.order_id == order.id,
        OrderItem.state == ItemState.FAILED,
        OrderItem.settled_at.is_(None),
    )
    wanted = select(OrderItem.id, OrderItem.position).where(*undecided)
    if positions is not None:
        wanted = wanted.where(OrderItem.position.in_(positions))
    found = session.execute(wanted.order_by(OrderItem.position)).all()
    for position in sorted(set(positions or ()) - {row.position for row in found}):
        raise Conflict("desk.not_failed", item=position)
    if not found:
        raise Conflict("desk.nothing_failed")
    ids = [row.id for row in found]
    of_items = (Job.order_item_id.in_(ids), Job.state == "failed")
    job_ids = list(session.scalars(select(Job.id).where(*of_items)))
    execution.lock(site, jobs.tasks(session, job_ids))
    failed = session.execute(
        select(Job.order_item_id, Job.id)
        .where(*of_items)
        .order_by(
            Job.created_at, Job.id
        )  # of several of an item, such as with another card, the last one counts
        .with_for_update()
    ).all()
    session.refresh(order, with_for_update=True)
    still = session.scalars(
        select(OrderItem.id).where(OrderItem.id.in_(ids), *undecided).order_by(OrderItem.id).with_for_update()
    ).all()
    if len(still) != len(ids):
        raise Conflict("desk.changed")
    return Claim(
        order, {row.id: row.position for row in found}, {row.order_item_id: row.id for row in failed}
    )


def reopen(session: Session, claimed: Claim) -> None:
    """Count the failed items back: they are open again, and so is the order."""
    session.execute(
        update(OrderItem)
        .where(OrderItem.id.in_(claimed.items))
        .values(state=ItemState.IN_PROGRESS, reason=None)
        .execution_options(synchronize_session=False)
    )
    order, count_of = claimed.order, len(claimed.items)
    order.items_open += count_of
    order.items_failed -= count_of
    order.status = OrderStatus.IN_PROGRESS
    order.settled_at = None
    if order.items_failed == 0:
        order.reason = None
    session.flush()


def has_undecided(session: Session, order: Order) -> bool:
    """Whether any failed item of the order waits for somebody's decision."""
    found = select(func.count()).where(
        OrderItem.order_id == order.id,
        OrderItem.state == ItemState.FAILED,
        OrderItem.settled_at.is_(None),
    )
    return bool(session.scalar(found))


def _place(cursor: str | None, parts: int) -> tuple[int, int | None]:
    if cursor is None:
        return 0, None
    match decode_cursor(cursor):
        case [int(part), int(last)] if 0 <= part < parts and abs(last) < 2**63:
            return part, last
    raise Invalid("page.bad_cursor")


def as_told(job: Job) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "state": job.state,
        "attempts": job.attempts,
        "error": job.error,
        "started_at": job.started_at,
        "operations": [each["id"] for each in job.operations or []],
    }


assert {"failed", "overdue"} == set(get_args(Trouble))
