"""How long a session lives: it ends when unused for a while, and in any case after some hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_SEEN_PRECISION = timedelta(minutes=1)  # spares a write on every click


@dataclass(frozen=True)
class Lifetime:
    """`idle` runs from the last use, `absolute` from the login."""

    idle: timedelta
    absolute: timedelta

    def ends_at(self, authenticated_at: datetime, last_seen_at: datetime) -> datetime:
        """The first instant at which the session is over if it is not used again."""
        return min(last_seen_at + self.idle, authenticated_at + self.absolute)


def is_worth_noting(last_seen_at: datetime, at: datetime) -> bool:
    """Is a use at `at` so long after the last noted one that it is written down?"""
    return at - last_seen_at >= _SEEN_PRECISION
