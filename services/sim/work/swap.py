"""Putting a new SIM in a line's place at the network: a reissue."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import update

from chassis.clock import in_japan
from services.sim import replacing, stock_store, store
from services.sim.models import Sim
from services.sim.replacing import Successor
from services.sim.work.base import Plan, Site, Task, Work
from services.sim.work.suspension import set_status


class Swap(Work):
    """The new serial is in the item's `details`, the type and size of the SIM in the order's terms."""

    kind = "swap"

    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        return {
            task.job_id: [task.operation("swap", new_serial=task.details["new_serial"])] for task in tasks
        }

    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        successors = {
            task.sim: Successor(
                task.details["new_serial"], task.terms["sim_type"], task.terms.get("sim_size", "")
            )
            for task in tasks
        }
        replacing.replace(site.uow.session, successors, in_japan(site.now).date())
        stock_store.assign(site.uow.session, _items(tasks))

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:
        """A refused swap leaves the old SIM at work; of an unanswered one nobody knows. The new SIM stays reserved, for
        staff may have the swap tried again; it is free when they take another one, or state that it was not done."""
        if unknown:
            set_status(site, tasks, "error")
            return
        site.uow.session.execute(
            update(Sim)
            .where(
                store.is_any(Sim.serial, [task.sim for task in tasks]), Sim.status.in_(["reissuing", "error"])
            )
            .values(status="active")
            .execution_options(synchronize_session=False)
        )


def _items(tasks: Sequence[Task]) -> list[int]:
    return [task.item_id for task in tasks if task.item_id is not None]
