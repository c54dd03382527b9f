"""シェア変更: who is in a group, and its name."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import HiddenField

from gateway import rpc
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.console.share_forms import NumbersForm, ShareWizard, group_of, id_of
from gateway.console.share_search import groups_page
from gateway.console.wizard import OrderForm

blueprint = Blueprint("console_share_change", __name__, url_prefix="/console/shares/change")


class ChangeForm(NumbersForm):
    group_id = HiddenField()

    def group(self) -> int | None:
        return id_of(self.group_id.data)

    def wanted(self) -> dict[str, Any]:
        return {"group_id": self.group(), **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.group_id.data = order.get("group_id")
        self.name.data = order.get("name") or (group_of(self.group())["name"] if self.group() else "")

    def prefill(self, given: Mapping[str, str]) -> None:
        group_id = id_of(given.get("group"))
        self.group_id.data = group_id
        if group_id is not None:
            self.name.data = group_of(group_id)["name"]
            self.numbers.data = " ".join(rpc.call("sim.shared_numbers", group_id=group_id)["numbers"])


@blueprint.get("")
@access("console")
def search() -> str:
    demand_order_role()
    return groups_page(_("シェア変更"), ".new")


def _more(form: OrderForm) -> Response | dict[str, Any]:
    assert isinstance(form, ChangeForm)
    group_id = form.group()
    if group_id is None:
        return redirect(url_for(".search"), 303)
    return {
        "upload": url_for(".upload", change=request.args.get("change")),
        "uploaded": form.uploaded,
        "group": group_of(group_id),
        "group_id": group_id,
    }


ShareWizard("SC", blueprint, ChangeForm, "console/share_change", _more).register()
