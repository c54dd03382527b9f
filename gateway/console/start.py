"""The console's start page: how the SIMs stand, what is still open, what this month costs."""

from flask import Blueprint, render_template

from chassis import clock
from gateway import rpc
from gateway.auth import access
from gateway.web import labels

blueprint = Blueprint("console_start", __name__, url_prefix="/console")

_SHOWN_ORDERS = 5


@blueprint.get("/")
@access("console")
def show() -> str:
    month = clock.today().replace(day=1)
    sims = {
        status: rpc.call("sim.list_sims", status=status, limit=1)["total"] for status in labels.SIM_STATUS
    }
    orders = {
        status: rpc.call("sim.list_orders", status=status, limit=_SHOWN_ORDERS)
        for status in ("pending", "in_progress")
    }
    return render_template(
        "console/start.html",
        sims=sims,
        open_total=sum(answer["total"] for answer in orders.values()),
        open_orders=[order for answer in orders.values() for order in answer["items"]][:_SHOWN_ORDERS],
        month=month,
        charges=rpc.call("payments.list_charges", month=f"{month:%Y-%m}"),
    )
