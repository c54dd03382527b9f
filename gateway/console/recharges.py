"""リチャージ: input, confirmation, completion.

The confirmation is an address of its own, which carries the choice and the key of this one application: it can be
reloaded and returned to, and whichever way it is sent twice, the same order answers.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.texts import message
from gateway.web.forms import DayField, SearchForm, refuse

blueprint = Blueprint("console_recharges", __name__, url_prefix="/console/recharges")

Answer = Response | tuple[str, int]


@dataclass(frozen=True)
class Offer:
    """What may be chosen for a SIM: the prices in yen by gigabytes, and the days to start on."""

    prices: dict[int, int]
    earliest: date
    latest: date


class RechargeForm(SearchForm):
    sim = HiddenField()
    start_date = DayField(_l("適用開始日"), [InputRequired(_l("適用開始日を選んでください。"))])
    gigabytes = RadioField(
        _l("チャージ容量"),
        [InputRequired(_l("チャージ容量を選んでください。"))],
        coerce=int,
        validate_choice=False,  # the service knows what it sells
    )

    def wanted(self) -> dict[str, Any]:
        """The recharge as the service is asked for it."""
        return {
            "sim_serial": self.sim.data,
            "gigabytes": self.gigabytes.data,
            "start_date": self.start_date.data and self.start_date.data.isoformat(),
        }


class AgreementForm(FlaskForm):
    """The terms that the customer has seen (fingerprint), and which application this is (key)."""

    fingerprint = HiddenField(validators=[InputRequired()])
    idempotency_key = HiddenField(validators=[InputRequired()])


@blueprint.get("/new")
@access("console")
def new() -> Answer:
    """Step one; a choice in the address is filled in, for the way back from step two."""
    demand_order_role()
    return _ask(RechargeForm(request.args))


@blueprint.get("/confirm")
@access("console")
def confirm() -> Answer:
    """Step two: the terms as they are now."""
    demand_order_role()
    choice = RechargeForm(request.args)
    if not choice.validate():
        return _ask(choice, 422)
    if "key" not in request.args:
        return redirect(f"{request.full_path}&key={uuid.uuid4().hex}", 303)
    return _show_terms(choice, request.args["key"])


@blueprint.post("/confirm")
@access("console")
def place() -> Answer:
    """Order under the terms that were shown. If that cannot be, show the terms as they are now, and why."""
    choice, agreement = RechargeForm(request.args), AgreementForm()
    if not (choice.validate() and agreement.validate()):
        return _ask(choice, 422)
    key = agreement.idempotency_key.data
    try:
        order = rpc.call(
            "sim.place_recharge",
            **choice.wanted(),
            fingerprint=agreement.fingerprint.data,
            idempotency_key=key,
        )
    except (Conflict, Invalid) as error:
        fresh_key = uuid.uuid4().hex if error.code == "idempotency.mismatch" else key
        return _show_terms(choice, fresh_key, _reason(error), error.status)
    return redirect(url_for(".done", order=order["number"]), 303)


@blueprint.get("/done")
@access("console")
def done() -> str:
    """Step three: the order that was placed."""
    order = rpc.call("sim.get_order", number=request.args.get("order", ""))
    return render_template("console/recharge_done.html", order=order)


def _ask(form: RechargeForm, status: int = 200) -> Answer:
    sim = rpc.call("sim.get_sim", sim_serial=form.sim.data or "")
    try:
        offer = _offer(sim["sim_serial"])
    except Conflict as error:
        return _back_to_sim(sim["sim_serial"], error)
    if not form.start_date.raw_data:
        form.start_date.data = offer.earliest
    return render_template("console/recharge_new.html", form=form, sim=sim, offer=offer), status


def _show_terms(choice: RechargeForm, key: str, notice: str = "", status: int = 200) -> Answer:
    try:
        quote = rpc.call("sim.quote_recharge", **choice.wanted())
    except Invalid as error:
        return _ask(choice, refuse(choice, error))
    except Conflict as error:
        return _back_to_sim(choice.sim.data, error)
    page = render_template("console/recharge_confirm.html", quote=quote, key=key, notice=notice)
    return page, status


def _offer(sim_serial: str) -> Offer:
    """What the service would accept. It names amounts and days when it refuses others, so it is asked for such.

    Raises Conflict("sim.not_rechargeable").
    """
    amounts = _refused(sim_serial, gigabytes=0, start_date=None)["allowed"]
    days = _refused(sim_serial, gigabytes=amounts[0], start_date=date.min.isoformat())
    quotes = [
        rpc.call("sim.quote_recharge", sim_serial=sim_serial, gigabytes=amount, start_date=None)
        for amount in amounts
    ]
    return Offer(
        prices={quote["gigabytes"]: quote["price_yen"] for quote in quotes},
        earliest=date.fromisoformat(days["earliest"]),
        latest=date.fromisoformat(days["latest"]),
    )


def _refused(sim_serial: str, **impossible: Any) -> dict[str, Any]:
    try:
        rpc.call("sim.quote_recharge", sim_serial=sim_serial, **impossible)
    except Invalid as error:
        return error.details
    raise AssertionError(f"a recharge of {impossible} was not refused")


def _reason(error: Conflict | Invalid) -> str:
    """Why nothing was ordered, in the terms of the page rather than of the API."""
    match error.code:
        case "idempotency.in_progress":
            return _(
                "同じ申し込みを処理しています。少し待ってから、もう一度「登録」を押して結果をご確認ください。"
            )
        case "idempotency.mismatch":
            return _(
                "この画面からは、別の内容の申し込みを受け付けています。依頼一覧をご確認のうえ、"
                "追加で申し込むときだけ、もう一度「登録」を押してください。"
            )
    return message(error.code, error.details)


def _back_to_sim(sim_serial: str, error: Conflict) -> Response:
    flash(message(error.code, error.details), "error")
    return redirect(url_for("console_sims.detail", sim_serial=sim_serial), 303)
