"""出荷: the orders for SIM cards, from the hand-over to the arrival."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField

from chassis import clock
from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.auth import access
from gateway.staff.roles import demand_operations
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import DayField, SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_shipments", __name__, url_prefix="/staff/shipments")

PAGE_SIZE = 50
_ALL = "all"
_STATES = ("waiting", "failed", "in_transit", "arrived")


class ShipmentSearchForm(SearchForm):
    state = SelectField(
        _l("状態"),
        choices=[*((code, labels.SHIPMENT_STATE[code].text) for code in _STATES), (_ALL, _l("すべて"))],
        default="waiting",
        validate_choice=False,
    )
    kind = SelectField(
        _l("依頼種別"),
        choices=[("", _l("すべて")), *((code, labels.ORDER_KIND[code]) for code in ("SR", "NS"))],
        default="",
        validate_choice=False,
    )
    customer_code = StringField(_l("お客様コード"))
    number = StringField(_l("依頼番号"))

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address names them; the list begins with what is to be done."""
        given = {
            "state": self.state.data if self.state.data in (*_STATES, _ALL) else "waiting",
            "kind": self.kind.data if self.kind.data in ("SR", "NS") else "",
            "customer_code": (self.customer_code.data or "").strip(),
            "number": (self.number.data or "").strip(),
        }
        return {name: value for name, value in given.items() if value}


class HandOverForm(FlaskForm):
    cards = TextAreaField(_l("カード"))
    carrier_name = StringField(_l("配送会社名"))
    tracking_number = StringField(_l("お問い合わせ番号"))

    def given_cards(self) -> list[dict[str, Any]] | None:
        """The cards, one a line, each by its serial and after it the number of a new line; None: any."""
        cards = []
        for line in (self.cards.data or "").splitlines():
            match line.replace(",", " ").replace("-", "").split():
                case []:
                    continue
                case [serial]:
                    cards.append({"sim_serial": serial})
                case [serial, number]:
                    cards.append({"sim_serial": serial, "msisdn": number})
                case _:
                    raise Invalid("stock.rows")
        return cards or None


class ArrivalForm(FlaskForm):
    arrived_on = DayField(_l("到着日"))


@blueprint.get("")
@access("staff")
def listing() -> str:
    demand_operations()
    form = ShipmentSearchForm(request.args)
    conditions = form.conditions()
    form.state.data = conditions["state"]
    here = position(PAGE_SIZE)
    wanted = conditions | {"state": None if conditions["state"] == _ALL else conditions["state"]}
    answer = rpc.call("sim.list_shipments", cursor=here.cursor, limit=here.size, **wanted)
    return render_template(
        "staff/shipments.html",
        form=form,
        shipments=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
    )


@blueprint.get("/<code:number>")
@access("staff")
def detail(number: str) -> str:
    demand_operations()
    form = ArrivalForm(formdata=None)
    form.arrived_on.data = clock.today()
    return _show(number, form)


@blueprint.route("/<code:number>/hand-over", methods=["GET", "POST"])
@access("staff")
def hand_over(number: str) -> Response | tuple[str, int]:
    """The order with the choice of cards; they are chosen only, or handed over as well."""
    demand_operations()
    form, status = HandOverForm(), 200
    if form.validate_on_submit():
        try:
            if request.form.get("do") == "prepare":
                rpc.call("sim.prepare_shipment", number=number, cards=form.given_cards())
                flash(_("カードを引き当てました。"), "success")
            else:
                rpc.call(
                    "sim.hand_over_shipment",
                    number=number,
                    cards=form.given_cards(),
                    carrier_name=form.carrier_name.data or "",
                    tracking_number=form.tracking_number.data or "",
                )
                flash(_("出荷に引き渡しました。新しいSIMへの切り替えを始めます。"), "success")
            return redirect(url_for(".detail", number=number), 303)
        except (Conflict, Invalid) as error:
            if error.code == "shipment.not_open":
                flash(message(error.code, error.details), "error")
                return redirect(url_for(".detail", number=number), 303)
            item = error.details.get("item")
            status = refuse(form, error, None if error.code == "shipment.parcel" else "cards")
            if item is not None and form.cards.errors:
                form.cards.errors = [_("%(item)s枚目：", item=item) + str(form.cards.errors[-1])]
    elif form.errors:
        status = 422
    shipment = rpc.call("sim.get_shipment", number=number)
    if shipment["state"] not in ("waiting", "failed"):
        flash(message("shipment.not_open"), "error")
        return redirect(url_for(".detail", number=number), 303)
    return render_template("staff/shipment_hand_over.html", shipment=shipment, form=form), status


@blueprint.post("/<code:number>/arrival")
@access("staff")
def arrival(number: str) -> Response | tuple[str, int]:
    demand_operations()
    form = ArrivalForm()
    if form.validate_on_submit() and form.arrived_on.data:
        try:
            rpc.call("sim.record_arrival", number=number, arrived_on=form.arrived_on.data.isoformat())
            flash(_("到着を登録しました。"), "success")
            return redirect(url_for(".detail", number=number), 303)
        except Conflict as error:
            flash(message(error.code, error.details), "error")
            return redirect(url_for(".detail", number=number), 303)
        except Invalid as error:
            return _show(number, form), refuse(form, error)
    if not form.errors:
        form.arrived_on.errors = [_("到着日を入力してください。")]
    return _show(number, form), 422


def _show(number: str, form: ArrivalForm) -> str:
    shipment = rpc.call("sim.get_shipment", number=number)
    return render_template("staff/shipment.html", shipment=shipment, form=form, today=clock.today())
