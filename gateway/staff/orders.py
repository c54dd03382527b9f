"""依頼: orders of all customers, the troubled first, and what staff decide about items that have failed."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.auth import access
from gateway.staff.roles import demand_operations, may_operate
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_orders", __name__, url_prefix="/staff/orders")

PAGE_SIZE = 50
_LONGEST_NOTE = 500
_ANY = ("", _l("すべて"))
_TROUBLES = {"any": _l("要対応"), **{code: label.text for code, label in labels.ORDER_TROUBLE.items()}}

ACTIONS = {
    "retry": _l("再試行"),
    "done": _l("実施済みと記録"),
    "not_done": _l("未実施と記録"),
}


class DeskSearchForm(SearchForm):
    number = StringField(_l("依頼番号"))
    customer_code = StringField(_l("顧客番号"))
    msisdn = StringField(_l("電話番号"))
    serial = StringField(_l("SIM製造番号"))
    kind = SelectField(
        _l("依頼種別"), choices=[_ANY, *labels.ORDER_KIND.items()], default="", validate_choice=False
    )
    status = SelectField(
        _l("依頼ステータス"),
        choices=[_ANY, *((code, label.text) for code, label in labels.ORDER_STATUS.items())],
        default="",
        validate_choice=False,
    )
    trouble = SelectField(_l("対応"), choices=[_ANY, *_TROUBLES.items()], default="", validate_choice=False)

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {field.name: (field.data or "").strip()[:200] for field in self}
        for name, known in (
            ("kind", labels.ORDER_KIND),
            ("status", labels.ORDER_STATUS),
            ("trouble", _TROUBLES),
        ):
            if given[name] not in known:
                given[name] = ""
        return {name: value for name, value in given.items() if value}


class DecisionForm(FlaskForm):
    action = RadioField(
        _l("対応"),
        [InputRequired(_l("対応を選んでください。"))],
        choices=list(ACTIONS.items()),
        validate_choice=False,
    )
    note = TextAreaField(
        _l("理由"),
        [
            InputRequired(_l("理由を入力してください。")),
            Length(max=_LONGEST_NOTE, message=_l("理由は500文字以内で入力してください。")),
        ],
        filters=[lambda text: (text or "").strip()],
    )


@blueprint.get("")
@access("staff")
def listing() -> tuple[str, int]:
    form, status = DeskSearchForm(request.args), 200
    conditions, here = form.conditions(), position(PAGE_SIZE)
    answer = None
    try:
        answer = rpc.call("sim.list_all_orders", cursor=here.cursor, limit=here.size, **conditions)
    except Invalid as error:
        status = refuse(form, error)
    page = render_template(
        "staff/orders.html",
        form=form,
        orders=answer["items"] if answer else None,
        pager=pager(here, answer, conditions) if answer else None,
        page_size=here.size,
    )
    return page, status


@blueprint.route("/<code:number>", methods=["GET", "POST"])
@access("staff")
def detail(number: str) -> Response | tuple[str, int]:
    """The order. What is sent is a decision about failed items: those that are ticked, or else all of them."""
    if request.method == "GET":
        return _show(number, DecisionForm(formdata=None)), 200
    demand_operations()
    form, status = DecisionForm(), 422
    if form.action.data not in ACTIONS:
        form.action.data = None
    if form.validate_on_submit() and form.action.data:
        try:
            done = _carry_out(
                number, form.action.data, form.note.data, request.form.getlist("item", type=int)
            )
            flash(_decided(form.action.data, done["items"]), "success")
            return redirect(url_for(".detail", number=number), 303)
        except Invalid as error:
            status = refuse(form, error)
        except Conflict as error:
            flash(message(error.code, error.details), "error")
            return redirect(url_for(".detail", number=number), 303)
    return _show(number, form), status


def _carry_out(number: str, action: str, note: str, items: list[int]) -> dict[str, Any]:
    asked: dict[str, Any] = {"number": number, "note": note, "items": items or None}
    answer: dict[str, Any] = (
        rpc.call("sim.retry_order", **asked)
        if action == "retry"
        else rpc.call("sim.resolve_order", outcome=action, **asked)
    )
    return answer


def _decided(action: str, count: int) -> str:
    if action == "retry":
        return _("%(count)s件をもう一度実行します。結果は、この画面でご確認ください。", count=count)
    if action == "done":
        return _("%(count)s件を実施済みとして記録しました。", count=count)
    return _("%(count)s件を未実施として記録しました。", count=count)


def _show(number: str, form: DecisionForm) -> str:
    order = rpc.call("sim.get_any_order", number=number)
    here = position(PAGE_SIZE)
    only_failed = request.args.get("state") == "failed"
    items = rpc.call(
        "sim.list_any_order_items",
        number=number,
        state="failed" if only_failed else None,
        cursor=here.cursor,
        limit=here.size,
    )
    if only_failed:
        items["total"] = order["items_failed"]
    return render_template(
        "staff/order.html",
        order=order,
        items=items["items"],
        pager=pager(here, items, {"state": "failed"} if only_failed else {}),
        page_size=here.size,
        only_failed=only_failed,
        form=form,
        may_decide=may_operate() and order["undecided"],
    )
