"""アカウント管理 of the console: a customer's administrators look after the accounts of their company."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField

from gateway import rpc
from gateway.auth import access
from gateway.web import accounts
from gateway.web.accounts import AccountSearchForm, Area, View

blueprint = Blueprint("console_accounts", __name__, url_prefix="/console/accounts")

_AREA = Area("console")


class PolicyForm(FlaskForm):
    required = RadioField(
        _l("2段階認証"),
        choices=[("yes", _l("必須")), ("no", _l("任意"))],
        validate_choice=False,
    )


@blueprint.get("")
@access("console")
def listing() -> str:
    return accounts.listing(_AREA, AccountSearchForm(request.args), "console/accounts.html")


@blueprint.route("/new", methods=["GET", "POST"])
@access("console")
def new() -> View:
    return accounts.new(_AREA)


@blueprint.route("/id/<code:login_id>", methods=["GET", "POST"])
@access("console")
def detail(login_id: str) -> View:
    return accounts.detail(_AREA, login_id)


@blueprint.route("/id/<code:login_id>/disable", methods=["GET", "POST"])
@access("console")
def disable(login_id: str) -> View:
    return accounts.disable(_AREA, login_id)


@blueprint.post("/id/<code:login_id>/enable")
@access("console")
def enable(login_id: str) -> View:
    return accounts.enable(_AREA, login_id)


@blueprint.route("/id/<code:login_id>/reset", methods=["GET", "POST"])
@access("console")
def reset(login_id: str) -> View:
    return accounts.reset(_AREA, login_id)


@blueprint.route("/id/<code:login_id>/delete", methods=["GET", "POST"])
@access("console")
def delete(login_id: str) -> View:
    return accounts.delete(_AREA, login_id)


@blueprint.route("/policy", methods=["GET", "POST"])
@access("console")
def policy() -> Response | str:
    """Whether all accounts of the company need a second factor."""
    _AREA.demand_administrator()
    form = PolicyForm()
    if form.validate_on_submit():
        rpc.call("auth.set_factor_policy", required=form.required.data == "yes")
        flash(_("2段階認証の設定を変更しました。"), "success")
        return redirect(url_for(".listing"), 303)
    form.required.data = "yes" if rpc.call("auth.get_factor_policy")["required"] else "no"
    return render_template("console/accounts_policy.html", form=form)
