"""リチャージ of one SIM."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from gateway import rpc
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.console.sim_search import SimSearchForm, asked
from gateway.console.start_date import StartDateForm
from gateway.console.wizard import OrderForm, Wizard
from gateway.texts import message
from gateway.web.paging import pager, position

blueprint = Blueprint("console_recharges", __name__, url_prefix="/console/recharges")

PAGE_SIZE = 50
_SEARCHED = ("msisdn", "service_type", "plan")


@blueprint.get("")
@access("console")
def search() -> str:
    """The SIMs that can be recharged; each number leads to step one."""
    demand_order_role()
    form = SimSearchForm(request.args)
    conditions = {name: value for name, value in form.conditions().items() if name in _SEARCHED}
    here = position(PAGE_SIZE)
    answer = rpc.call(
        "sim.list_sims", cursor=here.cursor, limit=here.size, **asked(conditions), status="active"
    )
    form.offer(answer["plans"])
    return render_template(
        "console/recharge/search.html",
        form=form,
        sims=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
    )


class RechargeForm(StartDateForm):
    sim_serial = HiddenField()
    gigabytes = RadioField(
        _l("チャージ容量"),
        [InputRequired(_l("チャージ容量を選んでください。"))],
        coerce=int,
        validate_choice=False,  # the service knows what it sells
    )

    def wanted(self) -> dict[str, Any]:
        return {
            "sim_serial": self.sim_serial.data,
            "gigabytes": self.gigabytes.data,
            **super().wanted(),
        }

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.sim_serial.data = order.get("sim_serial")
        self.gigabytes.data = order.get("gigabytes")

    def prefill(self, given: Mapping[str, str]) -> None:
        super().prefill(given)
        self.sim_serial.data = given.get("sim", "")


def _more(form: OrderForm) -> Response | dict[str, Any]:
    """The SIM; back to it if it cannot be recharged now."""
    serial = form["sim_serial"].data or ""
    sim = rpc.call("sim.get_sim", sim_serial=serial)
    if sim["status"] != "active":
        flash(message("sim.not_rechargeable", {"status": sim["status"]}), "error")
        return redirect(url_for("console_sims.detail", sim_serial=serial), 303)
    return {"sim": sim}


Wizard("RC", blueprint, RechargeForm, "console/recharge", _more).register()
