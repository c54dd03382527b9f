"""The entrance to all portals, and what every page offers: another language, and the way out."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway import language, rpc
from gateway.auth import (
    access,
    clear_session_cookie,
    current_account,
    login_path,
    presented_token,
    session_hash,
)
from gateway.web.paths import local_path
from gateway.web.portals import PORTALS
from gateway.web.session import forget_login, origin

blueprint = Blueprint("entry", __name__)


@blueprint.get("/")
@access("public")
def show() -> str:
    return render_template("entry.html", portals=PORTALS)


@blueprint.post("/language")
@access("public")
def choose_language() -> Response:
    """Answer in `language` from now on and lead back to `next`, if that is a page of ours."""
    response = redirect(local_path(request.form.get("next", "")), 303)
    chosen = request.form.get("language")
    if chosen in language.LANGUAGES:
        language.remember(response, chosen)
    return response


@blueprint.post("/logout")
@access("any")
def logout() -> Response:
    account = current_account()
    assert account is not None
    rpc.call("auth.end_session", session_hash=session_hash(presented_token() or ""), **origin())
    forget_login()
    flash(_("ログアウトしました。"), "success")
    response = redirect(login_path(account.kind), 303)
    clear_session_cookie(response)
    return response
