"""Restricted speed (速度制限): set at the carrier when nothing is left, lifted when something is again."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.database import UnitOfWork
from services.sim import store
from services.sim.accounting import month_of
from services.sim.models import Job, Sim
from services.sim.states import JobKind

_BATCH = 200


def review(
    session: Session, sims: Iterable[Sim], plans: Mapping[str, int], now: datetime, correlation_id: str
) -> int:
    """Set or lift the restriction of locked SIMs by what they have left at `now`; how many were changed."""
    sims = list(sims)
    balances = store.balances(session, sims, plans, now)
    changed = 0
    for sim in sims:
        exhausted = balances[sim.serial].remaining <= 0
        if exhausted != (sim.restricted_at is not None):
            kind: JobKind = "restrict" if exhausted else "lift_restriction"
            session.add(Job(kind=kind, sim_serial=sim.serial, not_before=now, correlation_id=correlation_id))
            changed += 1
        sim.restricted_at = now if exhausted else None
    session.flush()
    return changed


def review_after_month_start(uow: UnitOfWork, plans: Mapping[str, int], now: datetime) -> int:
    """Lift restrictions of earlier months, because a new month brings a new allowance; how many were changed.

    Takes a batch of the SIMs that nobody else has locked, and commits.
    """
    start, _ = month_of(now)
    sims = uow.session.scalars(
        select(Sim)
        .where(Sim.restricted_at < start)
        .order_by(Sim.serial)
        .limit(_BATCH)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    changed = review(uow.session, sims, plans, now, correlation_id="")
    uow.commit()
    return changed
