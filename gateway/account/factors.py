"""The own second factors and recovery codes."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from chassis.errors import Conflict, Invalid, NotFound
from gateway import rpc
from gateway.account import own_account, render
from gateway.auth import access
from gateway.web.enrolment import (
    EnrolmentForm,
    TotpSetup,
    new_recovery_codes,
    new_totp_secret,
    totp_name,
    totp_setup,
)
from gateway.web.forms import refuse

blueprint = Blueprint("account_factors", __name__, url_prefix="/account/factors")


@blueprint.get("")
@access("any")
def listing() -> str:
    return _list()


@blueprint.route("/totp", methods=["GET", "POST"])
@access("any")
def add_totp() -> Response | str | tuple[str, int]:
    form = EnrolmentForm()
    status = 200
    if form.validate_on_submit():
        codes = new_recovery_codes()
        code = (form.code.data or "").strip()
        try:
            added = rpc.call(
                "auth.confirm_totp", sealed=("code", "recovery_codes"), code=code, recovery_codes=codes
            )
            return _added(added, codes)
        except (Invalid, NotFound) as error:
            status = refuse(form, error)
    setup = _totp_setup(form.shown_secret())
    return render("account/factors_totp.html", form=form, setup=setup), status


@blueprint.route("/passkey", methods=["GET", "POST"])
@access("any")
def add_passkey() -> Response | str | tuple[str, int]:
    form = EnrolmentForm()
    status = 200
    if form.validate_on_submit():
        codes = new_recovery_codes()
        try:
            added = rpc.call(
                "auth.finish_passkey", sealed=("recovery_codes",), recovery_codes=codes, **form.passkey()
            )
            return _added(added, codes)
        except (Invalid, Conflict) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    offer = rpc.call("auth.begin_passkey")
    return render("account/factors_passkey.html", form=form, options=offer["options"]), status


@blueprint.route("/<code:factor_id>/remove", methods=["GET", "POST"])
@access("any")
def remove(factor_id: str) -> Response | tuple[str, int]:
    held = rpc.call("auth.list_factors")["items"]
    factor = next((one for one in held if one["id"] == factor_id), None)
    if factor is None:
        raise NotFound("factor.unknown")
    form = FlaskForm()
    status = 200
    if form.is_submitted():
        try:
            rpc.call("auth.remove_factor", factor_id=factor_id)
            flash(_("「%(name)s」を削除しました。", name=factor["name"]), "success")
            return redirect(url_for(".listing"), 303)
        except Conflict as error:
            status = refuse(form, error)
    return render("account/factors_remove.html", form=form, factor=factor), status


@blueprint.route("/recovery-codes", methods=["GET", "POST"])
@access("any")
def renew_codes() -> str:
    """New codes are shown in answer to the form alone; whoever comes back here sees the list."""
    if request.method != "POST":
        return _list()
    codes = new_recovery_codes()
    rpc.call("auth.new_recovery_codes", sealed=("recovery_codes",), recovery_codes=codes)
    return render("account/factors_codes.html", codes=codes)


def _added(added: dict[str, Any], codes: list[str]) -> Response | str:
    """The recovery codes, if they came with this factor; they are shown this once."""
    flash(_("「%(name)s」を登録しました。", name=added["factor"]["name"]), "success")
    if added["recovery_codes_kept"]:
        return render("account/factors_codes.html", codes=codes)
    return redirect(url_for(".listing"), 303)


def _totp_setup(shown: str | None) -> TotpSetup:
    """A new secret, or the one that the page has shown, so that nobody has to scan anew after a slip."""
    secret = shown or new_totp_secret()
    rpc.call("auth.begin_totp", sealed=("secret",), secret=secret, name=totp_name())
    return totp_setup(secret, own_account().login_id)


def _list() -> str:
    held = rpc.call("auth.list_factors")
    return render(
        "account/factors.html",
        factors=held["items"],
        recovery_codes_left=held["recovery_codes_left"],
        required=held["required"],
    )
