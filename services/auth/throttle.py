"""Guessing is slowed down: the more failures, the longer the wait before the next try. Nothing is ever locked.

Two counts hold a try up: the failures of its ID from its address, and those from all addresses together. The second one
does not apply to an address from which the ID has logged in before, so that outsiders cannot keep the owner out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """Below `free` failures there is no delay; from there it doubles up to `longest`."""

    free: int
    longest: timedelta

    def delay(self, failures: int) -> timedelta:
        """How long after its latest one so many failures hold up the next try: 0, then 1, 2, 4, … seconds."""
        if failures < self.free:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(failures - self.free, 30)), self.longest)


@dataclass(frozen=True)
class Failures:
    """Failed tries that still count. Held-up tries are none of them: whoever keeps knocking waits no longer."""

    count: int = 0
    latest: datetime | None = None

    def hold(self, limit: Limit, at: datetime) -> bool:
        return self.latest is not None and at < self.latest + limit.delay(self.count)


@dataclass(frozen=True)
class History:
    """What is known of an ID: failures from the address of the try, from all addresses, and whether the ID has logged
    in from this address before.
    """

    here: Failures
    anywhere: Failures
    is_known_here: bool


@dataclass(frozen=True)
class Throttle:
    """The limits for failures from one address and for those from all addresses together."""

    here: Limit
    anywhere: Limit

    def is_held(self, history: History, at: datetime) -> bool:
        """Does a try at the instant `at` come too soon to be judged?"""
        return history.here.hold(self.here, at) or (
            not history.is_known_here and history.anywhere.hold(self.anywhere, at)
        )
