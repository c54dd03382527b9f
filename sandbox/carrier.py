"""The carrier network's API: does what operations ask of SIMs and share groups, once an operation id."""

import time
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.batch import Result
from sandbox.faults import Faults, held
from sandbox.inputs import Refusal, json_object, objects, only, texts
from sandbox.network import Network, described
from sandbox.operations import Operation, read_operation

MOST = 500  # operations in one request


def read_bulk(body: dict[str, Any]) -> list[Operation]:
    only(body, ("operations",), "A bulk")
    operations = []
    for position, each in enumerate(objects(body, "operations", MOST)):
        try:
            operations.append(read_operation(each))
        except Refusal as refusal:
            detail = f"operations/{position}: {refusal.detail} Nothing was done."
            raise Refusal(refusal.status, refusal.code, detail) from None
    return operations


def blueprint(network: Network, faults: Faults, latency: float) -> Blueprint:
    """`latency` in seconds is what every request that changes something takes at least."""
    routes = Blueprint("carrier", __name__)

    @routes.post("/carrier/operations")
    def perform() -> ResponseReturnValue:
        operation = read_operation(json_object())
        time.sleep(latency)
        fault = faults.spend(operation.asked, network.operation(operation.id) is not None)
        with held(fault):
            result = network.perform(operation, fault)
            if result.refusal is not None:
                raise result.refusal
            return described(result)

    @routes.post("/carrier/operations/bulk")
    def bulk() -> ResponseReturnValue:
        operations = read_bulk(json_object())
        time.sleep(latency)
        fault = faults.spend_holding([operation.asked for operation in operations])
        with held(fault):
            results = network.perform_all(operations, fault)
        return {"results": [_answer(result) for result in results]}

    @routes.post("/carrier/operations/lookup")
    def lookup() -> ResponseReturnValue:
        body = json_object()
        only(body, ("operation_ids",), "A lookup")
        return {"done": network.done(texts(body, "operation_ids", MOST))}

    @routes.get("/carrier/operations/<path:operation_id>")
    def one(operation_id: str) -> ResponseReturnValue:
        found = network.operation(operation_id)
        if found is None:
            raise Refusal(404, "operation.unknown", f"No operation {operation_id} has been done.")
        return found

    @routes.get("/carrier/operations")
    def operations() -> ResponseReturnValue:
        asked = request.args
        return jsonify(network.operations(sim_serial=asked.get("sim_serial"), share_group=asked.get("group")))

    @routes.get("/carrier/requests")
    def requests() -> ResponseReturnValue:
        asked = request.args
        return jsonify(
            network.requests(
                operation_id=asked.get("operation_id"),
                sim_serial=asked.get("sim_serial"),
                share_group=asked.get("group"),
            )
        )

    @routes.get("/carrier/sims/<path:serial>")
    def sim(serial: str) -> ResponseReturnValue:
        found = network.sim(serial)
        if found is None:
            raise Refusal(404, "sim.unknown", f"No operation has named SIM {serial} yet.")
        return found

    @routes.get("/carrier/groups/<path:name>")
    def group(name: str) -> ResponseReturnValue:
        found = network.group(name)
        if found is None:
            raise Refusal(404, "group.unknown", f"No operation has named share group {name} yet.")
        return found

    return routes


def _answer(result: Result) -> dict[str, str]:
    refusal = result.refusal
    if refusal is None:
        return {"operation_id": result.operation.id, "status": "done"}
    if refusal.status >= 500:
        return {"operation_id": result.operation.id, "status": "unavailable", "code": refusal.code}
    return {
        "operation_id": result.operation.id,
        "status": "rejected",
        "code": refusal.code,
        "detail": refusal.detail,
    }
