"""Change of the own password."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import DataRequired

from chassis.errors import Invalid
from gateway import rpc
from gateway.account import render
from gateway.auth import access
from gateway.web.forms import refuse

blueprint = Blueprint("account_password", __name__, url_prefix="/account")


class PasswordForm(FlaskForm):
    current = PasswordField(
        _l("現在のパスワード"), [DataRequired(_l("現在のパスワードを入力してください。"))]
    )
    new = PasswordField(_l("新しいパスワード"), [DataRequired(_l("新しいパスワードを入力してください。"))])
    again = PasswordField(
        _l("新しいパスワード（確認用）"), [DataRequired(_l("確認のため、もう一度入力してください。"))]
    )


@blueprint.route("/password", methods=["GET", "POST"])
@access("any")
def change() -> Response | tuple[str, int]:
    form = PasswordForm()
    status = 200
    if form.validate_on_submit():
        try:
            return _change(form)
        except Invalid as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return render("account/password.html", form=form, rules=rpc.call("auth.password_rules")), status


def _change(form: PasswordForm) -> Response:
    if form.new.data != form.again.data:
        raise Invalid("password.confirmation", errors=[{"pointer": "again", "code": "password.confirmation"}])
    rpc.call("auth.change_password", sealed=("current", "new"), current=form.current.data, new=form.new.data)
    flash(_("パスワードを変更しました。ほかの端末でのログインは、すべて終了しました。"), "success")
    return redirect(url_for(".change"), 303)
