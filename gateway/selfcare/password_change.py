"""IP加入電話パスワード変更 and 付加サービスパスワード変更: guidance, input page in another window, completion."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from gateway import rpc
from gateway.account import render
from gateway.auth import access
from gateway.web.forms import refuse

blueprint = Blueprint("selfcare_password_change", __name__, url_prefix="/selfcare/passwords")

_NUMBER = [DataRequired(_l("電話番号を入力してください。"))]
_CURRENT = [DataRequired(_l("現在のパスワードを入力してください。"))]
_NEW = [DataRequired(_l("新しいパスワードを入力してください。"))]
_AGAIN = [DataRequired(_l("確認のため、もう一度入力してください。"))]


class LinePasswordForm(FlaskForm):
    phone_number = StringField(_l("IP加入電話番号"), _NUMBER)
    current = PasswordField(_l("現IP加入電話パスワード"), _CURRENT)
    new = PasswordField(_l("新IP加入電話パスワード"), _NEW)
    again = PasswordField(_l("新IP加入電話パスワード（確認用）"), _AGAIN)


class AddonPasswordForm(FlaskForm):
    phone_number = StringField(_l("電話番号"), _NUMBER)
    current = PasswordField(_l("現付加サービスパスワード"), _CURRENT)
    new = PasswordField(_l("新付加サービスパスワード"), _NEW)
    again = PasswordField(_l("新付加サービスパスワード（確認用）"), _AGAIN)


@dataclass(frozen=True)
class Change:
    """`reflects`: the network takes it over at a time of its own, and the line is out of use until then."""

    code: str
    method: str
    title: Any
    section: Any
    form: type[FlaskForm]
    reflects: bool


CHANGES = {
    change.code: change
    for change in (
        Change(
            "line",
            "contracts.change_line_password",
            _l("IP加入電話パスワード変更"),
            _l("IP加入電話サービス情報"),
            LinePasswordForm,
            True,
        ),
        Change(
            "addon",
            "contracts.change_addon_password",
            _l("付加サービスパスワード変更"),
            _l("付加サービス情報"),
            AddonPasswordForm,
            False,
        ),
    )
}


@blueprint.get("/<any(line, addon):kind>")
@access("selfcare")
def guidance(kind: str) -> str:
    return _render("selfcare/password_guidance.html", kind, times=rpc.call("contracts.reflection_times"))


@blueprint.route("/<any(line, addon):kind>/form", methods=["GET", "POST"])
@access("selfcare")
def change(kind: str) -> Response | tuple[str, int]:
    form = CHANGES[kind].form()
    status = 200
    if form.validate_on_submit():
        try:
            return _change(kind, form)
        except (Conflict, Forbidden, Invalid, NotFound, TooMany) as error:
            if error.code == "proof.required":
                raise
            status = refuse(form, error)
    elif form.errors:
        status = 422
    else:
        rpc.call("contracts.demand_proof")  # before all is typed in, and lost on the way to the proof
    times = rpc.call("contracts.reflection_times")
    return _render("selfcare/password_form.html", kind, form=form, times=times), status


@blueprint.get("/<any(line, addon):kind>/<code:phone_number>/done")
@access("selfcare")
def done(kind: str, phone_number: str) -> str:
    state = rpc.call("contracts.get_password_change", phone_number=phone_number)
    return _render("selfcare/password_done.html", kind, phone_number=phone_number, state=state)


def _change(kind: str, form: Any) -> Response:
    number = form.phone_number.data.strip()
    if form.new.data != form.again.data:
        raise Invalid("line_password.confirmation")
    rpc.call(
        CHANGES[kind].method,
        sealed=("current", "new"),
        phone_number=number,
        current=form.current.data,
        new=form.new.data,
    )
    return redirect(url_for(".done", kind=kind, phone_number=number), 303)


def _render(template: str, kind: str, **values: Any) -> str:
    return render(template, change=CHANGES[kind], **values)
