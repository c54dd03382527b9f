"""Putting new SIMs in the place of others: what belongs to the number goes on with the new one.

Data buckets, usage records and what is still to be done move to the new serial, so that nobody who asks for the line's
figures has to know of its former SIMs. Orders that have ended stay with the SIM that they were for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from services.sim import settlement, store
from services.sim.models import Sim
from services.sim.states import SimType

_OWN = {"serial", "sim_type", "sim_size", "status", "activated_on", "replaced_by"}
"""What a new SIM does not take from the former one."""

_TAKEN = [column for column in Sim.__table__.columns.keys() if column not in _OWN]  # noqa: SIM118

_MOVE_ITEMS = text(
    "UPDATE order_items SET sim_serial = given.after"
    " FROM unnest(CAST(:before AS text[]), CAST(:after AS text[])) AS given (before, after)"
    " WHERE sim_serial = given.before AND state = 'pending' AND NOT holds"
)
_MOVE_JOBS = text(
    "UPDATE jobs SET sim_serial = given.after, lane = given.after"
    " FROM unnest(CAST(:before AS text[]), CAST(:after AS text[])) AS given (before, after)"
    " WHERE sim_serial = given.before AND state = 'waiting'"
)


@dataclass(frozen=True)
class Successor:
    """The SIM that comes next."""

    serial: str
    sim_type: SimType
    sim_size: str


def replace(session: Session, successors: Mapping[str, Successor], today: date) -> None:
    """Put each SIM's successor in its place, which works from now on; the caller holds the locks of the former ones."""
    sims = store.sims_by_serial(session, list(successors)).values()
    session.execute(
        insert(Sim),
        [
            {name: getattr(sim, name) for name in _TAKEN}
            | {
                "serial": successors[sim.serial].serial,
                "sim_type": successors[sim.serial].sim_type,
                "sim_size": successors[sim.serial].sim_size,
                # staff may have a swap tried again that failed before the line was suspended
                "status": "suspended" if sim.status == "suspended" else "active",
                "activated_on": today,
            }
            for sim in sims
        ],
    )
    session.execute(
        update(Sim),
        [
            {
                "serial": sim.serial,
                "status": "terminated",
                "replaced_by": successors[sim.serial].serial,
                "restricted_at": None,
            }
            for sim in sims
        ],
    )
    moved = {before: each.serial for before, each in successors.items()}
    settlement.move(session, moved)
    values = {"before": list(moved), "after": list(moved.values())}
    session.execute(_MOVE_ITEMS, values)
    session.execute(_MOVE_JOBS, values)
