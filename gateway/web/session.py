"""Logging in and out by pages: what the steps of all three kinds of login have in common.

Between its steps a login lives in the form session (a signed cookie) as the keys `attempt`, `stage`, `kind` and `step`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from chassis.errors import KaisenError
from gateway.auth import login_path, presented_token, set_session_cookie
from gateway.texts import message

HOMES = {"selfcare": "selfcare_menu.show", "console": "console_start.show", "staff": "staff_start.show"}
_OWN_LOGIN = {"factor": "login/factor", "password": "login/password", "enrol": "login/enrol"}
_PAGES = {
    "selfcare": {"code": "code"},
    "console": _OWN_LOGIN,
    "staff": _OWN_LOGIN,
}
_SIGNED_IN = "signed_in"
# Refusals after which only a new login helps.
_OVER = frozenset({"attempt.unusable", "code.expired", "code.unusable"})


@dataclass(frozen=True)
class Waiting:
    """The login that this browser is in the middle of.

    `factors` are the kinds that the account has (stage `factor`), `minimum` is the least length of the new password
    (stage `password`), `ends_at` the last instant at which the step can be taken, if the service tells it.
    """

    attempt: str
    factors: tuple[str, ...]
    minimum: int | None
    ends_at: datetime | None


def origin() -> dict[str, Any]:
    """Who asks, for auth's records and limits."""
    return {"client_ip": request.remote_addr or "", "user_agent": request.user_agent.string}


def follow_step(step: dict[str, Any], kind: str, token: str) -> Response:
    """Lead to the page of the next step, or, after the last one, log in.

    `step` is auth's answer to the step before, `kind` that of the portal, `token` the one whose hash was sent with that
    step and which bears what follows, attempt or session: made anew for every step, so that nobody can have planted it.
    """
    forget_step()
    if step["next"] != "done":
        session["attempt"], session["stage"], session["kind"] = token, step["next"], kind
        session["step"] = {name: step[name] for name in ("factors", "minimum", "ends_at") if name in step}
        return redirect(f"/{kind}/{_PAGES[kind][step['next']]}", 303)
    response = redirect(home(kind), 303)
    set_session_cookie(response, token)
    session[_SIGNED_IN] = True
    return response


def waiting(kind: str, stage: str) -> Waiting | None:
    """The login that waits for `stage` in this browser; None: lead the person to `login_path(kind)`."""
    if (session.get("kind"), session.get("stage")) != (kind, stage) or not session.get("attempt"):
        return None
    known = session.get("step", {})
    return Waiting(
        attempt=session["attempt"],
        factors=tuple(known.get("factors", ())),
        minimum=known.get("minimum"),
        ends_at=datetime.fromisoformat(known["ends_at"]) if known.get("ends_at") else None,
    )


def is_over(error: KaisenError) -> bool:
    """Whether this refusal has ended the login."""
    return error.code in _OVER or error.details.get("tries_left") == 0


def start_over(kind: str, error: KaisenError) -> Response:
    """Lead back to the first page of a login that `error` has ended, which tells why."""
    forget_step()
    if error.code in _OVER:
        flash(message(error.code, error.details), "error")
    else:
        flash(_("誤りが続いたため、ログインを中止しました。もう一度ログインしてください。"), "error")
    return redirect(login_path(kind), 303)


def forget_step() -> None:
    """This browser is in the middle of no login any more."""
    for name in ("attempt", "stage", "kind", "step", "sent_to"):
        session.pop(name, None)


def home(kind: str) -> str:
    """The first page after login."""
    return url_for(HOMES[kind])


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
