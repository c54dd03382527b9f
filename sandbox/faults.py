"""Faults on order: the next requests to carrier, SM-DP+, switch or payment provider meet a slow, failing or vanishing
system.
"""

import json
import socket
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from sqlite3 import Connection

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.inputs import choice, json_object, mapping, number, only, text, whole
from sandbox.store import Store

# What each does to a request that it is spent on:
KINDS = (
    "delay",  # waits `seconds`, then works normally
    "error",  # 503 before any effect
    "timeout",  # works, then holds the answer back for `seconds`
    "drop_after",  # works, then closes the connection without an answer
    "reject",  # 422 for good, without an effect
)
TIMED = ("delay", "timeout")
REFUSING = ("error", "reject")
HOLDING = ("delay", "timeout", "drop_after")
TARGETS = ("sim_serial", "group", "iccid", "phone_number")


@dataclass(frozen=True)
class Fault:
    id: int
    kind: str
    times: int
    seconds: float
    match: dict[str, str]

    def meets(self, request: Mapping[str, str]) -> bool:
        return all(request.get(name) == value for name, value in self.match.items())


class Pending:
    """The faults on order, oldest first, as the caller's transaction finds them; counted down in it."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._faults = [
            Fault(**{**dict(row), "match": json.loads(row["match"])})
            for row in db.execute("SELECT id, kind, times, seconds, match FROM faults ORDER BY id")
        ]

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def take(self, kinds: Collection[str], requests: Sequence[Mapping[str, str]]) -> Fault | None:
        """The oldest fault of these kinds that meets one of the requests, spent once."""
        for position, fault in enumerate(self._faults):
            if fault.kind in kinds and any(map(fault.meets, requests)):
                if fault.times > 1:
                    self._faults[position] = replace(fault, times=fault.times - 1)
                    self._db.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (fault.id,))
                else:
                    del self._faults[position]
                    self._db.execute("DELETE FROM faults WHERE id = ?", (fault.id,))
                return fault
        return None


@contextmanager
def held(fault: Fault | None) -> Iterator[None]:
    """Around the work on a request: what the fault that it met does before it and after it."""
    if fault is not None and fault.kind == "delay":
        time.sleep(fault.seconds)
    yield
    if fault is not None and fault.kind == "timeout":
        time.sleep(fault.seconds)
    if fault is not None and fault.kind == "drop_after":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


class Faults:
    def __init__(self, store: Store) -> None:
        self._store = store

    def order(self, kind: str, times: int, seconds: float, match: dict[str, str]) -> Fault:
        with self._store.transaction() as db:
            number = db.execute(
                "INSERT INTO faults (kind, times, seconds, match) VALUES (?, ?, ?, ?)",
                (kind, times, seconds, json.dumps(match)),
            ).lastrowid
        return Fault(number or 0, kind, times, seconds, match)

    def pending(self) -> list[Fault]:
        with self._store.transaction() as db:
            return list(Pending(db))

    def spend(self, request: Mapping[str, str], done_before: bool) -> Fault | None:
        """Take the oldest fault that meets the request (what a fault may name of it), and count it down.

        A request for something done before is never rejected: the network would contradict itself.
        """
        kinds = [kind for kind in KINDS if not (done_before and kind == "reject")]
        with self._store.transaction() as db:
            return Pending(db).take(kinds, [request])

    def spend_holding(self, requests: Sequence[Mapping[str, str]]) -> Fault | None:
        """Take the oldest fault that holds or drops a whole answer and meets one of its requests."""
        with self._store.transaction() as db:
            return Pending(db).take(HOLDING, requests)

    def clear(self) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM faults")


def blueprint(faults: Faults, actions: tuple[str, ...]) -> Blueprint:
    routes = Blueprint("faults", __name__)

    @routes.post("/sandbox/faults")
    def order() -> ResponseReturnValue:
        body = json_object()
        only(body, ("kind", "times", "seconds", "match"), "A fault")
        kind = choice(body, "kind", KINDS)
        times = whole({"times": 1, **body}, "times", 1, 100_000)
        # Without a default where it matters: nobody guesses how long a test waits.
        seconds = number(body if kind in TIMED else {"seconds": 0, **body}, "seconds", 0, 600)
        match = mapping(body, "match")
        only(match, (*TARGETS, "action"), "match")
        for name in match.keys() & set(TARGETS):
            text(match, name)
        if "action" in match:
            choice(match, "action", actions)
        return asdict(faults.order(kind, times, seconds, match)), 201

    @routes.get("/sandbox/faults")
    def pending() -> ResponseReturnValue:
        return jsonify([asdict(fault) for fault in faults.pending()])

    @routes.delete("/sandbox/faults")
    def clear() -> ResponseReturnValue:
        faults.clear()
        return "", 204

    return routes
