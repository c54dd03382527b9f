"""クレジットカード情報登録・変更: guidance, input, confirmation, completion, and removal.

The card's data never comes here: on the input page the browser exchanges them with the payment provider for a token,
and only that is sent. The confirmation is an address of its own, which carries the token and the key of this one
application: it can be reloaded and returned to, and whichever way it is sent twice, the card is registered once.
"""

import uuid
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import InputRequired

from chassis import clock
from chassis.errors import Conflict, Invalid, KaisenError, NotFound, TimedOut, TooMany, Unavailable
from gateway import headers, rpc
from gateway.account import render
from gateway.auth import access
from gateway.texts import message
from gateway.texts.card_fields import TEXTS
from gateway.web.forms import refuse

blueprint = Blueprint("selfcare_card", __name__, url_prefix="/selfcare/card")

Answer = Response | tuple[str, int]

_STRIPE_ORIGINS = {  # https://docs.stripe.com/security/guide#content-security-policy
    "script-src": ("https://js.stripe.com", "https://*.js.stripe.com"),
    "frame-src": ("https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"),
    "connect-src": ("https://api.stripe.com",),
}
_SCRIPTS = {"stripe": "/v3/", "sandbox": "/stripe/sandbox.js"}
# After these the same application can be sent again.
_TRY_AGAIN = frozenset({"card.in_progress", "card.provider_unavailable", "service.timed_out"})


class CardForm(FlaskForm):
    """All that the input page sends: its other fields have no names."""

    payment_method = HiddenField(validators=[InputRequired()])


class RemovalForm(FlaskForm):
    """Nothing but the proof that it comes from our own page."""


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    return render("selfcare/card.html", card=rpc.call("payments.get_card")["card"])


@blueprint.get("/security-code")
@access("selfcare")
def security_code() -> str:
    return render("selfcare/card_security_code.html")


@blueprint.route("/form", methods=["GET", "POST"])
@access("selfcare")
def enter() -> Answer:
    """Step one. What is posted is the token that the browser was given for the card."""
    form = CardForm()
    if request.method == "GET":
        return _ask(form)
    if not form.validate():
        return _ask(form, Invalid("card.token"))
    key = uuid.uuid4().hex
    return redirect(url_for(".confirm", payment_method=form.payment_method.data, key=key), 303)


@blueprint.get("/confirm")
@access("selfcare")
def confirm() -> Answer:
    """Step two: what the provider knows of the card. Nothing is stored yet."""
    return _show()


@blueprint.post("/confirm")
@access("selfcare")
def register() -> Answer:
    try:
        answer = rpc.call(
            "payments.register_card",
            payment_method=request.args.get("payment_method", ""),
            idempotency_key=request.args.get("key", ""),
            return_to=return_address(),
        )
    except (Conflict, Invalid, TimedOut, TooMany, Unavailable) as error:
        return _show(error) if error.code in _TRY_AGAIN else _ask(CardForm(formdata=None), error)
    if answer["state"] == "registered":
        return redirect(url_for(".done"), 303)
    return redirect(url_for(".come_back", registration_id=answer["registration_id"]), 303)


@blueprint.get("/registrations/<code:registration_id>")
@access("selfcare")
def come_back(registration_id: str) -> Answer:
    """Where the holder waits for the authentication by the card's issuer, and comes back to from there."""
    try:
        answer = rpc.call("payments.complete_card_registration", registration_id=registration_id)
    except (Conflict, Invalid, TimedOut, TooMany, Unavailable) as error:
        if error.code not in _TRY_AGAIN:
            return _ask(CardForm(formdata=None), error)
        notice = message(error.code, error.details)
        return render("selfcare/card_authentication.html", url=None, notice=notice), error.status
    if answer["state"] == "registered":
        return redirect(url_for(".done"), 303)
    return render("selfcare/card_authentication.html", url=answer["authentication_url"], notice=""), 200


@blueprint.get("/done")
@access("selfcare")
def done() -> str:
    return render("selfcare/card_done.html")


@blueprint.route("/remove", methods=["GET", "POST"])
@access("selfcare")
def remove() -> Answer:
    form = RemovalForm()
    status = 200
    if form.validate_on_submit():
        try:
            rpc.call("payments.remove_card")
            flash(_("カードを削除しました。"), "success")
            return redirect(url_for(".guidance"), 303)
        except Conflict as error:
            status = refuse(form, error)
    card = rpc.call("payments.get_card")["card"]
    if card is None:
        raise NotFound("card.none")
    return render("selfcare/card_remove.html", form=form, card=card), status


def return_address() -> str:
    """What a registration's id stands behind in the address that its holder comes back to."""
    return f"{url_for('selfcare_card.guidance', _external=True)}/registrations/"


def _show(error: KaisenError | None = None) -> Answer:
    """The confirmation, with why it has to be sent again. Without an answer of the provider there is no card on it."""
    card = None
    try:
        card = rpc.call("payments.preview_card", payment_method=request.args.get("payment_method", ""))
    except (Invalid, TooMany) as refusal:
        return _ask(CardForm(formdata=None), refusal)
    except (TimedOut, Unavailable) as failure:
        error = error or failure
    notice = message(error.code, error.details) if error is not None else ""
    page = render("selfcare/card_confirm.html", card=card, notice=notice)
    return page, error.status if error is not None else 200


def _ask(form: FlaskForm, error: KaisenError | None = None) -> Answer:
    """The input page, which may load the provider's script and send cards to the provider."""
    provider = rpc.call("payments.card_form")
    if provider["mode"] == "stripe":
        allowed = _STRIPE_ORIGINS
    else:
        parts = urlsplit(provider["url"])
        origin = f"{parts.scheme}://{parts.netloc}"
        allowed = {"script-src": (origin,), "connect-src": (origin,)}
    for directive, origins in allowed.items():
        headers.allow(directive, *origins)
    if error is not None:
        form.form_errors.append(message(error.code, error.details))
    page = render(
        "selfcare/card_form.html",
        form=form,
        provider=provider,
        script=provider["url"] + _SCRIPTS[provider["mode"]],
        texts={name: str(text) for name, text in TEXTS.items()},
        this_month=f"{clock.today():%Y-%m}",
    )
    return page, error.status if error is not None else 200
