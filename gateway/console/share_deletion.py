"""シェア削除: a group ends with a month."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import HiddenField

from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.console.share_forms import MonthForm, group_of, id_of
from gateway.console.share_search import groups_page
from gateway.console.wizard import OrderForm, Wizard

blueprint = Blueprint("console_share_deletion", __name__, url_prefix="/console/shares/delete")


class DeleteForm(MonthForm):
    group_id = HiddenField()

    def wanted(self) -> dict[str, Any]:
        return {"group_id": id_of(self.group_id.data), **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.group_id.data = order.get("group_id")

    def prefill(self, given: Mapping[str, str]) -> None:
        self.group_id.data = id_of(given.get("group"))


@blueprint.get("")
@access("console")
def search() -> str:
    demand_order_role()
    return groups_page(_("シェア削除"), ".new")


def _more(form: OrderForm) -> Response | dict[str, Any]:
    group_id = id_of(form["group_id"].data)
    if group_id is None:
        return redirect(url_for(".search"), 303)
    return {"group": group_of(group_id)}


Wizard("SD", blueprint, DeleteForm, "console/share_delete", _more).register()
