"""The carrier network: does what an operation asks of a SIM, once an operation id, and logs every request.

A SIM is known from its first operation on, as active and unrestricted; before, nobody has told the network.
"""

import json
import socket
import time
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.clock import Clock, stamp
from sandbox.faults import Fault, Faults
from sandbox.inputs import Refusal, choice, json_object, mapping, only, text, whole
from sandbox.store import Store

# Each action and the parameters that it takes.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "activate": (),
    "suspend": (),
    "resume": (),
    "set_capacity": ("bytes",),
    "restrict": (),
    "lift_restriction": (),
    "swap": ("new_serial",),
}
ACTIONS = tuple(PARAMETERS)

# Faults that answer before any effect: status, code and detail.
REFUSALS = {
    "error": (503, "carrier.unavailable", "The network is out of order (a fault on order): try again."),
    "reject": (422, "carrier.rejected", "The network rejects this operation for good (a fault on order)."),
}
OPERATIONS = """
SELECT *, (SELECT count(*) FROM operation_requests AS request
           WHERE request.operation_id = operations.operation_id AND outcome = 'done') AS effects
FROM operations"""
REQUESTS = """
SELECT operation_id, sim_serial, action, at, outcome, fault FROM operation_requests
WHERE ifnull(?, operation_id) = operation_id AND ifnull(?, sim_serial) = sim_serial ORDER BY id"""

Sim = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    id: str
    action: str
    sim_serial: str
    params: dict[str, Any]

    def same_as(self, done: Row) -> bool:
        return (self.action, self.sim_serial, self.params) == (
            done["action"],
            done["sim_serial"],
            json.loads(done["params"]),
        )


def read_operation(body: dict[str, Any]) -> Operation:
    only(body, ("operation_id", "action", "sim_serial", "params"), "An operation")
    action = choice(body, "action", ACTIONS)
    params = mapping(body, "params")
    only(params, PARAMETERS[action], f"params of {action}")
    if action == "set_capacity":
        whole(params, "bytes", 0, 2**63 - 1)
    if action == "swap":
        text(params, "new_serial")
    return Operation(text(body, "operation_id"), action, text(body, "sim_serial"), params)


class Network:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def perform(self, operation: Operation, fault: Fault | None) -> dict[str, Any]:
        """Effect, record and log line in one transaction; the id makes the effect happen once."""
        answer: dict[str, Any] | Refusal
        with self._store.transaction() as db:
            at = stamp(self._clock.now())
            try:
                outcome, answer = _decide(db, operation, at)
            except Refusal as refusal:
                outcome, answer = refusal.code, refusal
            _log(db, operation, at, outcome, fault)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def refuse(self, operation: Operation, fault: Fault) -> Refusal:
        refusal = Refusal(*REFUSALS[fault.kind])
        with self._store.transaction() as db:
            _log(db, operation, stamp(self._clock.now()), refusal.code, fault)
        return refusal

    def operation(self, operation_id: str) -> dict[str, Any] | None:
        with self._store.transaction() as db:
            row = _find(db, operation_id)
            return None if row is None else _described(row)

    def operations(self, sim_serial: str | None) -> list[dict[str, Any]]:
        """Done operations, oldest first, with the time (the sandbox's) and the number of their effects."""
        with self._store.transaction() as db:
            rows = db.execute(
                f"{OPERATIONS} WHERE ifnull(?, sim_serial) = sim_serial ORDER BY number", (sim_serial,)
            )
            return [_described(row) for row in rows]

    def requests(self, operation_id: str | None, sim_serial: str | None) -> list[dict[str, Any]]:
        """Every request as it came, oldest first: `outcome` is "done", "repeated" or the refusal's code."""
        with self._store.transaction() as db:
            rows = db.execute(REQUESTS, (operation_id, sim_serial))
            return [dict(row) for row in rows]

    def sim(self, serial: str) -> Sim | None:
        with self._store.transaction() as db:
            return _load(db, serial)


def _decide(db: Connection, operation: Operation, at: str) -> tuple[str, dict[str, Any]]:
    """The outcome ("done" or "repeated") and the answer; refuses before it writes anything."""
    done = _find(db, operation.id)
    if done is None:
        sim = _apply(db, operation)
        _record(db, operation, sim, at)
        return "done", _answer(operation.id, sim)
    if operation.same_as(done):
        return "repeated", _answer(operation.id, json.loads(done["sim"]))
    raise Refusal(
        409,
        "operation.conflict",
        f"Operation {operation.id} was another one ({done['action']} of {done['sim_serial']}): "
        "send a new operation_id, or the first body again.",
    )


