"""SIM再発行 as an eSIM."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, ValidationError

from gateway import rpc
from gateway.console.wizard import OrderForm, Wizard
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import DayField

blueprint = Blueprint("console_esim_reissues", __name__, url_prefix="/console/reissues/esim")


class EsimReissueForm(OrderForm):
    sim_serial = HiddenField()
    eid = StringField(_l("端末のEID"))
    contact_name = StringField(_l("出荷依頼担当者名"))
    contact_mail = StringField(_l("担当者メールアドレス"))
    dated = RadioField(
        _l("納品日の指定"),
        choices=[("no", _l("指定しない")), ("yes", _l("指定する"))],
        default="no",
        validate_choice=False,
    )
    delivery_date = DayField(_l("納品日"))
    reason = RadioField(
        _l("再発行理由"),
        [InputRequired(_l("再発行理由を選んでください。"))],
        choices=list(labels.REISSUE_REASON.items()),
        validate_choice=False,
    )

    def validate_delivery_date(self, field: DayField) -> None:
        if self.dated.data == "yes" and field.data is None and not field.errors:
            raise ValidationError(_("納品日を選んでください。"))

    def wanted(self) -> dict[str, Any]:
        day = self.delivery_date.data if self.dated.data == "yes" else None
        return {
            "sim_serial": self.sim_serial.data,
            "sim_type": "esim",
            "eid": self.eid.data or "",
            "contact_name": self.contact_name.data or "",
            "contact_mail": self.contact_mail.data or "",
            "delivery_date": day and day.isoformat(),
            "reason": self.reason.data,
        }

    def fill(self, order: Mapping[str, Any]) -> None:
        for name in ("sim_serial", "eid", "contact_name", "contact_mail", "reason"):
            self[name].data = order.get(name)
        day = order.get("delivery_date")
        self.dated.data = "yes" if day else "no"
        self.delivery_date.data = date.fromisoformat(day) if day else None

    def prefill(self, given: Mapping[str, str]) -> None:
        last = rpc.call("sim.last_delivery", sim_serial=given.get("sim", ""))
        self.fill({name: last.get(name) for name in ("contact_name", "contact_mail")})
        self.sim_serial.data = given.get("sim", "")


def _more(form: OrderForm) -> Response | dict[str, Any]:
    """The SIM; back to it if it cannot become an eSIM now."""
    sim = rpc.call("sim.get_sim", sim_serial=form["sim_serial"].data or "")
    offered = rpc.call("sim.order_choices", kind="SR")["esim"]["service_types"]
    if sim["service_type"] not in offered:
        flash(message("esim.not_offered"), "error")
    elif sim["status"] != "active" and "change" not in request.args:
        flash(message("sim.not_reissuable", {"status": sim["status"]}), "error")
    else:
        return {"sim": sim}
    return redirect(url_for("console_sims.detail", sim_serial=sim["sim_serial"]), 303)


Wizard("SR", blueprint, EsimReissueForm, "console/esim_reissue", _more, leads=False).register()
