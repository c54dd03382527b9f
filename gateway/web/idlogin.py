"""Login with a user name and a password alone, as the console and the staff pages have it."""

from flask import render_template
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from chassis.errors import Invalid, TooMany, Unauthenticated
from gateway import language
from gateway.web.forms import refuse
from gateway.web.session import announce_expiry, log_in


class LoginForm(FlaskForm):
    login_id = StringField(_l("ログインID"), [DataRequired(_l("ログインIDを入力してください。"))])
    password = PasswordField(_l("パスワード"), [DataRequired(_l("パスワードを入力してください。"))])


def show(kind: str, template: str) -> Response | tuple[str, int]:
    """The login page of `kind` (console or staff), and what its form leads to."""
    announce_expiry()
    form = LoginForm()
    status = 200
    if form.validate_on_submit():
        try:
            return log_in(
                "auth.start_login",
                sealed=("password",),
                kind=kind,
                portal=kind,
                login_id=(form.login_id.data or "").strip(),
                password=form.password.data,
                language=language.current(),
            )
        except (Unauthenticated, Invalid, TooMany) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return render_template(template, form=form), status
