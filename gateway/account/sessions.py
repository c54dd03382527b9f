"""Where the account is logged in, and the end of those logins."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from chassis.errors import NotFound
from gateway import rpc
from gateway.account import render
from gateway.auth import access
from gateway.texts import message
from gateway.web.browsers import browser_name

blueprint = Blueprint("account_sessions", __name__, url_prefix="/account/sessions")


@blueprint.get("")
@access("any")
def listing() -> str:
    sessions = rpc.call("auth.list_sessions")["items"]
    return render("account/sessions.html", sessions=sessions, browser_name=browser_name)


@blueprint.post("/<code:session_id>/end")
@access("any")
def end(session_id: str) -> Response:
    """End one that is not this one: for this one there is the logout."""
    try:
        rpc.call("auth.end_other_session", session_id=session_id)
        flash(_("選んだ端末でのログインを終了しました。"), "success")
    except NotFound as error:
        flash(message(error.code, error.details), "warning")
    return redirect(url_for(".listing"), 303)


@blueprint.post("/end")
@access("any")
def end_others() -> Response:
    """End all but this one."""
    rpc.call("auth.end_other_sessions")
    flash(_("この端末のほかのログインを、すべて終了しました。"), "success")
    return redirect(url_for(".listing"), 303)
