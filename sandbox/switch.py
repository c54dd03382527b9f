"""The SIP switch: holds the password that each line registers with, and takes a new one once an operation id.

It has to know the passwords themselves, so that they stand in the sandbox's own file, and in no log.
"""

import socket
import time
from dataclasses import dataclass, field
from sqlite3 import Connection, Row
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.clock import Clock, stamp
from sandbox.faults import Fault, Faults
from sandbox.inputs import Refusal, json_object, only, text, whole
from sandbox.store import Store

ACTIONS = ("set_password",)

# Faults that answer before any effect: status, code and detail.
REFUSALS = {
    "error": (503, "switch.unavailable", "The switch is out of order (a fault on order): try again."),
    "reject": (422, "switch.rejected", "The switch rejects this operation for good (a fault on order)."),
}
OPERATIONS = """
SELECT *, (SELECT count(*) FROM switch_requests AS request
           WHERE request.operation_id = switch_operations.operation_id AND outcome = 'done') AS effects
FROM switch_operations"""
REQUESTS = """
SELECT operation_id, phone_number, version, at, outcome, fault FROM switch_requests
WHERE ifnull(?, operation_id) = operation_id AND ifnull(?, phone_number) = phone_number ORDER BY id"""


@dataclass(frozen=True)
class Operation:
    id: str
    phone_number: str
    version: int
    password: str = field(repr=False)

    def same_as(self, done: Row) -> bool:
        return (self.phone_number, self.version, self.password) == (
            done["phone_number"],
            done["version"],
            done["password"],
        )


def read_operation(body: dict[str, Any]) -> Operation:
    only(body, ("operation_id", "phone_number", "version", "password"), "An operation")
    return Operation(
        text(body, "operation_id"),
        text(body, "phone_number"),
        whole(body, "version", 1, 2**31 - 1),
        text(body, "password"),
    )


class Switch:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def perform(self, operation: Operation, fault: Fault | None) -> dict[str, Any]:
        """Effect, record and log line in one transaction; the id makes the effect happen once."""
        refusal: Refusal | None = None
        with self._store.transaction() as db:
            at = stamp(self._clock.now())
            try:
                outcome = _decide(db, operation, at)
            except Refusal as error:
                outcome, refusal = error.code, error
            _log(db, operation, at, outcome, fault)
        if refusal is not None:
            raise refusal
        return {"operation_id": operation.id, "status": "done"}

    def refuse(self, operation: Operation, fault: Fault) -> Refusal:
        refusal = Refusal(*REFUSALS[fault.kind])
        with self._store.transaction() as db:
            _log(db, operation, stamp(self._clock.now()), refusal.code, fault)
        return refusal

    def operation(self, operation_id: str) -> dict[str, Any] | None:
        with self._store.transaction() as db:
            row = _find(db, operation_id)
            return None if row is None else _described(row)

    def operations(self, phone_number: str | None) -> list[dict[str, Any]]:
        """Done operations without their passwords, oldest first, with the number of their effects."""
        with self._store.transaction() as db:
            rows = db.execute(
                f"{OPERATIONS} WHERE ifnull(?, phone_number) = phone_number ORDER BY number", (phone_number,)
            )
            return [_described(row) for row in rows]

    def requests(self, operation_id: str | None, phone_number: str | None) -> list[dict[str, Any]]:
        """Every request as it came, oldest first: `outcome` is "done", "repeated" or the refusal's code."""
        with self._store.transaction() as db:
            return [dict(row) for row in db.execute(REQUESTS, (operation_id, phone_number))]

    def line(self, phone_number: str) -> dict[str, Any] | None:
        """What the switch holds of a line."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM switch_lines WHERE phone_number = ?", (phone_number,)).fetchone()
            return None if row is None else dict(row)


def _decide(db: Connection, operation: Operation, at: str) -> str:
    """The outcome, "done" or "repeated"; refuses before it writes anything."""
    done = _find(db, operation.id)
    if done is not None:
        if operation.same_as(done):
            return "repeated"
        raise Refusal(
            409,
            "operation.conflict",
            f"Operation {operation.id} was another one: send a new operation_id, or the first body again.",
        )
    number = operation.phone_number
    line = db.execute("SELECT version FROM switch_lines WHERE phone_number = ?", (number,)).fetchone()
    if line is not None and line["version"] >= operation.version:
        raise Refusal(
            409,
            "switch.outdated",
            f"Line {number} has a password of version {line['version']}: send a higher version.",
        )
    db.execute(
        "INSERT OR REPLACE INTO switch_lines (phone_number, version, password) VALUES (?, ?, ?)",
        (number, operation.version, operation.password),
    )
    db.execute(
        "INSERT INTO switch_operations (operation_id, phone_number, version, password, done_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (operation.id, number, operation.version, operation.password, at),
    )
    return "done"


def _find(db: Connection, operation_id: str) -> Row | None:
    row: Row | None = db.execute(f"{OPERATIONS} WHERE operation_id = ?", (operation_id,)).fetchone()
    return row


def _log(db: Connection, operation: Operation, at: str, outcome: str, fault: Fault | None) -> None:
    db.execute(
        "INSERT INTO switch_requests (operation_id, phone_number, version, at, outcome, fault)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (operation.id, operation.phone_number, operation.version, at, outcome, fault and fault.kind),
    )


def _described(row: Row) -> dict[str, Any]:
    return {
        "operation_id": row["operation_id"],
        "status": "done",
        "phone_number": row["phone_number"],
        "version": row["version"],
        "done_at": row["done_at"],
        "effects": row["effects"],
    }


def blueprint(switch: Switch, faults: Faults) -> Blueprint:
    routes = Blueprint("switch", __name__)

    @routes.post("/switch/operations")
    def perform() -> ResponseReturnValue:
        operation = read_operation(json_object())
        done_before = switch.operation(operation.id) is not None
        asked = {"phone_number": operation.phone_number, "action": "set_password"}
        fault = faults.spend(asked, done_before)
        if fault is None:
            return switch.perform(operation, None)
        if fault.kind in REFUSALS:
            raise switch.refuse(operation, fault)
        if fault.kind == "delay":
            time.sleep(fault.seconds)
        answer = switch.perform(operation, fault)
        if fault.kind == "timeout":
            time.sleep(fault.seconds)
        if fault.kind == "drop_after":
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer

    @routes.get("/switch/operations/<path:operation_id>")
    def one(operation_id: str) -> ResponseReturnValue:
        found = switch.operation(operation_id)
        if found is None:
            raise Refusal(404, "operation.unknown", f"No operation {operation_id} has been done.")
        return found

    @routes.get("/switch/operations")
    def operations() -> ResponseReturnValue:
        return jsonify(switch.operations(request.args.get("phone_number")))

    @routes.get("/switch/requests")
    def requests() -> ResponseReturnValue:
        asked = request.args
        return jsonify(switch.requests(asked.get("operation_id"), asked.get("phone_number")))

    @routes.get("/switch/lines/<path:phone_number>")
    def line(phone_number: str) -> ResponseReturnValue:
        found = switch.line(phone_number)
        if found is None:
            raise Refusal(404, "line.unknown", f"No operation has named line {phone_number} yet.")
        return found

    return routes
