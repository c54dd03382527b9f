"""SIM管理: the list of SIMs with their state and data use, and one SIM in detail."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from gateway import rpc
from gateway.auth import access
from gateway.console.roles import may_order
from gateway.web import labels
from gateway.web.forms import SearchForm
from gateway.web.paging import pager, position

blueprint = Blueprint("console_sims", __name__, url_prefix="/console/sims")

PAGE_SIZE = 50


class SimSearchForm(SearchForm):
    serial = StringField(_l("SIM製造番号"))
    msisdn = StringField(_l("電話番号"))
    status = SelectField(
        _l("ステータス"),
        choices=[("", _l("すべて")), *((code, label.text) for code, label in labels.SIM_STATUS.items())],
        default="",
        validate_choice=False,
    )

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {
            "serial": (self.serial.data or "").strip(),
            "msisdn": (self.msisdn.data or "").strip().replace("-", ""),  # people copy them hyphenated
            "status": self.status.data if self.status.data in labels.SIM_STATUS else "",
        }
        return {name: value for name, value in given.items() if value}


@blueprint.get("")
@access("console")
def listing() -> str:
    form = SimSearchForm(request.args)
    here = position(PAGE_SIZE)
    answer = rpc.call("sim.list_sims", cursor=here.cursor, limit=here.size, **form.conditions())
    return render_template(
        "console/sims.html",
        form=form,
        sims=answer["items"],
        pager=pager(here, answer, form.conditions()),
        page_size=here.size,
        has_trouble=any(sim["status"] == "error" for sim in answer["items"]),
    )


@blueprint.get("/<code:sim_serial>")
@access("console")
def detail(sim_serial: str) -> str:
    sim = rpc.call("sim.get_sim", sim_serial=sim_serial)
    return render_template("console/sim.html", sim=sim, may_order=may_order())
