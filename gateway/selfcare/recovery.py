"""メールアドレス登録・変更: have the code mailed to another address, which it then makes the account's own."""

from flask import Blueprint, current_app, redirect, render_template, session, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired

from chassis.errors import Forbidden, Invalid, TooMany, Unauthenticated
from gateway import rpc
from gateway.auth import access, login_path, new_session_token, session_hash
from gateway.texts import message
from gateway.web.forms import refuse
from gateway.web.portals import PORTALS
from gateway.web.session import Waiting, follow_step, forget_step, is_over, origin, start_over, waiting

blueprint = Blueprint("selfcare_recovery", __name__, url_prefix="/selfcare/recovery")


class AddressForm(FlaskForm):
    email = StringField(_l("メールアドレス"), [DataRequired(_l("メールアドレスを入力してください。"))])
    email_again = StringField(
        _l("メールアドレス（確認用）"),
        [DataRequired(_l("確認のため、メールアドレスをもう一度入力してください。"))],
    )
    contact_phone = StringField(
        _l("連絡先電話番号"), [DataRequired(_l("連絡先電話番号を入力してください。"))]
    )


@blueprint.route("", methods=["GET", "POST"])
@access("public")
def show() -> Response | tuple[str, int]:
    """Open only between the two steps of a login: whoever is here has given ID and password."""
    login = waiting("selfcare", "code")
    if login is None:
        return redirect(login_path("selfcare"), 303)
    portal = PORTALS[session["portal"]]
    form = AddressForm()
    status = 200
    if form.validate_on_submit():
        try:
            return _send_code(login, form)
        except Forbidden:
            forget_step()
            return redirect(url_for(".inquiry"), 303)
        except (Unauthenticated, Invalid, TooMany) as error:
            if error.code == "recovery.mismatch":
                if portal.mismatch_page:
                    return redirect(url_for(".mismatch"), 303)
                form.contact_phone.errors = [portal.mismatch or message(error.code)]
                status = error.status
            elif is_over(error):
                return start_over("selfcare", error)
            else:
                status = refuse(form, error)
    elif form.errors:
        status = 422
    return render_template("selfcare/recovery.html", form=form, portal=portal), status


@blueprint.get("/mismatch")
@access("public")
def mismatch() -> Response | str:
    """That the phone number was wrong, where the portal tells it on a page of its own."""
    if waiting("selfcare", "code") is None:
        return redirect(login_path("selfcare"), 303)
    portal = PORTALS[session["portal"]]
    return render_template("selfcare/mismatch.html", portal=portal, detail=message("recovery.mismatch"))


@blueprint.get("/inquiry")
@access("public")
def inquiry() -> Response | str:
    """The end of the way here: what is left is the inquiry form of the operator."""
    portal = PORTALS.get(session.get("portal", ""))
    if portal is None:
        return redirect(login_path("selfcare"), 303)
    url = current_app.config["KAISEN"].inquiry_url
    return render_template(
        "selfcare/recovery_inquiry.html", portal=portal, detail=message("recovery.blocked"), inquiry_url=url
    )


def _send_code(login: Waiting, form: AddressForm) -> Response:
    email = (form.email.data or "").strip()
    if email != (form.email_again.data or "").strip():
        raise Invalid("email.confirmation", errors=[{"pointer": "email_again", "code": "email.confirmation"}])
    token = new_session_token()
    step = rpc.call(
        "auth.start_recovery",
        sealed=("attempt", "email", "contact_phone"),
        session_hash=session_hash(token),
        attempt=login.attempt,
        email=email,
        contact_phone=(form.contact_phone.data or "").strip(),
        **origin(),
    )
    response = follow_step(step, "selfcare", token)
    session["sent_to"] = masked(email)
    return response


def masked(email: str) -> str:
    """Enough of an address to tell a typing error in its domain, and no more: `t***@example.jp`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}***@{domain}"
