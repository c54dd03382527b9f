"""One id a request, from the caller or new, in every log line, call and answer; and the access log."""

import re
import time
import uuid

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from chassis import logs

HEADER = "X-Correlation-Id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_log = logs.get_logger()


def init_app(app: Flask) -> None:
    app.before_request(_start)
    app.after_request(_finish)


def current_id() -> str:
    """The request's correlation id."""
    return str(g.correlation_id)


def _start() -> None:
    given = request.headers.get(HEADER, "")
    g.correlation_id = given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
    g.started = time.perf_counter()
    clear_contextvars()  # a worker thread serves one request after another
    bind_contextvars(correlation_id=g.correlation_id)


def _finish(response: Response) -> Response:
    response.headers[HEADER] = g.correlation_id
    # The query string stays out: it may carry phone numbers. So do bodies and tokens.
    _log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round((time.perf_counter() - g.started) * 1000, 1),
    )
    return response
