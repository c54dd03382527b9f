"""Changing the options of SIMs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import update

from services.sim import store
from services.sim.kinds.options import changed
from services.sim.models import Sim
from services.sim.work.base import Failed, Plan, Site, Task, Work
from services.sim.work.sharing import TERMINATED
from services.sim.work.suspension import set_status


class OptionsChange(Work):
    kind = "change_options"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        sims = store.sims_by_serial(site.uow.session, [task.sim for task in tasks])
        plans: dict[UUID, Plan] = {}
        for task in tasks:
            sim = sims[task.sim]
            if sim.status == "terminated":
                plans[task.job_id] = Failed(TERMINATED)
            else:
                options = _after(site, task, sim)
                same = options == sim.options
                plans[task.job_id] = [] if same else [task.operation("set_options", options=options)]
        return plans

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        session = site.uow.session
        sims = store.sims_by_serial(session, [task.sim for task in tasks])
        by_options: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for task in tasks:
            by_options[tuple(_after(site, task, sims[task.sim]))].append(task.sim)
        for options, serials in by_options.items():
            session.execute(
                update(Sim)
                .where(store.is_any(Sim.serial, serials))
                .values(options=list(options))
                .execution_options(synchronize_session=False)
            )

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """A refused operation leaves the SIM as it was; of an unanswered one nobody knows."""
        if unknown:
            set_status(site, tasks, "error")


def _after(site: Site, task: Task, sim: Sim) -> list[str]:
    return changed(sim.options, task.terms["add"], task.terms["remove"], list(site.settings.options))
