"""Names and flags of our cookies.

Over https every cookie of a session carries the `__Host-` prefix, so that no other host and no plain-http page can
plant or read it. Browsers refuse that prefix over http, where the plain name serves, and only on this machine.
"""

from flask import Flask, current_app, request
from flask.sessions import SecureCookieSessionInterface

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def secure() -> bool:
    """Whether cookies of this answer must be Secure and prefixed."""
    if request.is_secure:
        return True
    host = request.host if request.host.endswith("]") else request.host.rsplit(":", 1)[0]
    return not (host in _LOCAL_HOSTS or current_app.config["KAISEN"].insecure_cookies)


def name(plain: str) -> str:
    """The cookie's full name on this connection."""
    return f"__Host-{plain}" if secure() else plain


class FormSession(SecureCookieSessionInterface):
    """Flask's signed cookie; it holds the form token and short-lived page state, never who is logged in."""

    def get_cookie_name(self, app: Flask) -> str:
        return name("kaisen_form")

    def get_cookie_secure(self, app: Flask) -> bool:
        return secure()
