"""Giving a SIM the data of a recharge."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, update

from chassis.clock import in_japan
from services.sim import store
from services.sim.accounting import end_of, first_day
from services.sim.events import RechargeCompleted
from services.sim.membership_store import groups_of
from services.sim.models import Bucket, Sim
from services.sim.pricing import GB
from services.sim.settlement import settle
from services.sim.work.base import Failed, Plan, Site, Task, Work
from services.sim.work.sharing import TERMINATED

EXPIRED = "recharge.expired"
IN_GROUP = "sim.in_group"


class Recharge(Work):
    kind = "recharge"
    settles = True

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        sims = store.sims_by_serial(site.uow.session, [task.sim for task in tasks])
        balances = store.balances(site.uow.session, sims.values(), site.settings.plans, site.now)
        groups = groups_of(site.uow.session, [sim.msisdn for sim in sims.values()], in_japan(site.now).date())
        plans: dict[UUID, Plan] = {}
        for task in tasks:
            if sims[task.sim].status == "terminated":
                plans[task.job_id] = Failed(TERMINATED)
                continue
            if sims[task.sim].msisdn in groups:
                plans[task.job_id] = Failed(IN_GROUP)
                continue
            if site.now >= end_of(_valid_through(task)):
                plans[task.job_id] = Failed(EXPIRED)
                continue
            capacity = balances[task.sim].capacity + task.terms["gigabytes"] * GB
            operations = [task.operation("set_capacity", bytes=capacity)]
            if sims[task.sim].restricted_at is not None:
                operations.append(task.operation("lift_restriction"))
            plans[task.job_id] = operations
        return plans

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        session = site.uow.session
        session.execute(
            insert(Bucket),
            [
                {
                    "sim_serial": task.sim,
                    "kind": "recharge",
                    "amount_bytes": task.terms["gigabytes"] * GB,
                    "used_bytes": 0,
                    "valid_from": site.now,
                    "valid_until": end_of(_valid_through(task)),
                    "order_item_id": task.item_id,
                }
                for task in tasks
            ],
        )
        sims = store.sims_by_serial(session, [task.sim for task in tasks])
        # only what is used from now on can be taken from a bucket that begins now
        used = {
            sim.serial for sim in sims.values() if sim.usage_until is not None and sim.usage_until >= site.now
        }
        if used:
            settle(session, site.settings.plans, {first_day(site.now): used})
        balances = store.balances(session, sims.values(), site.settings.plans, site.now)
        # the carrier lifted it as part of this job, or has not been told of it yet
        lifted = [serial for serial, balance in balances.items() if not balance.used_up]
        session.execute(
            update(Sim)
            .where(store.is_any(Sim.serial, lifted), Sim.restricted_at.is_not(None))
            .values(restricted_at=None)
            .execution_options(synchronize_session=False)
        )
        store.keep_figures(session, balances, site.now)
        site.uow.emit(
            *(_completed(site, task) for task in tasks),
            correlation_ids=[task.correlation_id for task in tasks],
        )


def _completed(site: Site, task: Task) -> RechargeCompleted:
    assert task.start_date is not None  # a recharge is never without an order
    return RechargeCompleted(
        order_number=task.order_number,
        item=task.position,
        customer_code=task.customer_code,
        sim_serial=task.sim,
        msisdn=task.msisdn,
        gigabytes=task.terms["gigabytes"],
        price_yen=task.price_yen,
        start_date=task.start_date,
        completed_at=site.now,
    )


def _valid_through(task: Task) -> date:
    return date.fromisoformat(task.terms["valid_through"])
