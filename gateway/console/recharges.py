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
from gateway.texts import message
from gateway.web.forms import DayField, SearchForm, refuse

blueprint = Blueprint("console_recharges", __name__, url_prefix="/console/recharges")


@dataclass(frozen=True)
class Offer:
    """What may be chosen for a SIM: the prices in yen by gigabytes, and the days to start on."""

    prices: dict[int, int]
    earliest: date
    latest: date


class RechargeForm(SearchForm):
    start_date = DayField(_l("適用開始日"), [InputRequired(_l("適用開始日を選んでください。"))])
    gigabytes = RadioField(
        _l("チャージ容量"),
        [InputRequired(_l("チャージ容量を選んでください。"))],
        coerce=int,
        validate_choice=False,  # the service knows what it sells
    )


class PlaceForm(FlaskForm):
    """What the customer has seen (fingerprint), and which application this is (key)."""

    fingerprint = HiddenField()
    idempotency_key = HiddenField()


@blueprint.get("/new")
@access("console")
def new() -> Response | tuple[str, int]:
    """Step one; a choice in the address is filled in, for the way back from step two."""
    form = RechargeForm(request.args)
    return _ask(form, request.args.get("sim", ""))


@blueprint.route("/confirm", methods=["GET", "POST"])
@access("console")
def confirm() -> Response | tuple[str, int]:
    """Step two: the terms as they are now. POST places the order under the terms that were shown."""
    sim_serial = request.args.get("sim", "")
    choice = RechargeForm(request.args)
    if not choice.validate():
        return _ask(choice, sim_serial, 422)
    if "key" not in request.args:
        return redirect(url_for(".confirm", **request.args.to_dict(), key=uuid.uuid4().hex), 303)
    wanted = {
        "sim_serial": sim_serial,
        "gigabytes": choice.gigabytes.data,
        "start_date": choice.start_date.data.isoformat(),
    }
    form = PlaceForm()
    form.idempotency_key.data = form.idempotency_key.data or request.args["key"]
    notice, status = "", 200
    try:
        if form.validate_on_submit():
            try:
                order = rpc.call(
                    "sim.place_recharge",
                    **wanted,
                    fingerprint=form.fingerprint.data or None,
                    idempotency_key=form.idempotency_key.data,
                )
                return redirect(url_for(".done", order=order["number"]), 303)
            except (Conflict, Invalid) as error:
                notice, status = _what_now(form, error), error.status
        quote = rpc.call("sim.quote_recharge", **wanted)
    except Invalid as error:
        return _ask(choice, sim_serial, refuse(choice, error))
    except Conflict as error:
        return _back_to_sim(sim_serial, error)
    form.fingerprint.data = quote["fingerprint"]
    return render_template("console/recharge_confirm.html", quote=quote, form=form, notice=notice), status


@blueprint.get("/done")
@access("console")
def done() -> str:
    """Step three: the order that was placed."""
    order = rpc.call("sim.get_order", number=request.args.get("order", ""))
    return render_template("console/recharge_done.html", order=order)


def _ask(form: RechargeForm, sim_serial: str, status: int = 200) -> Response | tuple[str, int]:
    sim = rpc.call("sim.get_sim", sim_serial=sim_serial)
    try:
        offer = _offer(sim_serial)
    except Conflict as error:
        return _back_to_sim(sim_serial, error)
    form.gigabytes.choices = [(gigabytes, str(gigabytes)) for gigabytes in offer.prices]
    if not form.start_date.raw_data:
        form.start_date.data = offer.earliest
    return render_template("console/recharge_new.html", form=form, sim=sim, offer=offer), status


def _offer(sim_serial: str) -> Offer:
    """What the service would accept. It names amounts and days when it refuses others, so it is asked for such."""
    amounts = _refused(sim_serial, gigabytes=0, start_date=None)["allowed"]
    days = _refused(sim_serial, gigabytes=amounts[0], start_date=date.min.isoformat())
    prices = {
        gigabytes: rpc.call("sim.quote_recharge", sim_serial=sim_serial, gigabytes=gigabytes, start_date=None)[
            "price_yen"
        ]
        for gigabytes in amounts
    }
    return Offer(prices, date.fromisoformat(days["earliest"]), date.fromisoformat(days["latest"]))


def _refused(sim_serial: str, **impossible: Any) -> dict[str, Any]:
    try:
        rpc.call("sim.quote_recharge", sim_serial=sim_serial, **impossible)
    except Invalid as error:
        return error.details
    raise AssertionError(f"a recharge of {impossible} was not refused")


def _what_now(form: PlaceForm, error: Conflict | Invalid) -> str:
    """Why nothing was ordered, where showing the terms again helps; raises `error` where it does not."""
    match error.code:
        case "quote.changed":
            return message(error.code)
        case "idempotency.in_progress":
            return _("同じ申し込みを処理しています。少し待ってから、もう一度「登録」を押して結果をご確認ください。")
        case "idempotency.mismatch":
            form.idempotency_key.data = uuid.uuid4().hex
            return _(
                "この画面からは、別の内容の申し込みを受け付けています。依頼一覧をご確認のうえ、"
                "追加で申し込むときだけ、もう一度「登録」を押してください。"
            )
    raise error


def _back_to_sim(sim_serial: str, error: Conflict) -> Response:
    flash(message(error.code, error.details), "error")
    return redirect(url_for("console_sims.detail", sim_serial=sim_serial), 303)
