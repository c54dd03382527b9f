"""Login with a user name and a password, as the console and the staff pages have it."""

from flask import redirect, render_template
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from chassis.errors import Invalid, TooMany, Unauthenticated
from gateway import language, rpc
from gateway.auth import login_path, new_session_token, session_hash
from gateway.web.forms import refuse
from gateway.web.session import announce_expiry, follow_step, is_over, origin, start_over, waiting


class LoginForm(FlaskForm):
    login_id = StringField(_l("ログインID"), [DataRequired(_l("ログインIDを入力してください。"))])
    password = PasswordField(_l("パスワード"), [DataRequired(_l("パスワードを入力してください。"))])


class NewPasswordForm(FlaskForm):
    password = PasswordField(
        _l("新しいパスワード"), [DataRequired(_l("新しいパスワードを入力してください。"))]
    )
    again = PasswordField(
        _l("新しいパスワード（確認用）"), [DataRequired(_l("確認のため、もう一度入力してください。"))]
    )


def show(kind: str, template: str) -> Response | tuple[str, int]:
    """The login page of `kind` (console or staff), and what its form leads to."""
    announce_expiry()
    form = LoginForm()
    status = 200
    if form.validate_on_submit():
        token = new_session_token()
        try:
            step = rpc.call(
                "auth.start_login",
                sealed=("password",),
                portal=kind,
                login_id=(form.login_id.data or "").strip(),
                password=form.password.data,
                session_hash=session_hash(token),
                language=language.current(),
                **origin(),
            )
            return follow_step(step, kind, token)
        except (Unauthenticated, Invalid, TooMany) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return render_template(template, form=form), status


def choose_password(kind: str) -> Response | tuple[str, int]:
    """The page of the stage `password`: the only one on which an initial or expired password leads on."""
    login = waiting(kind, "password")
    if login is None:
        return redirect(login_path(kind), 303)
    form = NewPasswordForm()
    status = 200
    if form.validate_on_submit():
        try:
            return _choose(kind, login.attempt, form)
        except (Unauthenticated, Invalid) as error:
            if is_over(error):
                return start_over(kind, error)
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return render_template("signin/password.html", form=form, kind=kind, minimum=login.minimum), status


def _choose(kind: str, attempt: str, form: NewPasswordForm) -> Response:
    if form.password.data != form.again.data:
        raise Invalid("password.confirmation", errors=[{"pointer": "again", "code": "password.confirmation"}])
    token = new_session_token()
    step = rpc.call(
        "auth.set_password",
        sealed=("attempt", "password"),
        attempt=attempt,
        password=form.password.data,
        session_hash=session_hash(token),
        **origin(),
    )
    return follow_step(step, kind, token)
