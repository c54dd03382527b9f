"""SIM再発行 on a card; the page of eSIMs is gateway/console/esim_reissues.py."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from gateway import rpc
from gateway.auth import access
from gateway.console.delivery_form import DeliveryForm
from gateway.console.roles import demand_order_role
from gateway.console.sim_search import SimSearchForm, asked
from gateway.console.wizard import OrderForm, Wizard
from gateway.texts import message
from gateway.web import labels
from gateway.web.paging import pager, position

blueprint = Blueprint("console_reissues", __name__, url_prefix="/console/reissues")

PAGE_SIZE = 50


class ReissueForm(DeliveryForm):
    sim_serial = HiddenField()
    sim_type = HiddenField(default="card")
    reason = RadioField(
        _l("再発行理由"),
        [InputRequired(_l("再発行理由を選んでください。"))],
        choices=list(labels.REISSUE_REASON.items()),
        validate_choice=False,
    )

    def wanted(self) -> dict[str, Any]:
        return {
            **super().wanted(),
            "sim_serial": self.sim_serial.data,
            "sim_type": "card",
            "reason": self.reason.data,
        }

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        for name in ("sim_serial", "sim_type", "reason"):
            self[name].data = order.get(name)

    def prefill(self, given: Mapping[str, str]) -> None:
        self.sim_serial.data = given.get("sim", "")
        self.fill_last(rpc.call("sim.last_delivery", sim_serial=self.sim_serial.data))


@blueprint.get("")
@access("console")
def select() -> str:
    """The SIMs that can be reissued."""
    demand_order_role()
    form = SimSearchForm(request.args)
    conditions = {name: value for name, value in form.conditions().items() if name != "status"}
    here = position(PAGE_SIZE)
    answer = rpc.call(
        "sim.list_sims", cursor=here.cursor, limit=here.size, status="active", **asked(conditions)
    )
    form.offer(answer["plans"])
    return render_template(
        "console/reissue/select.html",
        form=form,
        sims=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
    )


def _more(form: OrderForm) -> Response | dict[str, Any]:
    """The SIM; back to it if it cannot be reissued now. An order for an eSIM is changed on its own page."""
    assert isinstance(form, ReissueForm)
    change = request.args.get("change")
    if form.sim_type.data == "esim":
        return redirect(url_for("console_esim_reissues.new", change=change), 303)
    sim = rpc.call("sim.get_sim", sim_serial=form.sim_serial.data or "")
    if sim["status"] != "active" and not change:
        flash(message("sim.not_reissuable", {"status": sim["status"]}), "error")
        return redirect(url_for("console_sims.detail", sim_serial=sim["sim_serial"]), 303)
    choices = rpc.call("sim.order_choices", kind="SR")
    form.offer(choices["card"])
    form.sim_size.data = form.sim_size.data or sim["sim_size"]
    return {"sim": sim, "offers_esim": sim["service_type"] in choices["esim"]["service_types"]}


Wizard("SR", blueprint, ReissueForm, "console/reissue", _more).register()
