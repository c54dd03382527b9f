"""The only reader of time in the product.

`now` is business time: deadlines of orders, validity of codes, months. In a sandbox it follows the sandbox's
movable clock. `wall` is real time and is never moved: leases, retries, token lifetimes, request deadlines.
"""

import threading
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import requests

JAPAN = ZoneInfo("Asia/Tokyo")

_offset = timedelta(0)


def wall() -> datetime:
    """The real time, aware, in UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """The business time, aware, in UTC."""
    return wall() + _offset


def today() -> date:
    """The business date in Japan."""
    return in_japan(now()).date()


def in_japan(instant: datetime) -> datetime:
    """The same instant in Japan time; a naive datetime is refused, because nobody can say what it means."""
    if instant.tzinfo is None:
        raise ValueError("a datetime without a time zone has no meaning here")
    return instant.astimezone(JAPAN)


def follow(url: str, name: str) -> None:
    """Follow the sandbox's clock at `url`; returns once the first reading has been taken.

    Each request waits at the sandbox until the clock is moved and names the version that this process already
    follows, so that the sandbox knows when everybody has moved. Never called outside a sandbox.
    """
    ready = threading.Event()
    threading.Thread(target=_follow, args=(url, name, ready), daemon=True, name="sandbox-clock").start()
    ready.wait(timeout=30)


def _follow(url: str, name: str, ready: threading.Event) -> None:
    global _offset
    version = -1
    while True:
        try:
            answer = requests.get(url, params={"after": str(version), "follower": name}, timeout=30)
            answer.raise_for_status()
            reading = answer.json()
            _offset = timedelta(seconds=reading["offset_seconds"])
            version = reading["version"]
            ready.set()
        except (requests.RequestException, ValueError, KeyError):
            time.sleep(0.5)
