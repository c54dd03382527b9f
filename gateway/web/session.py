"""Logging in and out by pages: what the three kinds of login have in common."""

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway import rpc
from gateway.auth import new_session_token, presented_token, session_hash, set_session_cookie

_HOMES = {"selfcare": "selfcare_menu.show", "console": "console_start.show", "staff": "staff_start.show"}
_SIGNED_IN = "signed_in"


def origin() -> dict[str, Any]:
    """Who asks, for auth's records and limits."""
    return {"client_ip": request.remote_addr or "", "user_agent": request.user_agent.string}


def log_in(method: str, *, sealed: tuple[str, ...], kind: str, **kwargs: Any) -> Response:
    """Let auth open a session by `method` and lead to the start page of `kind`. Raises auth's refusals."""
    token = new_session_token()
    rpc.call(method, sealed=sealed, session_hash=session_hash(token), **origin(), **kwargs)
    response = redirect(home(kind), 303)
    set_session_cookie(response, token)
    session[_SIGNED_IN] = True
    return response


def home(kind: str) -> str:
    """The first page after login."""
    return url_for(_HOMES[kind])


def forget_login() -> None:
    """After a logout the login page has no expired session to speak of."""
    session.pop(_SIGNED_IN, None)


def announce_expiry() -> None:
    """Tell a person who was logged in, and whose session has ended meanwhile, why the login page appears."""
    if presented_token() is None and session.pop(_SIGNED_IN, False):
        flash(
            _("一定時間が過ぎたため、ログアウトしました。続けるには、もう一度ログインしてください。"),
            "warning",
        )
