"""Carries out what is due at the carrier: claim, call, write the result.

The calls happen between two transactions, so that nothing stays locked while the carrier thinks. A process that dies
between them leaves a lease that runs out; the next one asks the carrier what became of each operation before it sends
it again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import eventlet
import structlog

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.operations import NoAnswer, Rejected
from services.sim import execution, jobs
from services.sim.adapters.carrier import Carrier, Operation
from services.sim.models import Job
from services.sim.settings import Settings

log = structlog.get_logger()

_MAX_BACKOFF_SECONDS = 60


@dataclass(frozen=True)
class Attempt:
    claim: jobs.Claim
    operations: list[Operation]
    number: int
    correlation_id: str


class Scheduler:
    def __init__(self, uow: Callable[[], UnitOfWork], carrier: Carrier, settings: Settings) -> None:
        self._uow = uow
        self._carrier = carrier
        self._settings = settings
        self._lease = timedelta(seconds=settings.lease_seconds)

    def run_due(self) -> None:
        """Work until nothing is due that is not in other hands."""
        while limit := self._carrier.admitted(self._settings.carrier_concurrency):
            taken, attempts = self._claim(limit)
            pool = eventlet.GreenPool(limit)
            for attempt in attempts:
                pool.spawn_n(self._carry_out, attempt)
            pool.waitall()
            if taken < limit:
                return

    def _claim(self, limit: int) -> tuple[int, list[Attempt]]:
        """How many jobs were claimed, and the attempts of those that have something to send."""
        with self._uow() as uow:
            due = jobs.take_due(uow.session, clock.now(), limit, self._lease)
            attempts = [attempt for job in due if (attempt := self._begin(uow, job))]
            uow.commit()
        return len(due), attempts

    def _begin(self, uow: UnitOfWork, job: Job) -> Attempt | None:
        claim = jobs.Claim(job.id, job.sim_serial, job.fence)
        with logs.bind(correlation_id=job.correlation_id, job=str(job.id)):
            try:
                with uow.session.begin_nested():
                    operations = execution.begin(uow, self._settings, job, clock.now())
            except (
                Exception
            ):  # a defect with one job must not hold up the others; it is tried again after its lease
                log.exception("job not begun")
                return None
        return Attempt(claim, operations, job.attempts, job.correlation_id) if operations else None

    def _carry_out(self, attempt: Attempt) -> None:
        with logs.bind(correlation_id=attempt.correlation_id, job=str(attempt.claim.job_id)):
            try:
                for operation in attempt.operations:
                    self._carrier.perform(operation, ask_first=attempt.number > 1)
            except Rejected as error:
                self._write(attempt, partial(self._reject, error=str(error)))
            except NoAnswer as error:
                self._write(attempt, partial(self._postpone, error=str(error)))
            except (
                Exception
            ):  # a defect: nothing is known of the outcome, so that it is asked for after the lease
                log.exception("job interrupted")
            else:
                self._write(attempt, self._finish)

    def _write(self, attempt: Attempt, change: Callable[[UnitOfWork, Job], None]) -> None:
        """The one transaction of a result; nothing, if the job has been claimed by somebody else since."""
        try:
            with self._uow() as uow:
                job = jobs.claimed(uow.session, attempt.claim)
                if job is None:
                    log.warning("lease lost, result dropped", fence=attempt.claim.fence)
                    return
                change(uow, job)
                uow.commit()
        except Exception:  # the others of the batch go on; this one is found again when its lease ends
            log.exception("result not stored")

    def _finish(self, uow: UnitOfWork, job: Job) -> None:
        execution.finish(uow, self._settings, job, clock.now())

    def _reject(self, uow: UnitOfWork, job: Job, error: str) -> None:
        job.error = error
        execution.fail(uow, job, execution.REJECTED, clock.now())

    def _postpone(self, uow: UnitOfWork, job: Job, error: str) -> None:
        now = clock.now()
        if now >= execution.retry_until(uow, self._settings, job):
            job.error = error
            execution.fail(uow, job, execution.NO_ANSWER, now)
            return
        seconds = min(2.0 ** (job.attempts - 1), _MAX_BACKOFF_SECONDS) * random.uniform(0.75, 1.25)
        jobs.postpone(job, timedelta(seconds=seconds), error)
        log.warning("carrier gave no answer", error=error, attempt=job.attempts, retry_in=round(seconds, 1))
