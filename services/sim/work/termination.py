"""Ending SIMs for good."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.sim import store
from services.sim.accounting import first_day, next_month, start_of
from services.sim.membership_store import groups_of, leave
from services.sim.models import Job
from services.sim.work.base import Failed, Plan, Site, Task, Work
from services.sim.work.sharing import TERMINATED, GroupCapacity
from services.sim.work.suspension import set_status


class Termination(Work):
    kind = "terminate"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        sims = store.sims_by_serial(site.uow.session, [task.sim for task in tasks])
        return {
            task.job_id: Failed(TERMINATED)
            if sims[task.sim].status == "terminated"
            else [task.operation(self.kind)]
            for task in tasks
        }

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        """A SIM stays in its group for the rest of the month, which is charged for, and takes nothing from it."""
        set_status(site, tasks, "terminated")
        month = next_month(first_day(site.now))
        msisdns = [task.msisdn for task in tasks]
        groups = {group.id: group for group in groups_of(site.uow.session, msisdns, month).values()}
        store.lock_groups(site.uow.session, groups)
        leave(site.uow.session, msisdns, month)
        for group in groups.values():
            site.uow.session.add(
                Job(
                    kind=GroupCapacity.kind,
                    customer_code=group.customer_code,
                    lane=f"group {group.id}",
                    group_id=group.id,
                    not_before=start_of(month),
                    correlation_id=tasks[0].correlation_id,
                )
            )

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """A refused operation leaves the SIM as it was; of an unanswered one nobody knows."""
        if unknown:
            set_status(site, tasks, "error")
