"""What a service does by itself, again and again, in every replica: the work is claimed in the database."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from nameko.timer import Timer
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = structlog.get_logger()


class Job(Timer):
    """nameko's timer, but with a pause of `interval` seconds between the end of a run and the next one.

    The original keeps to a schedule by the wall clock: one that is set back stops it for as long, and a run that takes
    a minute is followed by a minute of runs without a pause.
    """

    def _run(self) -> None:
        while not self.should_stop.wait(self.interval):
            self.handle_timer_tick()
            self.worker_complete.wait()
            self.worker_complete.reset()


def job(every: float) -> Callable[[Callable[[Any], None]], Any]:
    """Run `method(self)` with pauses of `every` seconds.

    An error ends one run and is logged, for nobody else would tell of it; the next one finds the same work.
    """

    def decorate(method: Callable[[Any], None]) -> Any:
        @wraps(method)
        def run(service: Any) -> None:
            try:
                method(service)
            except (OperationalError, PoolTimeout) as error:
                log.warning("database", job=method.__name__, error=type(error).__name__)
            except Exception:
                log.exception("defect", job=method.__name__)

        return Job.decorator(every)(run)

    return decorate
