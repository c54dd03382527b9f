"""Activating a new SIM (開通), whose card is on its way to the customer."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import update

from chassis.clock import in_japan
from services.sim import store
from services.sim.models import Sim
from services.sim.work.base import Plan, Site, Task, Work
from services.sim.work.suspension import set_status


class Activation(Work):
    kind = "activate"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        plans = site.settings.plans
        sims = store.sims_by_serial(site.uow.session, [task.sim for task in tasks])
        return {
            task.job_id: [
                task.operation("set_plan", plan=sims[task.sim].plan, bytes=plans[sims[task.sim].plan]),
                task.operation("activate"),
            ]
            for task in tasks
        }

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        site.uow.session.execute(
            update(Sim)
            .where(store.is_any(Sim.serial, [task.sim for task in tasks]))
            .values(status="active", activated_on=in_japan(site.now).date())
            .execution_options(synchronize_session=False)
        )

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """A refused SIM stays as it was shipped; of one without an answer nobody knows."""
        if unknown:
            set_status(site, tasks, "error")
