"""シェア登録: a new group of numbers that share their data."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from gateway import rpc
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.console.share_forms import NumbersForm, ShareWizard
from gateway.console.wizard import OrderForm

blueprint = Blueprint("console_share_registration", __name__, url_prefix="/console/shares/register")


class RegisterForm(NumbersForm):
    def group(self) -> int | None:
        """That of the order which is being changed."""
        number = request.args.get("change")
        return rpc.call("sim.get_order", number=number)["group_id"] if number else None


@blueprint.get("")
@access("console")
def begin() -> Response:
    demand_order_role()
    return redirect(url_for(".new"), 303)


def _more(form: OrderForm) -> dict[str, Any]:
    assert isinstance(form, RegisterForm)
    return {
        "upload": url_for(".upload", change=request.args.get("change")),
        "uploaded": form.uploaded,
        "group_id": form.group(),
    }


ShareWizard("SG", blueprint, RegisterForm, "console/share_register", _more).register()
