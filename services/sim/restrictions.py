"""Restricted speed (速度制限): set at the carrier when nothing is left, lifted when something is again."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from chassis.database import UnitOfWork
from services.sim import store
from services.sim.accounting import month_of
from services.sim.models import Job, Sim

_BATCH = 200
_AT_THE_CARRIER = {"active", "suspended", "reissuing", "error"}

_MARK = text("UPDATE sims SET restricted_at = CAST(:at AS timestamptz) WHERE serial = ANY(:serials)")


def review(
    session: Session, sims: Iterable[Sim], plans: Mapping[str, int], now: datetime, correlation_id: str
) -> int:
    """Set or lift the restriction of locked SIMs by what they have left at `now`; how many were changed.

    Members of a share group are restricted when the group's data is used up as well as their own. What the SIMs have
    left is kept for the lists, too. SIMs that the carrier does not know, or not any more, have no restriction.
    """
    sims = sorted(sims, key=lambda sim: sim.serial)
    gone = [sim for sim in sims if sim.restricted_at is not None and sim.status not in _AT_THE_CARRIER]
    sims = [sim for sim in sims if sim.status in _AT_THE_CARRIER]
    balances = store.balances(session, sims, plans, now)
    month_start, _ = month_of(now)
    restricted = [
        sim
        for sim in sims
        if balances[sim.serial].used_up and (sim.restricted_at is None or sim.restricted_at < month_start)
    ]
    lifted = [sim for sim in sims if sim.restricted_at is not None and not balances[sim.serial].used_up]
    changed = [sim for sim in restricted if sim.restricted_at is None] + lifted
    jobs = [
        {
            "kind": "lift_restriction" if sim.restricted_at is not None else "restrict",
            "customer_code": sim.customer_code,
            "lane": sim.serial,
            "sim_serial": sim.serial,
            "not_before": now,
            "correlation_id": correlation_id,
        }
        for sim in changed
    ]
    if jobs:
        session.execute(insert(Job), jobs)
    for some, at in ((restricted, now), (lifted + gone, None)):
        if some:
            session.execute(_MARK, {"at": at, "serials": [sim.serial for sim in some]})
            for sim in some:
                set_committed_value(sim, "restricted_at", at)
    store.keep_figures(session, balances, now)
    return len(changed)


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
