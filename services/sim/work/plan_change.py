"""Giving SIMs another plan, and another name of their project."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select, update

from services.sim import settlement, store
from services.sim.models import Bucket, Sim
from services.sim.work.base import Failed, Plan, Site, Task, Work
from services.sim.work.sharing import TERMINATED
from services.sim.work.suspension import set_status

PLAN_WITHDRAWN = "plan.withdrawn"


class PlanChange(Work):
    kind = "change_plan"
    settles = True

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        session, serials = site.uow.session, [task.sim for task in tasks]
        sims = store.sims_by_serial(session, serials)
        recharged = _recharged(site, serials)
        plans: dict[UUID, Plan] = {}
        for task in tasks:
            sim, plan = sims[task.sim], task.terms["plan"]
            if sim.status == "terminated":
                plans[task.job_id] = Failed(TERMINATED)
            elif plan in (None, sim.plan):
                plans[task.job_id] = []
            elif plan not in site.settings.plans:
                plans[task.job_id] = Failed(PLAN_WITHDRAWN)
            else:
                granted = site.settings.plans[plan]
                operations = [task.operation("set_plan", plan=plan, bytes=granted)]
                if sim.serial in recharged:
                    # the capacity that the carrier has of a recharge counts the old plan in
                    capacity = granted + recharged[sim.serial]
                    operations.append(task.operation("set_capacity", bytes=capacity))
                plans[task.job_id] = operations
        return plans

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        """The present month gets the whole allowance of the new plan, used as if it had always been so."""
        named = {task.sim: task.terms["project_name"] for task in tasks if task.terms["project_name"]}
        for name in set(named.values()):
            site.uow.session.execute(
                update(Sim)
                .where(store.is_any(Sim.serial, [serial for serial in named if named[serial] == name]))
                .values(project_name=name)
                .execution_options(synchronize_session=False)
            )
        planned = {task.sim: task.terms["plan"] for task in tasks if task.terms["plan"]}
        if planned:
            settlement.change_plans(site, planned, tasks[0].correlation_id)

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """A refused operation leaves the SIM as it was; of an unanswered one nobody knows."""
        if unknown:
            set_status(site, tasks, "error")


def _recharged(site: Site, serials: Collection[str]) -> dict[str, int]:
    """The SIMs that were ever recharged, with the bytes of their recharges that are open now."""
    is_open = (Bucket.valid_from <= site.now) & (site.now < Bucket.valid_until)
    found = site.uow.session.execute(
        select(Bucket.sim_serial, func.sum(Bucket.amount_bytes).filter(is_open))
        .where(store.is_any(Bucket.sim_serial, serials), Bucket.kind == "recharge")
        .group_by(Bucket.sim_serial)
    )
    return {serial: int(amount or 0) for serial, amount in found if serial is not None}
