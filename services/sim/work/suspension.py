"""Work that leads a SIM to another status: suspending and resuming it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import update

from services.sim import store
from services.sim.models import Sim
from services.sim.states import SimStatus
from services.sim.work.base import Plan, Site, Task, Work


class StatusChange(Work):
    """`action` at the carrier; after it a SIM has the status `becomes`."""

    def __init__(self, kind: str, becomes: SimStatus) -> None:
        self.kind = kind
        self._becomes: SimStatus = becomes

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        return {task.job_id: [task.operation(self.kind)] for task in tasks}

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        set_status(site, tasks, self._becomes)

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """A refused operation leaves the SIM as it was; of an unanswered one nobody knows."""
        if unknown:
            set_status(site, tasks, "error")


def set_status(site: Site, tasks: Sequence[Task], status: SimStatus) -> None:
    site.uow.session.execute(
        update(Sim)
        .where(store.is_any(Sim.serial, [task.sim for task in tasks]))
        .values(status=status)
        .execution_options(synchronize_session=False)
    )
