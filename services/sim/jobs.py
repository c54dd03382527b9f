"""The queue of work at the carrier, in the database.

Any number of processes claim jobs. A claim is a lease: for its time no other process takes the job, and afterwards
another may. Each claim raises the job's fence, and only the holder of the present one may write a result, so that a
process that was stalled past its lease changes nothing. No lease is ever renewed: an attempt is limited to a few
carrier calls with a time-out each, and the settings hold the lease to twice that time at least.

Leases and retries run by the database's clock, which all processes share and nobody moves; an order's own times are
business time. The jobs of one SIM run one after the other, because the capacity that an operation sets is absolute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.sim import store
from services.sim.models import Job

# SIMs that somebody has locked are left for the next time. The locks make the second statement see what other
# processes have claimed: it begins after they were got.
_LANES = text(
    "SELECT s.serial FROM sims s JOIN (SELECT sim_serial, min(not_before) AS since FROM ("
    "  SELECT sim_serial, not_before FROM jobs WHERE state = 'started' AND next_attempt_at <= clock_timestamp()"
    "  UNION ALL"
    "  SELECT sim_serial, not_before FROM jobs j WHERE state = 'waiting' AND not_before <= :now AND NOT EXISTS"
    "   (SELECT FROM jobs other WHERE other.sim_serial = j.sim_serial AND other.state = 'started')"
    "  ) AS candidates GROUP BY sim_serial) AS due ON due.sim_serial = s.serial"
    " ORDER BY due.since, s.serial LIMIT :limit FOR NO KEY UPDATE OF s SKIP LOCKED"
)
_TAKE = text(
    "UPDATE jobs SET state = 'started', attempts = attempts + 1, fence = fence + 1,"
    "  started_at = coalesce(started_at, :now), next_attempt_at = clock_timestamp() + :lease"
    " WHERE id IN (SELECT DISTINCT ON (sim_serial) id FROM jobs WHERE sim_serial = ANY(:serials)"
    "   AND (state = 'started' OR (state = 'waiting' AND not_before <= :now))"
    "   ORDER BY sim_serial, state = 'started' DESC, not_before, created_at)"
    "  AND (state = 'waiting' OR (state = 'started' AND next_attempt_at <= clock_timestamp()))"
    " RETURNING id"
)


@dataclass(frozen=True)
class Claim:
    """The right to write the result of one attempt at a job."""

    job_id: UUID
    sim_serial: str
    fence: int


def take_due(session: Session, now: datetime, limit: int, lease: timedelta) -> Sequence[Job]:
    """Claim at most `limit` jobs that are due at `now`, each of another SIM; those SIMs are locked."""
    serials = session.scalars(_LANES, {"now": now, "limit": limit}).all()
    if not serials:
        return []
    taken = session.scalars(_TAKE, {"now": now, "lease": lease, "serials": serials}).all()
    return session.scalars(select(Job).where(Job.id.in_(taken)).order_by(Job.not_before)).all()


def claimed(session: Session, claim: Claim) -> Job | None:
    """The job, locked together with its SIM, if `claim` is still the latest one."""
    store.lock_sims(session, [claim.sim_serial])
    return session.scalar(
        select(Job)
        .where(Job.id == claim.job_id, Job.fence == claim.fence, Job.state == "started")
        .with_for_update()
    )


def postpone(job: Job, delay: timedelta, error: str) -> None:
    """Give the job back for another attempt after `delay` of real time."""
    job.next_attempt_at = func.clock_timestamp() + delay
    job.error = error
