"""The movable clock: the sandbox's only reader of real time.

Business time is real time plus an offset. Followers (the product's processes) wait in a long poll for the
next version of the offset; asking for what comes after version V tells that V is in force with them, so a
caller who moves the clock is answered when the whole product has moved.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, request

from sandbox.inputs import Refusal, json_object, number, only
from sandbox.store import Store

JAPAN = ZoneInfo("Asia/Tokyo")
POLL_SECONDS = 20
FOLLOWER_LIVES_SECONDS = 25
PATIENCE_SECONDS = 3
# Wide enough for every rule, and far enough from Python's own limits for any time zone arithmetic.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(2999, 12, 31, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Follower:
    polled: float  # monotonic seconds
    version: int


def _real() -> datetime:
    return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds")


class Clock:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._followers: dict[str, Follower] = {}
        with store.transaction() as db:
            row = db.execute("SELECT offset_microseconds, version FROM clock").fetchone()
        self._offset = timedelta(microseconds=row["offset_microseconds"])
        self._version: int = row["version"]

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC."""
        return _real() + self._offset

    @property
    def offset(self) -> timedelta:
        return self._offset

    def reading(self) -> dict[str, str | float | int]:
        with self._changed:
            return {
                "now": stamp(self.now()),
                "offset_seconds": self._offset.total_seconds(),
                "version": self._version,
            }

    def set(self, instant: datetime) -> None:
        self._move(lambda: instant - _real())

    def advance(self, step: timedelta) -> None:
        self._move(lambda: self._offset + step)

    def reset(self) -> None:
        self._move(lambda: timedelta(0))

    def _move(self, offset: Callable[[], timedelta]) -> None:
        """Returns when every live follower has the new offset, or has had PATIENCE_SECONDS to take it."""
        with self._changed:
            moved = offset()
            # Compared as a distance: adding a far offset to a datetime could overflow.
            real = _real()
            if not EARLIEST - real <= moved <= LATEST - real:
                raise Refusal(
                    422, "clock.out_of_range", f"Choose a time from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}."
                )
            version = self._version + 1
            with self._store.transaction() as db:
                db.execute(
                    "UPDATE clock SET offset_microseconds = ?, version = ?", (moved // MICROSECOND, version)
                )
            self._offset, self._version = moved, version
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._followed(version), timeout=PATIENCE_SECONDS)

    def _followed(self, version: int) -> bool:
        oldest = time.monotonic() - FOLLOWER_LIVES_SECONDS
        self._followers = {name: each for name, each in self._followers.items() if each.polled >= oldest}
        return all(each.version >= version for each in self._followers.values())

    def wait_for_news(self, after: int, follower: str | None) -> None:
        """Wait until the version is another than `after`; a follower thereby tells that it has `after`.

        A version from the future belongs to a sandbox whose memory has been erased since: such a follower is
        answered at once, and counts as having nothing.
        """
        with self._changed:
            if follower:
                known = after if after <= self._version else -1
                self._followers[follower] = Follower(time.monotonic(), known)
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._version != after, timeout=POLL_SECONDS)


def blueprint(clock: Clock) -> Blueprint:
    routes = Blueprint("clock", __name__)

    @routes.get("/sandbox/clock")
    def read() -> dict[str, str | float | int]:
        if "after" in request.args:
            try:
                after = int(request.args["after"])
            except ValueError:
                raise Refusal(
                    422, "clock.bad_version", "Send after as the version you have, a whole number."
                ) from None
            clock.wait_for_news(after, request.args.get("follower"))
        return clock.reading()

    @routes.post("/sandbox/clock")
    def move() -> dict[str, str | float | int]:
        body = json_object()
        only(body, ("now", "advance_seconds", "reset"), "The clock")
        if len(body) != 1:
            raise Refusal(422, "clock.one_change", "Send exactly one of now, advance_seconds and reset.")
        if "now" in body:
            clock.set(_instant(body["now"]))
        elif "advance_seconds" in body:
            clock.advance(timedelta(seconds=number(body, "advance_seconds", -1e11, 1e11)))
        elif body["reset"] is True:
            clock.reset()
        else:
            raise Refusal(422, "clock.bad_reset", 'Send {"reset": true} to return to real time.')
        return clock.reading()

    return routes


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None:
        raise Refusal(
            422,
            "clock.bad_time",
            "Send now as an ISO 8601 date and time, for example 2026-03-31T22:00:00+09:00.",
        )
    if instant.utcoffset() is None:
        raise Refusal(
            422, "clock.no_offset", "Say which time zone now is in: add +09:00 for Japan, or Z for UTC."
        )
    return instant
