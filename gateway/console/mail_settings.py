"""依頼のメール通知: of which orders, and of what happens to them, the customer's people are told."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from gateway import rpc
from gateway.auth import access

blueprint = Blueprint("console_mail_settings", __name__, url_prefix="/console/mail-settings")


class MailSettingsForm(FlaskForm):
    """The token; what is ticked is read by name, `<kind>.<happening>`, for the service knows what there is."""


@blueprint.route("", methods=["GET", "POST"])
@access("console")
def edit() -> Response | str:
    mails = rpc.call("sim.get_mail_settings")["mails"]
    if MailSettingsForm().validate_on_submit():
        ticked = set(request.form.getlist("mail"))
        wanted = {
            kind: {each: f"{kind}.{each}" in ticked for each in switches} for kind, switches in mails.items()
        }
        rpc.call("sim.set_mail_settings", mails=wanted)
        flash(_("メール通知の設定を保存しました。"), "success")
        return redirect(url_for(".edit"), 303)
    return render_template("console/mail_settings.html", mails=mails)
