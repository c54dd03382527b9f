"""アカウント管理 of the staff: the accounts of all customers and of the staff itself."""

from flask import Blueprint, request

from gateway.auth import access
from gateway.web import accounts
from gateway.web.accounts import Area, EveryAccountSearchForm, View

blueprint = Blueprint("staff_accounts", __name__, url_prefix="/staff/accounts")

_AREA = Area("staff")


@blueprint.get("")
@access("staff")
def listing() -> str:
    return accounts.listing(_AREA, EveryAccountSearchForm(request.args), "staff/accounts.html")


@blueprint.route("/new", methods=["GET", "POST"])
@access("staff")
def new() -> View:
    return accounts.new(_AREA)


@blueprint.route("/id/<code:login_id>", methods=["GET", "POST"])
@access("staff")
def detail(login_id: str) -> View:
    return accounts.detail(_AREA, login_id)


@blueprint.route("/id/<code:login_id>/disable", methods=["GET", "POST"])
@access("staff")
def disable(login_id: str) -> View:
    return accounts.disable(_AREA, login_id)


@blueprint.post("/id/<code:login_id>/enable")
@access("staff")
def enable(login_id: str) -> View:
    return accounts.enable(_AREA, login_id)


@blueprint.route("/id/<code:login_id>/reset", methods=["GET", "POST"])
@access("staff")
def reset(login_id: str) -> View:
    return accounts.reset(_AREA, login_id)


@blueprint.route("/id/<code:login_id>/delete", methods=["GET", "POST"])
@access("staff")
def delete(login_id: str) -> View:
    return accounts.delete(_AREA, login_id)
