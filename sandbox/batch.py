"""What operations make of SIMs and share groups. A swapped or terminated SIM, or a deleted group, takes no more."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from sandbox.faults import Fault
from sandbox.inputs import Refusal
from sandbox.operations import Operation

State = dict[str, Any]

NEW_SIM: State = {
    "status": "active",
    "capacity_bytes": None,
    "restricted": False,
    "plan": None,
    "plan_bytes": None,
    "options": [],
    "group": None,
    "replaces": None,
    "replaced_by": None,
}
NEW_GROUP: State = {"status": "active", "capacity_bytes": None}

# Faults that refuse an operation before any effect: status, code and detail.
REFUSALS = {
    "error": (503, "carrier.unavailable", "The network is out of order (a fault on order): try again."),
    "reject": (422, "carrier.rejected", "The network rejects this operation for good (a fault on order)."),
}


@dataclass(frozen=True)
class Result:
    """`state` is that of the SIM or group afterwards, as JSON; a refused operation has none."""

    operation: Operation
    outcome: str
    state: str = ""
    refusal: Refusal | None = None


class Batch:
    """What one transaction needs to know, read together; changed in memory; then written together."""

    def __init__(self, db: Connection, operations: Sequence[Operation], at: str) -> None:
        self._db = db
        self._at = at
        ids = [operation.id for operation in operations]
        rows = rows_of(
            db, "SELECT * FROM operations WHERE operation_id IN (SELECT value FROM json_each(?))", ids
        )
        self._done: dict[str, Row | Mapping[str, Any]] = {row["operation_id"]: row for row in rows}
        serials = [name for each in operations if not each.group for name in each.touched]
        rows = rows_of(db, "SELECT * FROM sims WHERE serial IN (SELECT value FROM json_each(?))", serials)
        self._sims = {row["serial"]: sim_state(row["serial"], row["state"]) for row in rows}
        groups = [each.group or each.params.get("group", "") for each in operations]
        rows = (
            rows_of(db, "SELECT * FROM share_groups WHERE name IN (SELECT value FROM json_each(?))", groups)
            if any(groups)
            else []
        )
        self._groups: dict[str, State] = {row["name"]: json.loads(row["state"]) for row in rows}
        self._written: dict[str, str] = {}
        self._written_groups: dict[str, str] = {}
        self._records: list[tuple[str, ...]] = []
        self._log: list[tuple[str | None, ...]] = []

    def is_done(self, operation_id: str) -> bool:
        return operation_id in self._done

    def perform(self, operation: Operation, fault: Fault | None) -> Result:
        if fault is not None and fault.kind in REFUSALS:
            return self.refuse(operation, Refusal(*REFUSALS[fault.kind]), fault)
        try:
            result = self._decide(operation)
        except Refusal as refusal:
            return self.refuse(operation, refusal, fault)
        self._note(operation, result.outcome, fault)
        return result

    def refuse(self, operation: Operation, refusal: Refusal, fault: Fault | None) -> Result:
        self._note(operation, refusal.code, fault)
        return Result(operation, refusal.code, refusal=refusal)

    def write(self) -> None:
        self._db.executemany(
            "INSERT INTO sims (serial, state) VALUES (?, ?)"
            " ON CONFLICT (serial) DO UPDATE SET state = excluded.state",
            self._written.items(),
        )
        self._db.executemany(
            "INSERT INTO share_groups (name, state) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET state = excluded.state",
            self._written_groups.items(),
        )
        self._db.executemany(
            "INSERT INTO operations (operation_id, sim_serial, share_group, action, params, sim, done_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            self._records,
        )
        self._db.executemany(
            "INSERT INTO operation_requests (operation_id, sim_serial, share_group, action, at, outcome, fault)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            self._log,
        )

    def _note(self, operation: Operation, outcome: str, fault: Fault | None) -> None:
        kind = None if fault is None else fault.kind
        target = (operation.sim_serial, operation.group)
        self._log.append((operation.id, *target, operation.action, self._at, outcome, kind))

    def _decide(self, operation: Operation) -> Result:
        """ "done" or "repeated"; refuses before it changes anything."""
        done = self._done.get(operation.id)
        if done is not None:
            if operation.same_as(done):
                return Result(operation, "repeated", done["sim"])
            raise Refusal(
                409,
                "operation.conflict",
                f"Operation {operation.id} was another one ({done['action']} of"
                f" {done['sim_serial'] or done['share_group']}): send a new operation_id, or the first body again.",
            )
        state = self._change_group(operation) if operation.group else self._change_sim(operation)
        params = json.dumps(operation.params)
        target = (operation.sim_serial, operation.group)
        self._records.append((operation.id, *target, operation.action, params, state, self._at))
        self._done[operation.id] = {
            "action": operation.action,
            "sim_serial": operation.sim_serial,
            "share_group": operation.group,
            "params": params,
            "sim": state,
        }
        return Result(operation, "done", state)

    def _change_sim(self, operation: Operation) -> str:
        serial = operation.sim_serial
        sim = self._sims.get(serial) or {"sim_serial": serial, **NEW_SIM}
        if sim["replaced_by"] is not None:
            raise Refusal(
                409, "sim.replaced", f"SIM {serial} was swapped: address {sim['replaced_by']} instead."
            )
        if sim["status"] == "terminated":
            raise Refusal(
                409, "sim.terminated", f"SIM {serial} was terminated for good: address another SIM."
            )
        if operation.action == "swap":
            return self._swap(sim, operation.params["new_serial"])
        return self._keep(sim | self._changes(operation))

    def _changes(self, operation: Operation) -> State:
        """What an action other than a swap changes of its SIM."""
        match operation.action:
            case "activate" | "resume":
                return {"status": "active"}
            case "suspend":
                return {"status": "suspended"}
            case "terminate":
                return {"status": "terminated", "group": None}
            case "set_capacity":
                return {"capacity_bytes": operation.params["bytes"]}
            case "restrict" | "lift_restriction":
                return {"restricted": operation.action == "restrict"}
            case "set_plan":
                return {"plan": operation.params["plan"], "plan_bytes": operation.params["bytes"]}
            case "set_options":
                return {"options": operation.params["options"]}
            case "join_group":
                self._keep_group(self._living_group(operation.params["group"]))
                return {"group": operation.params["group"]}
            case _:  # leave_group
                return {"group": None}

    def _swap(self, sim: State, successor: str) -> str:
        serial = sim["sim_serial"]
        if successor == serial or successor in self._sims:
            raise Refusal(
                409, "sim.known", f"SIM {successor} is already in the network: swap to a new serial."
            )
        self._keep(sim | {"status": "replaced", "replaced_by": successor, "group": None})
        return self._keep(sim | {"sim_serial": successor, "replaces": serial})

    def _change_group(self, operation: Operation) -> str:
        group = self._living_group(operation.group)
        if operation.action == "set_group_capacity":
            return self._keep_group(group | {"capacity_bytes": operation.params["bytes"]})
        for row in members(self._db, operation.group):
            self._sims.setdefault(row["serial"], sim_state(row["serial"], row["state"]))
        for sim in [each for each in self._sims.values() if each["group"] == operation.group]:
            self._keep(sim | {"group": None})
        return self._keep_group(group | {"status": "deleted"})

    def _living_group(self, name: str) -> State:
        group = self._groups.get(name) or {"group": name, **NEW_GROUP}
        if group["status"] == "deleted":
            raise Refusal(409, "group.deleted", f"Share group {name} was deleted: address another group.")
        return group

    def _keep(self, sim: State) -> str:
        self._sims[sim["sim_serial"]] = sim
        self._written[sim["sim_serial"]] = written = json.dumps(sim)
        return written

    def _keep_group(self, group: State) -> str:
        self._groups[group["group"]] = group
        self._written_groups[group["group"]] = written = json.dumps(group)
        return written


def sim_state(serial: str, state: str) -> State:
    return {"sim_serial": serial, **NEW_SIM, **json.loads(state)}


def members(db: Connection, group: str) -> Iterable[Row]:
    return db.execute("SELECT serial, state FROM sims WHERE json_extract(state, '$.group') = ?", (group,))


def rows_of(db: Connection, query: str, values: Sequence[str]) -> Iterable[Row]:
    """The rows of a query whose one parameter is a JSON list."""
    return db.execute(query, (json.dumps(values),))
