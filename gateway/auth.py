"""Who may see a route, and the session behind a cookie or a bearer token, or the API key.

Every route carries `@access(kind)`; a test refuses a route without it.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Literal

from flask import g, redirect, request, session
from werkzeug.wrappers import Response as BaseResponse

from chassis.errors import Forbidden, Unauthenticated
from gateway import cookies, language, rpc

Kind = Literal["public", "selfcare", "console", "staff", "any"]
View = Callable[..., Any]

SELFCARE_PORTALS = ("ip_phone", "mobile_choice", "free_voice")
SESSION_COOKIE = "kaisen"
_KEY_PREFIX = "kaisen_"  # tells a key from a session token, and lets scanners find one that was published


@dataclass(frozen=True)
class Account:
    """The logged-in account, or what an API key stands for, as auth describes it. `customer_code` and
    `customer_name` are None for staff.
    """

    login_id: str
    kind: str
    portal: str
    customer_code: str | None
    customer_name: str | None
    roles: frozenset[str]
    expires_at: datetime
    language: str


def access(kind: Kind) -> Callable[[View], View]:
    """Open a view to one kind of account only ("any": to every kind; "public": to everybody, session or not).

    The decorator stands directly under the route. In the API a missing session is a 401 and a wrong kind a 403; a page
    leads to the login page of its kind.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            turned_away = None if kind == "public" else _admit(kind)
            return view(*args, **kwargs) if turned_away is None else turned_away

        guarded.access = kind  # type: ignore[attr-defined]
        return guarded

    return decorator


def current_account() -> Account | None:
    """The account of a request that has passed `access`; None on public routes."""
    return g.get("account")


def renew_context() -> None:
    """Ask auth again who the caller is: a context lives for 60 s, a download may take longer.

    Raises Unauthenticated when the session has ended meanwhile.
    """
    _resolve(presented_token() or "")


def new_session_token() -> str:
    """A fresh opaque session token of 256 random bits."""
    return secrets.token_urlsafe(32)


def new_api_key() -> str:
    """A fresh API key of 256 random bits: the prefix and 43 characters of A-Z, a-z, 0-9, `-` and `_`."""
    return _KEY_PREFIX + secrets.token_urlsafe(32)


def session_hash(token: str) -> str:
    """What may be sent and stored instead of a session token or an API key: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def set_session_cookie(response: BaseResponse, token: str) -> None:
    """Log this browser in.

    The cookie has no end of its own: a session in use goes on, one that is not ends at the server, and closing the
    browser on a shared computer forgets it.
    """
    session.pop("csrf_token", None)  # a form token made before the login does not outlive it
    response.set_cookie(
        cookies.name(SESSION_COOKIE), token, path="/", secure=cookies.secure(), httponly=True, samesite="Lax"
    )


def clear_session_cookie(response: BaseResponse) -> None:
    """Forget the login in this browser; the session itself is ended by auth.end_session."""
    session.pop("csrf_token", None)
    response.delete_cookie(
        cookies.name(SESSION_COOKIE), path="/", secure=cookies.secure(), httponly=True, samesite="Lax"
    )


def bearer_token() -> str | None:
    """The token of an `Authorization: Bearer` header."""
    authorization = request.authorization
    return authorization.token if authorization is not None and authorization.type == "bearer" else None


def presented_token() -> str | None:
    """The session token or API key that the request carries; an Authorization header, good or bad, goes before a
    cookie.
    """
    if "Authorization" in request.headers:
        return bearer_token()
    return request.cookies.get(cookies.name(SESSION_COOKIE))


def login_path(kind: str) -> str:
    """Where a person of this kind logs in; self-care has three portals, and the browser remembers its own."""
    if kind in ("console", "staff"):
        return f"/{kind}/login"
    portal = session.get("portal")
    return f"/selfcare/{portal}/login" if portal in SELFCARE_PORTALS else "/"


def is_api() -> bool:
    """Whether the request wants JSON rather than a page."""
    return request.path.startswith("/api/")


def _admit(kind: Kind) -> BaseResponse | None:
    token = presented_token()
    try:
        if not token or (_presents_key() and not is_api()):  # pages are for people
            raise Unauthenticated("session.required")
        account = _resolve(token)
    except Unauthenticated:
        if is_api():
            raise
        response = redirect(login_path(kind), 303)
        if token and bearer_token() is None:
            clear_session_cookie(response)
        return response
    if kind in ("any", account.kind):
        return None
    if is_api():
        raise Forbidden("access.denied")
    return redirect(login_path(kind), 303)


def _presents_key() -> bool:
    """Whether the request carries an API key; a browser, which only knows cookies, never does."""
    return (bearer_token() or "").startswith(_KEY_PREFIX)


def _resolve(token: str) -> Account:
    # Asked anew for every request and never cached: a session that was ended, or an account that was disabled, must
    # be refused at once by every replica of the gateway.
    asked: dict[str, Any] = {"language": language.requested(), "client_ip": request.remote_addr or ""}
    if _presents_key():
        answer = rpc.call("auth.resolve_key", key_hash=session_hash(token), **asked)
    else:
        answer = rpc.call("auth.resolve", session_hash=session_hash(token), **asked)
    known = answer["account"]
    account = Account(
        login_id=known["login_id"],
        kind=known["kind"],
        portal=known["portal"],
        customer_code=known["customer_code"],
        customer_name=known["customer_name"],
        roles=frozenset(known["roles"]),
        expires_at=datetime.fromisoformat(known["expires_at"]),
        language=known["language"],
    )
    g.context = answer["context"]
    g.account = account
    language.follow_account(account.language)
    return account
