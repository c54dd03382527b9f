"""Login to a self-care portal: ID and password first, then the code that was mailed."""

from datetime import timedelta

from flask import Blueprint, redirect, render_template, session
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from chassis import clock
from chassis.errors import Invalid, TooMany, Unauthenticated
from gateway import language, rpc
from gateway.auth import access, login_path, new_session_token, session_hash
from gateway.web.forms import refuse
from gateway.web.portals import PORTALS
from gateway.web.session import (
    Waiting,
    announce_expiry,
    follow_step,
    is_over,
    origin,
    start_over,
    waiting,
)

blueprint = Blueprint("selfcare_login", __name__, url_prefix="/selfcare")

_MINUTE = timedelta(minutes=1)


class LoginForm(FlaskForm):
    login_id = StringField(_l("セルフケアID"), [DataRequired(_l("セルフケアIDを入力してください。"))])
    password = PasswordField(
        _l("セルフケアパスワード"), [DataRequired(_l("セルフケアパスワードを入力してください。"))]
    )


class CodeForm(FlaskForm):
    code = StringField(_l("認証コード"), [DataRequired(_l("認証コードを入力してください。"))])


@blueprint.route("/<any(ip_phone, mobile_choice, free_voice):portal>/login", methods=["GET", "POST"])
@access("public")
def enter(portal: str) -> Response | tuple[str, int]:
    """Step one. A right pair leads to the code page, never straight inside."""
    session["portal"] = portal
    announce_expiry()
    form = LoginForm()
    status = 200
    if form.validate_on_submit():
        try:
            return _start(portal, form)
        except (Unauthenticated, Invalid, TooMany) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return render_template("selfcare/login.html", form=form, portal=PORTALS[portal]), status


@blueprint.route("/code", methods=["GET", "POST"])
@access("public")
def code() -> Response | tuple[str, int]:
    """Step two, open only after step one in this browser."""
    login = waiting("selfcare", "code")
    if login is None:
        return redirect(login_path("selfcare"), 303)
    form = CodeForm()
    status = 200
    if form.validate_on_submit():
        try:
            return _verify(login, form)
        except (Unauthenticated, Invalid) as error:
            if is_over(error):
                return start_over("selfcare", error)
            status = refuse(form, error, at="code")
    elif form.errors:
        status = 422
    page = render_template(
        "selfcare/code.html",
        form=form,
        portal=PORTALS[session["portal"]],
        ends_at=login.ends_at,
        minutes=_minutes_left(login),
        sent_to=session.get("sent_to"),
    )
    return page, status


def _start(portal: str, form: LoginForm) -> Response:
    token = new_session_token()
    step = rpc.call(
        "auth.start_login",
        sealed=("password",),
        portal=portal,
        login_id=(form.login_id.data or "").strip(),
        password=form.password.data,
        session_hash=session_hash(token),
        language=language.current(),
        **origin(),
    )
    return follow_step(step, "selfcare", token)


def _verify(login: Waiting, form: CodeForm) -> Response:
    token = new_session_token()
    step = rpc.call(
        "auth.verify_code",
        sealed=("attempt", "code"),
        attempt=login.attempt,
        code=(form.code.data or "").strip(),
        session_hash=session_hash(token),
        **origin(),
    )
    return follow_step(step, "selfcare", token)


def _minutes_left(login: Waiting) -> int:
    """Rounded up; 0 once the time is over."""
    return 0 if login.ends_at is None else max(0, -((clock.now() - login.ends_at) // _MINUTE))
