"""Telling the carrier the capacity of a SIM once more, as it is here."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.sim import store
from services.sim.work.base import Obsolete, Plan, Site, Task, Work

# Work whose operations set a capacity as it was when they were first sent.
_SETTING = ["recharge", "group_recharge", "change_plan"]

_FOLLOW = text(
    "INSERT INTO jobs (id, kind, customer_code, lane, sim_serial, group_id, state, not_before, attempts, fence,"
    "  correlation_id)"
    " SELECT gen_random_uuid(), CASE WHEN sim_serial IS NULL THEN 'group_capacity' ELSE 'capacity' END,"
    "  customer_code, lane, sim_serial, group_id, 'waiting', greatest(not_before, :now), 0, 0, correlation_id"
    " FROM jobs WHERE id = ANY(:ids) AND kind = ANY(:setting) AND operations IS NOT NULL"
)


class Capacity(Work):
    kind = "capacity"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        sims = store.sims_by_serial(site.uow.session, [task.sim for task in tasks])
        balances = store.balances(site.uow.session, sims.values(), site.settings.plans, site.now)
        return {
            task.job_id: Obsolete()
            if sims[task.sim].status == "terminated"
            else [task.operation("set_capacity", bytes=balances[task.sim].capacity)]
            for task in tasks
        }

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        """The carrier only follows."""


def set_right(session: Session, job_ids: Sequence[UUID], site: Site) -> None:
    """Add to the lanes of these jobs another one each that sets the capacity anew: what they are about to send, or
    have sent, was right when they were first begun, and others may have come between since."""
    session.execute(_FOLLOW, {"ids": list(job_ids), "setting": _SETTING, "now": site.now})
