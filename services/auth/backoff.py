"""When to try again what failed for the moment."""

from datetime import datetime, timedelta

_LONGEST = timedelta(minutes=5)


def next_try(tries: int, at: datetime) -> datetime:
    """After the `tries`-th failure (from 1): 1, 2, 4, … seconds later, never more than five minutes."""
    return at + min(timedelta(seconds=2 ** min(tries - 1, 16)), _LONGEST)
