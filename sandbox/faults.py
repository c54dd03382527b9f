"""Faults on order: the next requests to carrier, switch or payment provider meet a slow, failing or
vanishing system."""

import json
from dataclasses import asdict, dataclass
from sqlite3 import Connection

from flask import Blueprint, jsonify
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


@dataclass(frozen=True)
class Fault:
    id: int
    kind: str
    times: int
    seconds: float
    match: dict[str, str]

    def meets(self, request: dict[str, str]) -> bool:
        return all(request.get(name) == value for name, value in self.match.items())


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
            return _pending(db)

    def spend(self, request: dict[str, str], done_before: bool) -> Fault | None:
        """Take the oldest fault that meets the request (what a fault may name of it), and count it down.

        A request for something done before is never rejected: the network would contradict itself.
        """
        with self._store.transaction() as db:
            for fault in _pending(db):
                if fault.meets(request) and not (done_before and fault.kind == "reject"):
                    db.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (fault.id,))
                    db.execute("DELETE FROM faults WHERE times = 0")
                    return fault
        return None

    def clear(self) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM faults")


def _pending(db: Connection) -> list[Fault]:
    rows = db.execute("SELECT id, kind, times, seconds, match FROM faults ORDER BY id")
    return [Fault(**{**dict(row), "match": json.loads(row["match"])}) for row in rows]


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
        only(match, ("sim_serial", "phone_number", "action"), "match")
        for name in match.keys() & {"sim_serial", "phone_number"}:
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
