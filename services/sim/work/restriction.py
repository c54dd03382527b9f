"""Restricting the speed of a SIM, and lifting that again."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.sim import store
from services.sim.work.base import Obsolete, Plan, Site, Task, Work


class Restriction(Work):
    def __init__(self, kind: str, *, restricts: bool) -> None:
        self.kind = kind
        self._restricts = restricts

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        sims = store.sims_by_serial(site.uow.session, [task.sim for task in tasks])
        return {
            task.job_id: [task.operation(self.kind)]
            if self._restricts == (sims[task.sim].restricted_at is not None)
            and sims[task.sim].status != "terminated"
            else Obsolete()  # a recharge, a new month or the SIM's end came between
            for task in tasks
        }

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        """What is restricted was decided when the job was made; the carrier only follows."""
