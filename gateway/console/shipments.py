"""新規出荷: new SIM cards."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from gateway import rpc
from gateway.console.delivery_form import DeliveryForm
from gateway.console.wizard import OrderForm, Wizard
from gateway.web import labels

blueprint = Blueprint("console_shipments", __name__, url_prefix="/console/shipments")


class QuantityField(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("数量を半角数字で入力してください。")) from None


class ShipmentForm(DeliveryForm):
    quantity = QuantityField(_l("数量"), [InputRequired(_l("数量を入力してください。"))])
    service_type = SelectField(
        _l("サービス種別"), choices=list(labels.SIM_SERVICE_TYPE.items()), validate_choice=False
    )
    plan = RadioField(
        _l("契約プラン"), [InputRequired(_l("契約プランを選んでください。"))], validate_choice=False
    )
    project_name = StringField(
        _l("案件名"),
        [
            DataRequired(_l("案件名を入力してください。")),
            Length(max=100, message=_l("案件名は100文字以内で入力してください。")),
        ],
    )

    def wanted(self) -> dict[str, Any]:
        own = {name: self[name].data for name in ("quantity", "service_type", "plan")}
        return {**super().wanted(), **own, "project_name": (self.project_name.data or "").strip()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        for name in ("quantity", "service_type", "plan", "project_name"):
            self[name].data = order.get(name)

    def prefill(self, given: Mapping[str, str]) -> None:
        self.quantity.data = 1
        self.fill_last(rpc.call("sim.last_delivery"))


def _more(form: OrderForm) -> dict[str, Any]:
    assert isinstance(form, ShipmentForm)
    choices = rpc.call("sim.order_choices", kind="NS")
    form.offer(choices)
    form.plan.choices = [(name, name) for name in choices["plans"]]
    return {}


Wizard("NS", blueprint, ShipmentForm, "console/shipment", _more).register()
