"""The carrier network's memory: what operations have made of SIMs and share groups, and a log of every request.

A SIM or group is known from its first operation on, as active and unrestricted; before, nobody has told the network.
"""

import json
from collections.abc import Mapping, Sequence
from sqlite3 import Row

from sandbox.batch import Batch, Result, State, members, rows_of, sim_state
from sandbox.clock import Clock, stamp
from sandbox.faults import REFUSING, Fault, Pending
from sandbox.inputs import Refusal
from sandbox.operations import Operation
from sandbox.store import Store

SKIPPED = Refusal(503, "carrier.skipped", "An earlier operation of the same SIM was not done: send it first.")

DONE = """
SELECT *, (SELECT count(*) FROM operation_requests AS request
           WHERE request.operation_id = operations.operation_id AND outcome = 'done') AS effects
FROM operations"""
REQUESTS = """
SELECT operation_id, sim_serial, share_group AS "group", action, at, outcome, fault FROM operation_requests"""


class Network:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def perform(self, operation: Operation, fault: Fault | None) -> Result:
        """Effect, record and log line in one transaction; the id makes the effect happen once."""
        with self._store.transaction() as db:
            batch = Batch(db, [operation], stamp(self._clock.now()))
            result = batch.perform(operation, fault)
            batch.write()
        return result

    def perform_all(self, operations: Sequence[Operation], holding: Fault | None) -> list[Result]:
        """In order and in one transaction. Whatever follows one of its SIM that was not done is skipped.

        `holding` is the fault that the whole answer meets, for the log.
        """
        stopped: set[tuple[bool, str]] = set()
        results = []
        with self._store.transaction() as db:
            faults = Pending(db)
            batch = Batch(db, operations, stamp(self._clock.now()))
            for operation in operations:
                lane = [(operation.group != "", name) for name in operation.touched]
                if stopped and not stopped.isdisjoint(lane):
                    result = batch.refuse(operation, SKIPPED, None)
                else:
                    kinds = REFUSING[:1] if batch.is_done(operation.id) else REFUSING
                    fault = faults.take(kinds, [operation.asked])
                    if fault is None and holding is not None and holding.meets(operation.asked):
                        fault = holding
                    result = batch.perform(operation, fault)
                if result.refusal is not None:
                    stopped.update(lane)
                results.append(result)
            batch.write()
        return results

    def done(self, operation_ids: Sequence[str]) -> list[str]:
        """Those that have been carried out, in the order asked."""
        with self._store.transaction() as db:
            rows = rows_of(
                db,
                "SELECT operation_id FROM operations WHERE operation_id IN (SELECT value FROM json_each(?))",
                operation_ids,
            )
            found = {row["operation_id"] for row in rows}
        return [each for each in operation_ids if each in found]

    def operation(self, operation_id: str) -> State | None:
        with self._store.transaction() as db:
            row = db.execute(f"{DONE} WHERE operation_id = ?", (operation_id,)).fetchone()
            return None if row is None else _described(row)

    def operations(self, **asked: str | None) -> list[State]:
        """Done operations, oldest first, with the time (the sandbox's) and the number of their effects."""
        where, values = _where(asked)
        with self._store.transaction() as db:
            return [_described(row) for row in db.execute(f"{DONE} {where} ORDER BY number", values)]

    def requests(self, **asked: str | None) -> list[State]:
        """Every request as it came, oldest first: `outcome` is "done", "repeated" or the refusal's code."""
        where, values = _where(asked)
        with self._store.transaction() as db:
            rows = [dict(row) for row in db.execute(f"{REQUESTS} {where} ORDER BY id", values)]
        return rows

    def sim(self, serial: str) -> State | None:
        with self._store.transaction() as db:
            row = db.execute("SELECT state FROM sims WHERE serial = ?", (serial,)).fetchone()
            return None if row is None else sim_state(serial, row["state"])

    def group(self, name: str) -> State | None:
        """A group with the serials of the SIMs in it."""
        with self._store.transaction() as db:
            row = db.execute("SELECT state FROM share_groups WHERE name = ?", (name,)).fetchone()
            if row is None:
                return None
            inside = [each["serial"] for each in members(db, name)]
        return {**json.loads(row["state"]), "members": sorted(inside)}


def described(result: Result) -> State:
    """The answer to an operation that was carried out, now or before."""
    kind = "share_group" if result.operation.group else "sim"
    return {"operation_id": result.operation.id, "status": "done", kind: json.loads(result.state)}


def _described(row: Row) -> State:
    operation = Operation(
        row["operation_id"], row["action"], row["sim_serial"], row["share_group"], json.loads(row["params"])
    )
    return described(Result(operation, "done", row["sim"])) | {
        "action": operation.action,
        "sim_serial": operation.sim_serial,
        "group": operation.group,
        "params": operation.params,
        "done_at": row["done_at"],
        "effects": row["effects"],
    }


def _where(asked: Mapping[str, str | None]) -> tuple[str, list[str]]:
    given = {name: value for name, value in asked.items() if value is not None}
    conditions = " AND ".join(f"{name} = ?" for name in given)
    return f"WHERE {conditions}" if given else "", list(given.values())
