"""The second factor in a login to the console or the staff pages: proving one, and setting up the first one."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template
from werkzeug.wrappers import Response

from chassis.errors import Conflict, Invalid, NotFound, Unauthenticated
from gateway import rpc
from gateway.auth import access, login_path, new_session_token, session_hash, set_session_cookie
from gateway.web.enrolment import (
    EnrolmentForm,
    TotpSetup,
    new_recovery_codes,
    new_totp_secret,
    totp_name,
    totp_setup,
)
from gateway.web.factor_form import SEALED, FactorForm
from gateway.web.forms import refuse
from gateway.web.session import follow_step, home, is_over, origin, start_over, waiting

blueprint = Blueprint("second_step", __name__, url_prefix="/<any(console, staff):kind>/login")


@blueprint.route("/factor", methods=["GET", "POST"])
@access("public")
def prove(kind: str) -> Response | tuple[str, int]:
    """The page of the stage `factor`."""
    login = waiting(kind, "factor")
    if login is None:
        return redirect(login_path(kind), 303)
    form = FactorForm()
    status = 200
    try:
        if form.validate_on_submit():
            try:
                return _prove(kind, login.attempt, form)
            except (Unauthenticated, Invalid) as error:
                if is_over(error):
                    raise
                status = form.refuse(error)
        options = None
        if "passkey" in login.factors:
            asked = rpc.call("auth.challenge_factor", sealed=("attempt",), attempt=login.attempt)
            options = asked["options"]
    except (Unauthenticated, Invalid) as error:
        if not is_over(error):
            raise
        return start_over(kind, error)
    page = render_template("signin/factor.html", form=form, kind=kind, factors=login.factors, options=options)
    return page, status


@blueprint.route("/enrol", methods=["GET", "POST"])
@access("public")
def enrol(kind: str) -> Response | tuple[str, int]:
    """The page of the stage `enrol`, which ends with the recovery codes, shown this once."""
    login = waiting(kind, "enrol")
    if login is None:
        return redirect(login_path(kind), 303)
    form = EnrolmentForm()
    status = 200
    try:
        if form.validate_on_submit():
            try:
                return _enrol(kind, login.attempt, form)
            except (Invalid, Conflict, NotFound) as error:
                status = refuse(form, error)
        elif form.errors:
            status = 422
        setup = _totp_setup(login.attempt, form.shown_secret())
        offer = rpc.call("auth.enrol_passkey", sealed=("attempt",), attempt=login.attempt)
    except Unauthenticated as error:
        return start_over(kind, error)
    page = render_template("signin/enrol.html", form=form, kind=kind, setup=setup, options=offer["options"])
    return page, status


def _prove(kind: str, attempt: str, form: FactorForm) -> Response:
    token = new_session_token()
    step = rpc.call(
        "auth.verify_factor",
        sealed=("attempt", *SEALED),
        attempt=attempt,
        session_hash=session_hash(token),
        **form.offered(),
        **origin(),
    )
    return follow_step(step, kind, token)


def _enrol(kind: str, attempt: str, form: EnrolmentForm) -> Response:
    codes = new_recovery_codes()
    token = new_session_token()
    common = {"attempt": attempt, "recovery_codes": codes, "session_hash": session_hash(token), **origin()}
    if form.brings_passkey():
        sealed: tuple[str, ...] = ("attempt", "recovery_codes")
        step = rpc.call("auth.finish_enrolled_passkey", sealed=sealed, **form.passkey(), **common)
    else:
        sealed = ("attempt", "code", "recovery_codes")
        code = (form.code.data or "").strip()
        step = rpc.call("auth.confirm_enrolled_totp", sealed=sealed, code=code, **common)
    follow_step(step, kind, token)
    page = render_template("signin/recovery_codes.html", kind=kind, codes=codes, next_url=home(kind))
    response = make_response(page)
    set_session_cookie(response, token)
    return response


def _totp_setup(attempt: str, shown: str | None) -> TotpSetup:
    """A new secret, or the one that the page has shown, so that nobody has to scan anew after a slip."""
    secret = shown or new_totp_secret()
    known: dict[str, Any] = rpc.call(
        "auth.enrol_totp", sealed=("attempt", "secret"), attempt=attempt, secret=secret, name=totp_name()
    )
    return totp_setup(secret, known["login_id"])
