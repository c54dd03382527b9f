"""What a job does: the operations it sends to the carrier, and what its end means for the SIM and the order.

Every function works in its caller's transaction, on a job that the caller has claimed and whose SIM is locked.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select

from chassis.database import UnitOfWork
from services.sim import store
from services.sim.accounting import end_of
from services.sim.adapters.carrier import Operation
from services.sim.events import RechargeCompleted
from services.sim.models import Bucket, Job, Order, OrderItem, OrderStep, Sim
from services.sim.orders import ItemState, OrderStatus, advance, status_of
from services.sim.pricing import GB
from services.sim.settings import Settings
from services.sim.settlement import settle

log = structlog.get_logger()

EXPIRED = "recharge.expired"
REJECTED = "carrier.rejected"
NO_ANSWER = "carrier.no_answer"


def begin(uow: UnitOfWork, settings: Settings, job: Job, now: datetime) -> list[Operation]:
    """Mark a claimed job's order as begun; the operations to send, none if the job ends without any."""
    sim = uow.session.get_one(Sim, job.sim_serial)
    if job.kind == "recharge":
        item, order = _item_and_order(uow, job)
        _start(item, order, now)
        if now >= end_of(order.recharge.valid_through):
            fail(uow, job, EXPIRED, now)
            return []
    elif (job.kind == "restrict") != (sim.restricted_at is not None):
        job.state = "obsolete"  # a recharge or a new month came between
        return []
    if job.operations is None:
        job.operations = [asdict(each) for each in _operations(uow, settings, job, sim, now)]
    return [Operation(**each) for each in job.operations]


def finish(uow: UnitOfWork, settings: Settings, job: Job, now: datetime) -> None:
    """The carrier has carried out all operations: give the job its effect here."""
    job.state = "done"
    if job.kind != "recharge":
        return
    item, order = _item_and_order(uow, job)
    bucket = Bucket(
        sim_serial=job.sim_serial,
        kind="recharge",
        amount_bytes=order.recharge.gigabytes * GB,
        used_bytes=0,
        valid_from=now,
        valid_until=end_of(order.recharge.valid_through),
        order_item_id=item.id,
    )
    uow.session.add(bucket)
    uow.session.flush()
    settle(uow.session, {job.sim_serial: now}, settings.plans)
    sim = uow.session.get_one(Sim, job.sim_serial)
    if store.balances(uow.session, [sim], settings.plans, now)[sim.serial].remaining > 0:
        sim.restricted_at = None  # the carrier lifted it as part of this job, or has not been told of it yet
    _end(item, order, ItemState.COMPLETED, None, now)
    uow.emit(
        RechargeCompleted(
            order_number=order.number,
            item=item.position,
            customer_code=order.customer_code,
            sim_serial=item.sim_serial,
            msisdn=item.msisdn,
            gigabytes=order.recharge.gigabytes,
            price_yen=order.recharge.price_yen,
            start_date=order.start_date,
            completed_at=now,
        )
    )


def fail(uow: UnitOfWork, job: Job, reason: str, now: datetime) -> None:
    """The job will not be tried again: its item failed, with a reason for the customer."""
    job.state = "failed"
    job.error = job.error or reason
    log.error("job failed", kind=job.kind, sim=job.sim_serial, reason=reason, error=job.error)
    if job.kind == "recharge":
        item, order = _item_and_order(uow, job)
        _end(item, order, ItemState.FAILED, reason, now)


def retry_until(uow: UnitOfWork, settings: Settings, job: Job) -> datetime:
    """When a job without an answer is given up. One that begins late has its whole time all the same."""
    since = job.started_at or job.not_before
    if job.kind == "recharge":
        _, order = _item_and_order(uow, job)
        since = max(since, order.not_after)
    return since + timedelta(minutes=settings.retry_for_minutes)


def _operations(uow: UnitOfWork, settings: Settings, job: Job, sim: Sim, now: datetime) -> list[Operation]:
    def operation(action: str, **params: Any) -> Operation:
        return Operation(f"{job.id}-{action}", action, sim.serial, params)

    if job.kind != "recharge":
        return [operation(job.kind)]
    _, order = _item_and_order(uow, job)
    capacity = store.balances(uow.session, [sim], settings.plans, now)[sim.serial].capacity
    raise_capacity = operation("set_capacity", bytes=capacity + order.recharge.gigabytes * GB)
    if sim.restricted_at is None:
        return [raise_capacity]
    return [raise_capacity, operation("lift_restriction")]


def _item_and_order(uow: UnitOfWork, job: Job) -> tuple[OrderItem, Order]:
    """The item of a job and its order, which stays locked until the end of the transaction."""
    item = uow.session.get_one(OrderItem, job.order_item_id)
    order = uow.session.scalars(
        select(Order)
        .where(Order.id == item.order_id)
        .with_for_update(of=Order)
        .execution_options(populate_existing=True)
    ).one()
    return item, order


def _start(item: OrderItem, order: Order, now: datetime) -> None:
    item.state = ItemState.IN_PROGRESS
    if order.status != OrderStatus.PENDING:
        return
    late = now > order.not_after
    if late:
        log.warning("order begun late", order=order.number, seconds=(now - order.not_after).total_seconds())
    _move(order, OrderStatus.IN_PROGRESS, None, now, late=late)


def _end(item: OrderItem, order: Order, state: ItemState, reason: str | None, now: datetime) -> None:
    item.state = state
    item.reason = reason
    if state == ItemState.COMPLETED:
        item.executed_at = now
    status = status_of([ItemState(each.state) for each in order.items])
    if status != order.status:
        order.reason = reason
        order.executed_at = max((each.executed_at for each in order.items if each.executed_at), default=None)
        _move(order, status, reason, now, late=False)


def _move(order: Order, status: OrderStatus, reason: str | None, now: datetime, *, late: bool) -> None:
    order.status = advance(OrderStatus(order.status), status)
    order.history.append(OrderStep(at=now, status=status, actor="", late=late, reason=reason))
    log.info("order", order=order.number, status=status)
