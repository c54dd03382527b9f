"""Carries out what is due outside: claim, call, write the result, many jobs at a time.

The calls happen between two transactions, so that nothing stays locked while the carrier thinks. A process that dies
between them leaves leases that run out; the next one asks the carrier what became of each operation before it sends
it again.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import eventlet
import structlog

from chassis import clock
from chassis.database import UnitOfWork
from services.sim import execution, jobs
from services.sim.adapters.carrier import Operation, Outcome
from services.sim.execution import Attempt, Ending
from services.sim.settings import Settings
from services.sim.work import WORK
from services.sim.work.base import Site

log = structlog.get_logger()

_MAX_BACKOFF_SECONDS = 60


class System(Protocol):
    """A system outside, as services/sim/adapters/carrier.py has the first of them."""

    def admitted(self, wanted: int) -> int: ...

    def perform(self, operations: Sequence[Operation], *, ask_first: bool) -> list[Outcome]: ...


class Scheduler:
    def __init__(
        self,
        uow: Callable[[], UnitOfWork],
        systems: Mapping[str, System],
        settings: Settings,
        turns: jobs.Turns,
    ) -> None:
        self._uow = uow
        self._systems = systems
        self._settings = settings
        self._turns = turns
        self._lease = timedelta(seconds=settings.lease_seconds)

    def run_due(self) -> None:
        """Work until nothing is due that is not in other hands."""
        pool = eventlet.GreenPool(self._settings.carrier_concurrency)
        for _ in range(self._settings.carrier_concurrency):
            pool.spawn_n(self._work)
        pool.waitall()

    def _work(self) -> None:
        try:
            while answering := self._answering():
                attempts = self._claim(answering)
                if not attempts:
                    return
                self._carry_out(attempts)
        except Exception:  # the others go on; what was claimed is found again when its lease ends
            log.exception("defect", job="run_due_jobs")

    def _answering(self) -> list[str]:
        """The systems that may be called now: one that is silent holds up nothing but its own work."""
        return [name for name, system in self._systems.items() if system.admitted(1)]

    def _claim(self, answering: Collection[str]) -> list[Attempt]:
        """Attempts that have something to send; the jobs that have not are ended."""
        held_up = [kind for kind, work in WORK.items() if work.system not in answering]
        while True:
            with self._uow() as uow:
                site = Site(uow, self._settings, clock.now())
                limit = self._settings.carrier_bulk_size
                ids = jobs.take_due(uow.session, site.now, limit, self._turns, held_up)
                if not ids:
                    return []
                attempts = execution.begin(site, jobs.tasks(uow.session, ids), self._lease)
                uow.commit()
            if attempts:
                return attempts

    def _carry_out(self, attempts: Sequence[Attempt]) -> None:
        with self._renewed(attempts):
            outcomes = self._perform(attempts)
            self._write(attempts, outcomes)

    def _perform(self, attempts: Sequence[Attempt]) -> dict[str, Outcome]:
        """Outcomes by operation id; repetitions are asked for before they are sent."""
        operations: dict[tuple[str, bool], list[Operation]] = defaultdict(list)
        for attempt in attempts:
            operations[WORK[attempt.task.kind].system, attempt.lease.number > 1] += attempt.operations
        return {
            outcome.operation_id: outcome
            for (system, ask_first), some in operations.items()
            for outcome in self._systems[system].perform(some, ask_first=ask_first)
        }

    def _write(self, attempts: Sequence[Attempt], outcomes: dict[str, Outcome]) -> None:
        """The one transaction of the results; nothing of jobs that have been claimed by somebody else since."""
        with self._uow() as uow:
            site = Site(uow, self._settings, clock.now())
            tasks = [attempt.task for attempt in attempts]
            execution.lock(site, tasks)
            held = jobs.held(uow.session, [attempt.lease for attempt in attempts])
            if len(held) < len(attempts):
                log.warning("lease lost, result dropped", count=len(attempts) - len(held))
            endings: dict[UUID, Ending] = {}
            delays: dict[UUID, tuple[timedelta, str]] = {}
            for attempt in attempts:
                if attempt.task.job_id not in held:
                    continue
                ending = self._judge(attempt, outcomes, site)
                if isinstance(ending, Ending):
                    endings[attempt.task.job_id] = ending
                else:
                    delays[attempt.task.job_id] = ending
            jobs.postpone(uow.session, delays)
            for error, count in Counter(error for _, error in delays.values()).items():
                log.warning("no answer, to be tried again", error=error, count=count)
            execution.one_by_one(
                uow.session,
                [ending.task for ending in endings.values()],
                lambda some: execution.end(site, [endings[task.job_id] for task in some]),
            )
            uow.commit()

    def _judge(
        self, attempt: Attempt, outcomes: dict[str, Outcome], site: Site
    ) -> Ending | tuple[timedelta, str]:
        """How the attempt ended, or the delay before the next one and why."""
        for operation in attempt.operations:
            outcome = outcomes[operation.id]
            if outcome.status == "done":
                continue
            if outcome.status == "rejected":
                return Ending(attempt.task, execution.REJECTED, outcome.error)
            if site.now >= execution.retry_until(attempt.task, attempt.lease.started_at, site):
                return Ending(attempt.task, execution.NO_ANSWER, outcome.error, unknown=True)
            return _backoff(attempt.lease.number), outcome.error
        return Ending(attempt.task)

    @contextmanager
    def _renewed(self, attempts: Sequence[Attempt]) -> Iterator[None]:
        """Keeps the leases of `attempts` alive meanwhile."""
        beating = eventlet.spawn(self._beat, [attempt.lease for attempt in attempts])
        try:
            yield
        finally:
            beating.kill()

    def _beat(self, leases: Sequence[jobs.Lease]) -> None:
        while True:
            eventlet.sleep(self._lease.total_seconds() / 3)
            try:
                with self._uow() as uow:
                    jobs.renew(uow.session, leases, self._lease)
                    uow.commit()
            except Exception as error:  # the lease may be lost; the fence keeps the result out then
                log.warning("lease not renewed", error=type(error).__name__)


def _backoff(attempts: int) -> timedelta:
    return timedelta(seconds=min(2.0 ** (attempts - 1), _MAX_BACKOFF_SECONDS) * random.uniform(0.75, 1.25))
