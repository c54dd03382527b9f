"""依頼申込管理: the list of orders, one order in detail, and changing and cancelling it."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.auth import access
from gateway.console import wizard
from gateway.console.order_search import OrderSearchForm, asked
from gateway.console.roles import demand_order_role, may_order
from gateway.texts import message
from gateway.texts.order_list import COLUMNS
from gateway.web.forms import refuse
from gateway.web.paging import pager, position
from gateway.web.sorting import heads

blueprint = Blueprint("console_orders", __name__, url_prefix="/console/orders")

PAGE_SIZE = 50
_DEFAULT_SORT = "-accepted_at"
_SHIPMENT = "console_shipments.new"


class CancelForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("console")
def listing() -> tuple[str, int]:
    """What satisfies all conditions of the address; without any, what is unprocessed."""
    form = OrderSearchForm(request.args)
    conditions, status = form.conditions(), 200
    form.status.data = conditions["status"]
    here, sort = position(PAGE_SIZE), request.args.get("sort") or _DEFAULT_SORT
    answer = None
    try:
        answer = rpc.call(
            "sim.list_orders", cursor=here.cursor, limit=here.size, sort=sort, **asked(conditions)
        )
    except Invalid as error:
        status = refuse(form, error)
    kept = conditions | ({} if sort == _DEFAULT_SORT else {"sort": sort})

    def sorted_by(other: str) -> str:
        return url_for(".listing", **conditions, limit=here.size, sort=other)

    page = render_template(
        "console/orders.html",
        form=form,
        orders=answer["items"] if answer else None,
        columns=heads(COLUMNS, sort, ("customer",), sorted_by),
        pager=pager(here, answer, kept) if answer else None,
        page_size=here.size,
        sort=sort,
        file_search=asked(conditions) | {"sort": sort},
        shipment_url=url_for(_SHIPMENT) if may_order() and _SHIPMENT in current_app.view_functions else None,
    )
    return page, status


@blueprint.get("/<code:number>")
@access("console")
def detail(number: str) -> str:
    order = rpc.call("sim.get_order", number=number)
    here = position(PAGE_SIZE)
    if here.cursor is not None or here.size != PAGE_SIZE:
        items = rpc.call("sim.list_order_items", number=number, cursor=here.cursor, limit=here.size)
    else:
        items = {"total": order["items_total"], "items": order["items"]}
        items["next_cursor"] = order["items_next_cursor"]
    if "late" in request.args and not order["changeable"]:
        flash(message("order.not_changeable"), "error")
    return render_template(
        "console/order.html",
        order=order,
        items=items["items"],
        pager=pager(here, items, {}),
        page_size=here.size,
        may_order=may_order(),
        change_url=_change_url(order["kind"], number),
    )


@blueprint.get("/<code:number>/done")
@access("console")
def done(number: str) -> str:
    """Step three of every order: what was ordered, or changed."""
    order = rpc.call("sim.get_order", number=number)
    return render_template("console/order_done.html", order=order, changed="changed" in request.args)


@blueprint.get("/<code:number>/change")
@access("console")
def change(number: str) -> Response:
    """To step one of the order's kind, filled in with what was ordered; back if that can no longer be changed."""
    demand_order_role()
    order = rpc.call("sim.get_order", number=number)
    url = _change_url(order["kind"], number)
    if url is None or not order["changeable"]:
        flash(message("order.not_changeable"), "error")
        return _to_detail(number)
    return redirect(url, 303)


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


def _change_url(kind: str, number: str) -> str | None:
    endpoint = wizard.BY_KIND.get(kind)
    return url_for(endpoint, change=number) if endpoint else None


def _to_detail(number: str) -> Response:
    return redirect(url_for(".detail", number=number), 303)
