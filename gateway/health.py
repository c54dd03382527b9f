"""Liveness and readiness, for an orchestrator."""

from apiflask import APIBlueprint
from flask import Response, jsonify

from gateway import rpc
from gateway.auth import access

blueprint = APIBlueprint("health", __name__, enable_openapi=False)


@blueprint.get("/livez")
@access("public")
def livez() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@access("public")
def readyz() -> tuple[Response, int]:
    """The process can reach the broker; 503 with the reason when it cannot."""
    if rpc.client().ready():
        return jsonify(status="ok"), 200
    return jsonify(status="unavailable", reason="no connection to the message broker"), 503
