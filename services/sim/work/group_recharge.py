"""Giving a share group the data of a recharge."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert

from chassis.clock import in_japan
from services.sim import settlement, share_store, store
from services.sim.accounting import end_of
from services.sim.events import GroupRechargeCompleted
from services.sim.models import Bucket
from services.sim.pricing import GB
from services.sim.work.base import Failed, Plan, Site, Task, Work
from services.sim.work.recharge import EXPIRED

ENDED = "share.ended"


class GroupRecharge(Work):
    kind = "group_recharge"
    settles = True

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        session, groups = site.uow.session, {task.group for task in tasks}
        living = share_store.living_ids(session, groups, in_japan(site.now).date())
        balances = store.group_balances(session, living, site.now)
        plans: dict[UUID, Plan] = {}
        for task in tasks:
            if site.now >= end_of(_valid_through(task)):
                plans[task.job_id] = Failed(EXPIRED)
            elif task.group not in living:
                plans[task.job_id] = Failed(ENDED)
            else:
                capacity = balances[task.group].capacity + task.terms["gigabytes"] * GB
                plans[task.job_id] = [task.operation("set_group_capacity", bytes=capacity)]
        return plans

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        groups = {task.group for task in tasks}
        store.lock_groups(site.uow.session, groups)
        site.uow.session.execute(
            insert(Bucket),
            [
                {
                    "group_id": task.group,
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
        settlement.after_group_recharge(site, groups)
        site.uow.emit(*(_completed(site, task) for task in tasks))


def _completed(site: Site, task: Task) -> GroupRechargeCompleted:
    assert task.start_date is not None  # never without an order
    return GroupRechargeCompleted(
        order_number=task.order_number,
        item=task.position,
        customer_code=task.customer_code,
        group_id=task.group,
        group_name=task.terms["name"],
        gigabytes=task.terms["gigabytes"],
        price_yen=task.price_yen,
        start_date=task.start_date,
        completed_at=site.now,
    )


def _valid_through(task: Task) -> date:
    return date.fromisoformat(task.terms["valid_through"])
