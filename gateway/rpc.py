"""Calls to the services on behalf of the present request."""

from typing import Any

from flask import current_app, g

from chassis import sealing
from chassis.client import Answer, RpcClient
from gateway import correlation


def client() -> RpcClient:
    """The process's RPC client; it connects at its first call, hence after gunicorn's fork."""
    shared: RpcClient = current_app.extensions["kaisen_rpc"]
    return shared


def call(method: str, *, sealed: tuple[str, ...] = (), timeout: float | None = None, **kwargs: Any) -> Any:
    """Call `service.method` as the request's caller; `sealed` names the arguments that only that service may read.

    Raises the service's own `chassis.errors`, TimedOut after `timeout` seconds (default: the setting), Unavailable
    without a broker.
    """
    return begin(method, sealed=sealed, timeout=timeout, **kwargs).result()


def begin(
    method: str, *, sealed: tuple[str, ...] = (), timeout: float | None = None, **kwargs: Any
) -> Answer:
    """Like `call`, but returns at once; the answer's `result` waits for it."""
    return client().begin(
        method,
        timeout=timeout or current_app.config["KAISEN"].rpc_timeout,
        context=g.get("context"),
        correlation_id=correlation.current_id(),
        sealed=sealed,
        **kwargs,
    )


def call_sealed(method: str, **kwargs: Any) -> Any:
    """Like `call`, for a method that answers `{"sealed": …}`: opened with a key that is made for this answer alone."""
    public, private = sealing.one_time_key()
    return sealing.unseal(call(method, answer_key=public, **kwargs)["sealed"], private)
