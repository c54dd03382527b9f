"""Liveness (the process works), readiness (its broker and database answer) and metrics, over HTTP."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import eventlet
import eventlet.wsgi
from sqlalchemy import text

from chassis import metrics
from chassis.bus import BusConsumer
from chassis.database import Engine


def problems(container: Any | None) -> dict[str, str]:
    """What keeps the service from working, by part; empty when it is ready. None is a container not started yet."""
    if container is None:
        return {"service": "waiting for its broker and database"}
    found: dict[str, str] = {}
    for extension in container.extensions:
        if isinstance(extension, BusConsumer) and not extension.connected:
            found["broker"] = "not connected"
        if isinstance(extension, Engine):
            try:
                with eventlet.Timeout(3), extension.engine.connect() as connection:
                    connection.execute(text("SELECT 1"))
            except (Exception, eventlet.Timeout) as error:
                found["database"] = type(error).__name__
    return found


def serve(current: Callable[[], Any | None], port: int) -> None:
    """Serve /livez, /readyz and /metrics in the background; liveness never depends on the outside.

    `current` gives the container, or None while it waits for its parts: a service that waits is alive.
    """

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            content_type, body = metrics.page()
            start_response("200 OK", [("Content-Type", content_type)])
            return [body]
        if environ["PATH_INFO"] == "/livez":
            found: dict[str, str] = {}
        elif environ["PATH_INFO"] == "/readyz":
            found = problems(current())
        else:
            start_response("404 Not Found", [("Content-Type", "application/json")])
            return [b"{}"]
        start_response(
            "503 Service Unavailable" if found else "200 OK", [("Content-Type", "application/json")]
        )
        return [json.dumps({"status": "not ready" if found else "ok", "problems": found}).encode()]

    eventlet.spawn(eventlet.wsgi.server, eventlet.listen(("0.0.0.0", port)), application, log_output=False)
