"""SIM在庫: the cards and eSIM profiles that no customer has yet."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from chassis.errors import Conflict
from gateway import rpc
from gateway.auth import access
from gateway.staff.roles import demand_operations
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import SearchForm
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_stock", __name__, url_prefix="/staff/stock")

PAGE_SIZE = 50


class StockSearchForm(SearchForm):
    serial = StringField(_l("SIM製造番号（先頭から）"))
    sim_type = SelectField(
        _l("SIM種別"),
        choices=[("", _l("すべて")), *labels.SIM_TYPE.items()],
        default="",
        validate_choice=False,
    )
    state = SelectField(
        _l("状態"),
        choices=[("", _l("すべて")), *((code, label.text) for code, label in labels.STOCK_STATE.items())],
        default="",
        validate_choice=False,
    )

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {
            "serial": (self.serial.data or "").strip(),
            "sim_type": self.sim_type.data if self.sim_type.data in labels.SIM_TYPE else "",
            "state": self.state.data if self.state.data in labels.STOCK_STATE else "",
        }
        return {name: value for name, value in given.items() if value}


class RetireForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("staff")
def listing() -> str:
    demand_operations()
    form = StockSearchForm(request.args)
    here = position(PAGE_SIZE)
    answer = rpc.call("sim.list_stock", cursor=here.cursor, limit=here.size, **form.conditions())
    return render_template(
        "staff/stock.html",
        form=form,
        counts=answer["counts"],
        stock=answer["items"],
        pager=pager(here, answer, form.conditions()),
        page_size=here.size,
    )


@blueprint.route("/<code:sim_serial>/retire", methods=["GET", "POST"])
@access("staff")
def retire(sim_serial: str) -> Response | str:
    """Ask once more, then take it out."""
    demand_operations()
    form = RetireForm()
    if not form.validate_on_submit():
        return render_template("staff/stock_retire.html", sim_serial=sim_serial)
    try:
        rpc.call("sim.retire_stock", sim_serial=sim_serial)
        flash(_("%(serial)sを在庫から外しました。", serial=sim_serial), "success")
    except Conflict as error:
        flash(message(error.code, error.details), "error")
    return redirect(url_for(".listing"), 303)
