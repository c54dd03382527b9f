"""依頼申込管理: the list of orders, one order in detail, and cancelling it."""

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
from gateway.console.roles import demand_order_role, may_order
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import SearchForm
from gateway.web.paging import pager, position

blueprint = Blueprint("console_orders", __name__, url_prefix="/console/orders")

PAGE_SIZE = 50
_ALL = "all"


class OrderSearchForm(SearchForm):
    number = StringField(_l("依頼番号"))
    kind = SelectField(
        _l("依頼種別"),
        choices=[("", _l("すべて")), *labels.ORDER_KIND.items()],
        default="",
        validate_choice=False,
    )
    status = SelectField(
        _l("依頼ステータス"),
        choices=[*((code, label.text) for code, label in labels.ORDER_STATUS.items()), (_ALL, _l("すべて"))],
        default="pending",
        validate_choice=False,
    )

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address names them; the list begins with what is unprocessed."""
        given = {
            "number": (self.number.data or "").strip(),
            "kind": self.kind.data if self.kind.data in labels.ORDER_KIND else "",
            "status": self.status.data if self.status.data in (*labels.ORDER_STATUS, _ALL) else "pending",
        }
        return {name: value for name, value in given.items() if value}


class CancelForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("console")
def listing() -> str:
    form = OrderSearchForm(request.args)
    conditions = form.conditions()
    form.status.data = conditions["status"]
    here = position(PAGE_SIZE)
    wanted = conditions | {"status": None if conditions["status"] == _ALL else conditions["status"]}
    answer = rpc.call("sim.list_orders", cursor=here.cursor, limit=here.size, **wanted)
    return render_template(
        "console/orders.html",
        form=form,
        orders=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
    )


@blueprint.get("/<code:number>")
@access("console")
def detail(number: str) -> str:
    order = rpc.call("sim.get_order", number=number)
    return render_template("console/order.html", order=order, may_order=may_order())


@blueprint.route("/<code:number>/cancel", methods=["GET", "POST"])
@access("console")
def cancel(number: str) -> Response | str:
    """Ask once more, then cancel. An order that can no longer be cancelled leads back to what became of it."""
    demand_order_role()
    form = CancelForm()
    if form.validate_on_submit():
        try:
            rpc.call("sim.cancel_order", number=number)
            flash(_("依頼を取り消しました。"), "success")
        except Conflict as error:
            flash(message(error.code, error.details), "error")
        return _to_detail(number)
    order = rpc.call("sim.get_order", number=number)
    if not order["cancellable"]:
        flash(message("order.not_cancellable"), "error")
        return _to_detail(number)
    return render_template("console/cancel.html", order=order, form=form)


def _to_detail(number: str) -> Response:
    return redirect(url_for(".detail", number=number), 303)
