"""リチャージ(大規模シェア): data for a share group as a whole."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.console.share_forms import group_of, id_of
from gateway.console.share_search import groups_page
from gateway.console.start_date import StartDateForm
from gateway.console.wizard import OrderForm, Wizard

blueprint = Blueprint("console_group_recharges", __name__, url_prefix="/console/group-recharges")


class GroupRechargeForm(StartDateForm):
    group_id = HiddenField()
    gigabytes = RadioField(
        _l("チャージ容量"),
        [InputRequired(_l("チャージ容量を選んでください。"))],
        coerce=int,
        validate_choice=False,  # the service knows what it sells
    )

    @property
    def group(self) -> int | None:
        return id_of(self.group_id.data)

    def wanted(self) -> dict[str, Any]:
        return {"group_id": self.group, "gigabytes": self.gigabytes.data, **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.group_id.data = order.get("group_id")
        self.gigabytes.data = order.get("gigabytes")

    def prefill(self, given: Mapping[str, str]) -> None:
        super().prefill(given)
        self.group_id.data = given.get("group")


@blueprint.get("")
@access("console")
def search() -> str:
    demand_order_role()
    return groups_page(_("リチャージ（大規模シェア）"), ".new", with_usage=True)


def _more(form: OrderForm) -> Response | dict[str, Any]:
    assert isinstance(form, GroupRechargeForm)
    if form.group is None:
        return redirect(url_for(".search"), 303)
    return {"group": group_of(form.group)}


Wizard("GR", blueprint, GroupRechargeForm, "console/group_recharge", _more).register()
