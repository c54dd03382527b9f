"""The beginning and the end of jobs: what it means for the items and orders that they carry out.

Every function works in its caller's transaction. SIMs are locked before jobs and jobs before orders, everywhere, so
that nobody waits in a circle.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import logs
from services.sim import jobs, locking, pool_store, progress, store
from services.sim.accounting import first_day
from services.sim.adapters.carrier import Operation
from services.sim.orders import OrderStatus, ended_status
from services.sim.work import WORK
from services.sim.work.base import Failed, Obsolete, Plan, Site, Task, Work

log = structlog.get_logger()

REJECTED = "carrier.rejected"
NO_ANSWER = "carrier.no_answer"

LATE = Counter("kaisen_sim_orders_begun_late_total", "Orders begun after the time they were promised for")
FAILED = Counter("kaisen_sim_items_failed_total", "Items of orders that ended without success", ["reason"])

_PATIENCE = timedelta(days=1)  # for work that no order promised for a time

_BEGIN_ITEMS = text("UPDATE order_items SET state = 'in_progress' WHERE id = ANY(:ids) AND state = 'pending'")
_BEGIN_ORDERS = text(
    "UPDATE orders SET status = 'in_progress' WHERE id IN"
    " (SELECT id FROM orders WHERE id = ANY(:ids) AND status = 'pending' ORDER BY id FOR UPDATE)"
    " RETURNING id, number, reason, correlation_id, not_after, by_hand"
)
_END_ITEMS = text(
    "UPDATE order_items SET state = given.state, reason = given.reason,"
    "  executed_at = CASE WHEN given.state = 'completed' THEN CAST(:now AS timestamptz) END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[]))"
    "  AS given (id, state, reason) WHERE order_items.id = given.id"
)
_REMEMBER = text(
    "UPDATE order_items SET status_before = sims.status FROM sims"
    " WHERE order_items.id = ANY(:ids) AND sims.serial = order_items.sim_serial AND sims.status <> 'error'"
)
_RESTORE = text(
    "UPDATE sims SET status = order_items.status_before FROM order_items"
    " WHERE order_items.id = ANY(:ids) AND sims.serial = order_items.sim_serial AND sims.status = 'error'"
    " AND order_items.status_before IS NOT NULL"
)
_LOCK_ORDERS = text("SELECT id FROM orders WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
_COUNT_ITEMS = text(
    "UPDATE orders SET items_open = items_open - given.ended, items_failed = items_failed + given.failed,"
    "  executed_at = CASE WHEN given.ended > given.failed THEN CAST(:now AS timestamptz) ELSE executed_at END,"
    "  reason = coalesce(given.reason, orders.reason)"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:ended AS bigint[]), CAST(:failed AS bigint[]),"
    "  CAST(:reasons AS text[])) AS given (id, ended, failed, reason) WHERE orders.id = given.id"
    " RETURNING orders.id, number, orders.reason, correlation_id, items_total, items_open, items_failed"
)
_END_ORDERS = text(
    "UPDATE orders SET status = given.status FROM unnest(CAST(:ids AS bigint[]), CAST(:statuses AS text[]))"
    " AS given (id, status) WHERE orders.id = given.id"
)


@dataclass(frozen=True)
class Attempt:
    """A claimed job that has something to send, or nothing that anybody outside must hear of."""

    task: Task
    lease: jobs.Lease
    operations: list[Operation]


@dataclass(frozen=True)
class Ending:
    """How an attempt at a job ended: `reason` None is success, `unknown` an effect that nobody knows of."""

    task: Task
    reason: str | None = None
    error: str | None = None
    unknown: bool = False


def begin(site: Site, due: Sequence[Task], lease: timedelta) -> list[Attempt]:
    """Claim locked jobs and mark their orders as begun; those that end without an attempt are ended here."""
    plans = _plans(site, due)
    planned = {task.job_id: task for task in due if isinstance(plans.get(task.job_id), list)}
    sent = {job_id: _operations(plans[job_id]) for job_id in planned}
    # what cannot be begun because of a defect waits like an attempt without an answer
    broken = [task for task in due if task.job_id not in plans]
    leases = jobs.start(
        site.uow.session,
        {job_id: [asdict(each) for each in operations] for job_id, operations in sent.items()}
        | {task.job_id: task.operations for task in broken},
        site.now,
        lease,
    )
    _begin_orders(site, [task for task in due if task.job_id in plans])
    endings = [
        Ending(task, plan.reason) for task in due if isinstance(plan := plans.get(task.job_id), Failed)
    ]
    end(site, endings)
    obsolete = [task.job_id for task in due if isinstance(plans.get(task.job_id), Obsolete)]
    jobs.end(site.uow.session, {job_id: ("obsolete", None) for job_id in obsolete})
    return [Attempt(task, leases[job_id], sent[job_id]) for job_id, task in planned.items()]


def end(site: Site, endings: Sequence[Ending]) -> None:
    """Write how jobs ended, with all that follows from it; the caller holds the locks of SIMs and jobs."""
    done: dict[str, list[Task]] = defaultdict(list)
    failed: dict[tuple[str, bool], list[Task]] = defaultdict(list)
    for ending in endings:
        if ending.reason is None:
            done[ending.task.kind].append(ending.task)
        else:
            failed[ending.task.kind, ending.unknown].append(ending.task)
            FAILED.labels(ending.reason).inc()
            log.error("job failed", kind=ending.task.kind, lane=ending.task.lane, error=ending.error)
    for kind, tasks in done.items():
        WORK[kind].finish(site, tasks)
    for (kind, unknown), tasks in failed.items():
        if unknown:
            site.uow.session.execute(_REMEMBER, {"ids": _items(tasks)})
        WORK[kind].fail(site, tasks, unknown=unknown)
        if not unknown:
            _restore(site.uow.session, tasks)
    jobs.end(
        site.uow.session,
        {
            each.task.job_id: ("done", None) if each.reason is None else ("failed", each.error or each.reason)
            for each in endings
        },
    )
    end_items(
        site,
        [
            (each.task.order_id, each.task.item_id, each.reason)
            for each in endings
            if each.task.order_id is not None
            and each.task.item_id is not None
            and (WORK[each.task.kind].ends_item or each.reason is not None)
        ],
    )


def end_items(site: Site, ended: Sequence[tuple[int, int, str | None]], *, actor: str = "") -> None:
    """End items of begun orders, (order, item, reason of a failure), and the orders that have none open after that."""
    if not ended:
        return
    session = site.uow.session
    session.execute(
        _END_ITEMS,
        {
            "ids": [item for _, item, _ in ended],
            "states": ["completed" if reason is None else "failed" for *_, reason in ended],
            "reasons": [reason for *_, reason in ended],
            "now": site.now,
        },
    )
    by_order: dict[int, list[str | None]] = defaultdict(list)
    for order_id, _, reason in ended:
        by_order[order_id].append(reason)
    ids = sorted(by_order)
    session.execute(_LOCK_ORDERS, {"ids": ids})
    counted = session.execute(
        _COUNT_ITEMS,
        {
            "ids": ids,
            "ended": [len(by_order[order_id]) for order_id in ids],
            "failed": [sum(reason is not None for reason in by_order[order_id]) for order_id in ids],
            "reasons": [next(filter(None, by_order[order_id]), None) for order_id in ids],
            "now": site.now,
        },
    ).all()
    by_status: dict[OrderStatus, list[progress.Recorded]] = defaultdict(list)
    for row in counted:
        if row.items_open == 0:
            by_status[ended_status(row.items_total, row.items_failed)].append(row)
    for status, orders in by_status.items():
        session.execute(
            _END_ORDERS,
            {"ids": [order.id for order in orders], "statuses": [str(status)] * len(orders)},
        )
        progress.record(site.uow, orders, status, site.now, actor=actor)


def not_done(site: Site, tasks: Sequence[Task]) -> None:
    """Nobody knew whether these jobs had an effect; it is known by now that they had none. Their SIMs are locked."""
    by_kind: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        by_kind[task.kind].append(task)
    for kind, some in by_kind.items():
        WORK[kind].fail(site, some, unknown=False)
        _restore(site.uow.session, some)


def _restore(session: Session, tasks: Sequence[Task]) -> None:
    """SIMs of which nobody knew are again what they were before."""
    session.execute(_RESTORE, {"ids": _items(tasks)})


def _items(tasks: Sequence[Task]) -> list[int]:
    return [task.item_id for task in tasks if task.item_id is not None]


def retry_until(task: Task, started_at: datetime, site: Site) -> datetime:
    """When a job without an answer is given up: at the end of its order's window. One that begins late has its whole
    time all the same."""
    if task.not_after is None:
        return started_at + _PATIENCE
    window = max(task.not_after - task.not_before, timedelta(minutes=30))
    end_of_window = max(task.not_after, started_at + window)
    return end_of_window + timedelta(minutes=site.settings.retry_for_minutes)


def one_by_one(session: Session, tasks: Sequence[Task], act: Callable[[Sequence[Task]], None]) -> list[Task]:
    """`act` on all tasks at once, or on each by itself if that fails, so that one defect does not hold up the others.

    Returns those that failed by themselves, too; they are logged, and nothing of them is stored.
    """
    try:
        with session.begin_nested():
            act(tasks)
        return []
    except Exception:
        if len(tasks) == 1:
            task = tasks[0]
            with logs.bind(correlation_id=task.correlation_id, job=str(task.job_id)):
                log.exception("defect", kind=task.kind, lane=task.lane)
            return [task]
    return [task for each in tasks for task in one_by_one(session, [each], act)]


def _plans(site: Site, due: Sequence[Task]) -> dict[UUID, Plan]:
    """What is to be sent, by job; a job that was begun before sends the same again. A defect leaves a job out."""
    plans: dict[UUID, Plan] = {}
    fresh: dict[str, list[Task]] = defaultdict(list)
    for task in due:
        if task.operations is None:
            fresh[task.kind].append(task)
        else:
            plans[task.job_id] = [Operation(**each) for each in task.operations]
    for kind, some in fresh.items():
        work = WORK[kind]

        def plan(tasks: Sequence[Task], work: Work = work) -> None:
            plans.update(work.begin(site, tasks))

        one_by_one(site.uow.session, some, plan)
    return plans


def _operations(plan: Plan) -> list[Operation]:
    return plan if isinstance(plan, list) else []


def _begin_orders(site: Site, due: Sequence[Task]) -> None:
    items = [task.item_id for task in due if task.item_id is not None]
    if not items:
        return
    session = site.uow.session
    session.execute(_BEGIN_ITEMS, {"ids": items})
    begun = session.execute(
        _BEGIN_ORDERS, {"ids": list({task.order_id for task in due if task.order_id})}
    ).all()
    late = [order for order in begun if not order.by_hand and site.now > order.not_after]
    for order in late:
        LATE.inc()
        log.warning("order begun late", order=order.number, correlation_id=order.correlation_id)
    progress.record(site.uow, begun, OrderStatus.IN_PROGRESS, site.now, late={order.id for order in late})


def lock(site: Site, tasks: Sequence[Task]) -> None:
    """The locks of SIMs, that `end` is called with, and of the share groups whose figures it changes."""
    serials = {task.sim_serial for task in tasks if task.sim_serial is not None}
    settling = [task for task in tasks if WORK[task.kind].settles]
    if not settling:
        store.lock_sims(site.uow.session, serials)
        return
    groups = {task.group_id for task in settling if task.group_id is not None}
    # a number that is in a group, or to be in it, may have another SIM by now
    numbers = {task.msisdn for task in settling if task.group_id is not None}
    concerned = {task.sim_serial for task in settling if task.sim_serial is not None}
    concerned |= pool_store.sims_of_numbers(site.uow.session, numbers, groups)
    locking.lock_changed(site.uow.session, concerned, groups, first_day(site.now), besides=serials)
