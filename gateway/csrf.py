"""Proof that an unsafe request comes from our own pages.

Needed wherever the browser adds the cookie by itself. A bearer token is never added by a browser, and the JSON login
endpoints accept nothing that a foreign page could send without a preflight, so both do without.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFProtect, generate_csrf

from gateway.auth import bearer_token, is_api, presented_token

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_protection = CSRFProtect()
V = TypeVar("V", bound=Callable[..., Any])


def init_app(app: Flask) -> None:
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # checked by _check, which knows bearer tokens
        WTF_CSRF_HEADERS=["X-CSRF-Token"],
        WTF_CSRF_TIME_LIMIT=None,  # lives as long as the login that it was made under
        WTF_CSRF_SSL_STRICT=False,  # API clients send no Referer; the token and SameSite=Lax decide
    )
    _protection.init_app(app)
    app.before_request(_check)


def token() -> str:
    """The token to send back as header X-CSRF-Token or form field csrf_token."""
    return generate_csrf()


def json_login(view: V) -> V:
    """Mark a view that starts a login and takes JSON only."""
    view.json_login = True  # type: ignore[attr-defined]
    return view


def _check() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method in _SAFE or view is None or getattr(view, "json_login", False):
        return
    if is_api() and (bearer_token() or not presented_token()):
        return
    _protection.protect()
