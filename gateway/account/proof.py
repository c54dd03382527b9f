"""Proof once more of who is at work, which changes of credentials and the like ask for."""

from typing import Any

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import DataRequired

from chassis.errors import Forbidden, Invalid, KaisenError
from gateway import rpc
from gateway.account import own_account, render
from gateway.auth import access, new_session_token, session_hash, set_session_cookie
from gateway.web.factor_form import FactorForm
from gateway.web.forms import refuse
from gateway.web.paths import is_page
from gateway.web.session import home

blueprint = Blueprint("account_proof", __name__, url_prefix="/account")


class PasswordForm(FlaskForm):
    """What an account without a second factor proves itself by."""

    password = PasswordField(_l("パスワード"), [DataRequired(_l("パスワードを入力してください。"))])

    def offered(self) -> dict[str, Any]:
        return {"password": self.password.data}

    def refuse(self, error: KaisenError) -> int:
        return refuse(self, error, at="password")


@blueprint.route("/proof", methods=["GET", "POST"])
@access("any")
def show() -> Response | tuple[str, int]:
    """Ask for it, and lead on to the page `next`; with `repeat`, what was to be done there has not been done."""
    factors = _factors()
    form = FactorForm() if factors else PasswordForm()
    status = 200
    if form.validate_on_submit():
        try:
            return _prove(form.offered())
        except (Forbidden, Invalid) as error:
            status = form.refuse(error)
    elif form.errors:
        status = 422
    options = rpc.call("auth.challenge_proof")["options"] if "passkey" in factors else None
    return render("account/proof.html", form=form, factors=factors, options=options), status


def _factors() -> set[str]:
    if own_account().kind == "selfcare":
        return set()
    return {factor["kind"] for factor in rpc.call("auth.list_factors")["items"]}


def _prove(proof: dict[str, Any]) -> Response:
    token = new_session_token()
    sealed = tuple(name for name in proof if name != "assertion")
    rpc.call("auth.prove", sealed=sealed, new_session_hash=session_hash(token), **proof)
    if "repeat" in request.args:
        flash(
            _("ご本人の確認ができました。先ほどの操作はまだ行われていませんので、もう一度行ってください。"),
            "warning",
        )
    else:
        flash(_("ご本人の確認ができました。"), "success")
    target = request.args.get("next", "")
    response = redirect(target if is_page(target) else home(own_account().kind), 303)
    set_session_cookie(response, token)
    return response
