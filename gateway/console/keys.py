"""APIキー: the keys of the customer's own programs, for administrators."""

import secrets
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from chassis import clock
from chassis.errors import Invalid
from gateway import rpc
from gateway.auth import access, new_api_key, session_hash
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import DayField, refuse

blueprint = Blueprint("console_keys", __name__, url_prefix="/console/keys")

Answer = Response | tuple[str, int]

_DAYS = 90  # that the form proposes: a key that is forgotten ends by itself
_LONGEST_NAME = 60
_OPEN_FORMS = "key_forms"
_MOST_FORMS = 5  # open side by side in one browser


class KeyForm(FlaskForm):
    name = StringField(
        _l("名前"),
        [
            InputRequired(_l("名前を入力してください。")),
            Length(max=_LONGEST_NAME, message=_l("名前は60文字以内で入力してください。")),
        ],
        filters=[lambda text: (text or "").strip()],
    )
    role = RadioField(
        _l("権限"),
        choices=[(role, labels.ROLE[f"console_{role}"]) for role in ("viewer", "operator")],
        default="viewer",
    )
    expires_on = DayField(_l("有効期限"), [InputRequired(_l("有効期限を選んでください。"))])
    form_id = HiddenField()

    def wanted(self) -> dict[str, Any]:
        """The key as the service is asked for it."""
        assert self.expires_on.data is not None
        return {
            "name": self.name.data,
            "role": self.role.data,
            "expires_on": self.expires_on.data.isoformat(),
        }


class RevocationForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("console")
def listing() -> str:
    return render_template("console/keys.html", keys=rpc.call("auth.list_keys")["items"])


@blueprint.route("/new", methods=["GET", "POST"])
@access("console")
def new() -> Answer:
    """The form, and once it is sent the secret, which is on that page alone.

    A form makes one key, however often it is sent: reloading the page with the secret leads to the list.
    """
    known = rpc.call("auth.list_keys")
    form, status = KeyForm(), 200
    if form.validate_on_submit():
        if form.form_id.data not in session.get(_OPEN_FORMS, []):
            flash(_("このAPIキーは既に作成しました。キーの値は作成した画面でしか表示できません。"), "warning")
            return redirect(url_for(".listing"), 303)
        secret = new_api_key()
        try:
            key = rpc.call(
                "auth.create_key", key_hash=session_hash(secret), hint=secret[-4:], **form.wanted()
            )
            session[_OPEN_FORMS] = [one for one in session[_OPEN_FORMS] if one != form.form_id.data]
            return render_template("console/keys_created.html", key=key, secret=secret), 200
        except Invalid as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    else:
        form.form_id.data = secrets.token_urlsafe(8)
        session[_OPEN_FORMS] = [*session.get(_OPEN_FORMS, []), form.form_id.data][-_MOST_FORMS:]
        form.expires_on.data = min(clock.today() + timedelta(days=_DAYS), date.fromisoformat(known["latest"]))
    page = render_template(
        "console/keys_new.html", form=form, earliest=known["earliest"], latest=known["latest"]
    )
    return page, status


@blueprint.route("/<code:key_id>/revoke", methods=["GET", "POST"])
@access("console")
def revoke(key_id: str) -> Answer:
    """Ask once more, then revoke."""
    form = RevocationForm()
    if form.validate_on_submit():
        rpc.call("auth.revoke_key", key_id=key_id)
        flash(_("APIキーを失効させました。このキーを使った通信は、すぐに拒否されます。"), "success")
        return redirect(url_for(".listing"), 303)
    key = next((one for one in rpc.call("auth.list_keys")["items"] if one["id"] == key_id), None)
    if key is None or key["state"] != "active":
        flash(message("key.unknown"), "error")
        return redirect(url_for(".listing"), 303)
    return render_template("console/keys_revoke.html", key=key, form=form), 200
