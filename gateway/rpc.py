"""Calls to the services on behalf of the present request."""

from typing import Any

from flask import current_app, g

from chassis.client import RpcClient
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
    return client().call(
        method,
        timeout=timeout or current_app.config["KAISEN"].rpc_timeout,
        context=g.get("context"),
        correlation_id=correlation.current_id(),
        sealed=sealed,
        **kwargs,
    )
