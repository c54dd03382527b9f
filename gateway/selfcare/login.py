"""Login to a self-care portal: ID and password first, then the code that was mailed."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from chassis.errors import Invalid, KaisenError, TooMany, Unauthenticated
from gateway import language, rpc
from gateway.auth import access
from gateway.texts import message
from gateway.web.forms import refuse
from gateway.web.portals import PORTALS
from gateway.web.session import announce_expiry, log_in, origin

blueprint = Blueprint("selfcare_login", __name__, url_prefix="/selfcare")

_REFUSALS = (Unauthenticated, Invalid, TooMany)
# A code that can never work again; the only way on is a new login.
_DEAD = frozenset({"code.expired", "code.unusable"})


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
        except _REFUSALS as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return render_template("selfcare/login.html", form=form, portal=PORTALS[portal]), status


@blueprint.route("/code", methods=["GET", "POST"])
@access("public")
def code() -> Response | tuple[str, int]:
    """Step two, open only after step one in this browser."""
    portal, attempt = session.get("portal"), session.get("attempt")
    if portal not in PORTALS or not attempt:
        return redirect(url_for(".enter", portal=portal) if portal in PORTALS else url_for("entry.show"), 303)
    form = CodeForm()
    status = 200
    if form.validate_on_submit():
        try:
            response = log_in(
                "auth.verify_code",
                sealed=("code",),
                kind="selfcare",
                attempt=attempt,
                code=(form.code.data or "").strip(),
            )
            session.pop("attempt", None)
            return response
        except _REFUSALS as error:
            if error.code in _DEAD or error.details.get("tries_left") == 0:
                return _start_over(portal, error)
            status = refuse(form, error, at="code")
    elif form.errors:
        status = 422
    return render_template("selfcare/code.html", form=form, portal=PORTALS[portal]), status


def _start(portal: str, form: LoginForm) -> Response:
    answer = rpc.call(
        "auth.start_login",
        sealed=("password",),
        portal=portal,
        login_id=(form.login_id.data or "").strip(),
        password=form.password.data,
        session_hash=None,
        language=language.current(),
        **origin(),
    )
    session["attempt"] = answer["attempt"]
    return redirect(url_for(".code"), 303)


def _start_over(portal: str, error: KaisenError) -> Response:
    session.pop("attempt", None)
    if error.code in _DEAD:
        flash(message(error.code, error.details), "error")
    else:
        flash(
            _("認証コードの誤りが続いたため、ログインを中止しました。もう一度ログインしてください。"), "error"
        )
    return redirect(url_for(".enter", portal=portal), 303)
