"""A circuit breaker: while an outside system does not answer, it is left alone but for a probe now and then."""

from datetime import datetime, timedelta

from chassis import clock

THRESHOLD = 10
PAUSE = timedelta(seconds=5)


class Breaker:
    """Opens after `threshold` failures in a row; then admits one call a `pause` until one succeeds."""

    def __init__(self, threshold: int = THRESHOLD, pause: timedelta = PAUSE) -> None:
        self._threshold = threshold
        self._pause = pause
        self._failures = 0
        self._probe_at: datetime | None = None

    def admitted(self, wanted: int) -> int:
        """How many of `wanted` pieces of work may begin now."""
        if self._failures < self._threshold:
            return wanted
        now = clock.wall()
        if self._probe_at is not None and now < self._probe_at:
            return 0
        self._probe_at = now + self._pause
        return min(wanted, 1)

    def succeeded(self) -> None:
        self._failures = 0
        self._probe_at = None

    def failed(self) -> None:
        self._failures += 1
        if self._failures == self._threshold:
            self._probe_at = clock.wall() + self._pause
