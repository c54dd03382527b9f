"""The activation code of an eSIM that was ordered in place of a SIM, shown on demand."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chassis.errors import Conflict, NotFound
from gateway import rpc
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.texts import message
from gateway.web.qr import qr_code

blueprint = Blueprint("console_activations", __name__, url_prefix="/console/orders")


@blueprint.route("/<code:number>/activation", methods=["GET", "POST"])
@access("console")
def show(number: str) -> Response | str:
    """The code stands in the answer to a POST alone: asking for the page again shows it no more."""
    demand_order_role()
    order = rpc.call("sim.get_order", number=number)
    if order["terms"].get("sim_type") != "esim":
        raise NotFound("activation.none")
    shown: dict[str, Any] = {}
    if request.method == "POST":
        try:
            shown = rpc.call_sealed("sim.show_activation", number=number)
        except Conflict as error:
            flash(message(error.code, error.details), "error")
            return redirect(url_for(".show", number=number), 303)
    image = qr_code(shown["activation_code"]) if shown else None
    return render_template("console/activation.html", order=order, shown=shown, image=image)