def _find(db: Connection, operation_id: str) -> Row | None:
    row: Row | None = db.execute(f"{OPERATIONS} WHERE operation_id = ?", (operation_id,)).fetchone()
    return row


def _record(db: Connection, operation: Operation, sim: Sim, at: str) -> None:
    db.execute(
        "INSERT INTO operations (operation_id, sim_serial, action, params, sim, done_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            operation.id,
            operation.sim_serial,
            operation.action,
            json.dumps(operation.params),
            json.dumps(sim),
            at,
        ),
    )


def _log(db: Connection, operation: Operation, at: str, outcome: str, fault: Fault | None) -> None:
    db.execute(
        "INSERT INTO operation_requests (operation_id, sim_serial, action, at, outcome, fault)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (operation.id, operation.sim_serial, operation.action, at, outcome, fault and fault.kind),
    )


def _load(db: Connection, serial: str) -> Sim | None:
    row = db.execute("SELECT state FROM sims WHERE serial = ?", (serial,)).fetchone()
    return None if row is None else json.loads(row["state"])


def _save(db: Connection, sim: Sim) -> None:
    db.execute("INSERT OR REPLACE INTO sims VALUES (?, ?)", (sim["sim_serial"], json.dumps(sim)))


def _apply(db: Connection, operation: Operation) -> Sim:
    serial = operation.sim_serial
    sim = _load(db, serial) or {
        "sim_serial": serial,
        "status": "active",
        "capacity_bytes": None,
        "restricted": False,
        "replaces": None,
        "replaced_by": None,
    }
    if sim["replaced_by"] is not None:
        raise Refusal(409, "sim.replaced", f"SIM {serial} was swapped: address {sim['replaced_by']} instead.")
    match operation.action:
        case "activate" | "resume":
            sim["status"] = "active"
        case "suspend":
            sim["status"] = "suspended"
        case "set_capacity":
            sim["capacity_bytes"] = operation.params["bytes"]
        case "restrict":
            sim["restricted"] = True
        case "lift_restriction":
            sim["restricted"] = False
        case "swap":
            successor = operation.params["new_serial"]
            if successor == serial or _load(db, successor) is not None:
                raise Refusal(
                    409, "sim.known", f"SIM {successor} is already in the network: swap to a new serial."
                )
            _save(db, sim | {"status": "replaced", "replaced_by": successor})
            sim |= {"sim_serial": successor, "replaces": serial}
    _save(db, sim)
    return sim


def _answer(operation_id: str, sim: Sim) -> dict[str, Any]:
    return {"operation_id": operation_id, "status": "done", "sim": sim}


def _described(row: Row) -> dict[str, Any]:
    return _answer(row["operation_id"], json.loads(row["sim"])) | {
        "action": row["action"],
        "sim_serial": row["sim_serial"],
        "params": json.loads(row["params"]),
        "done_at": row["done_at"],
        "effects": row["effects"],
    }


def blueprint(network: Network, faults: Faults) -> Blueprint:
    routes = Blueprint("carrier", __name__)

    @routes.post("/carrier/operations")
    def perform() -> ResponseReturnValue:
        operation = read_operation(json_object())
        done_before = network.operation(operation.id) is not None
        asked = {"sim_serial": operation.sim_serial, "action": operation.action}
        fault = faults.spend(asked, done_before)
        if fault is None:
            return network.perform(operation, None)
        if fault.kind in REFUSALS:
            raise network.refuse(operation, fault)
        if fault.kind == "delay":
            time.sleep(fault.seconds)
        answer = network.perform(operation, fault)
        if fault.kind == "timeout":
            time.sleep(fault.seconds)
        if fault.kind == "drop_after":
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer

    @routes.get("/carrier/operations/<path:operation_id>")
    def one(operation_id: str) -> ResponseReturnValue:
        found = network.operation(operation_id)
        if found is None:
            raise Refusal(404, "operation.unknown", f"No operation {operation_id} has been done.")
        return found

    @routes.get("/carrier/operations")
    def operations() -> ResponseReturnValue:
        return jsonify(network.operations(request.args.get("sim_serial")))

    @routes.get("/carrier/requests")
    def requests() -> ResponseReturnValue:
        asked = request.args
        return jsonify(network.requests(asked.get("operation_id"), asked.get("sim_serial")))

    @routes.get("/carrier/sims/<path:serial>")
    def sim(serial: str) -> ResponseReturnValue:
        found = network.sim(serial)
        if found is None:
            raise Refusal(404, "sim.unknown", f"No operation has named SIM {serial} yet.")
        return found

    return routes
