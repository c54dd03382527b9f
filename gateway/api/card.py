"""The card that pays: registered by a token of the payment provider, looked at, removed."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response
from pydantic import Field, StringConstraints

from gateway import rpc
from gateway.api.description import operation
from gateway.api.idempotency import PARAMETER, given_key
from gateway.api.schema import Answer, Input, example
from gateway.selfcare.card import return_address

blueprint = APIBlueprint(
    "api_card",
    __name__,
    tag={
        "name": "Card",
        "description": "The credit card that pays, for self-care accounts. Card numbers and security codes never come "
        "here: `GET /card/setup` names the payment provider, which exchanges them for a token (a payment method).",
    },
)

_CARD = {"brand": "jcb", "last4": "0505", "exp_month": 12, "exp_year": 2028}
_ID = "0b5a4c58-6d1c-4f9a-9f55-6f2f6c1c2a10"


class CardSetup(Answer):
    """Who exchanges a card for a token."""

    model_config = example(
        {"mode": "stripe", "url": "https://js.stripe.com", "publishable_key": "pk_live_abc"}
    )

    mode: Literal["stripe", "sandbox"]
    url: str = Field(
        description="base URL of the provider's script; of a sandbox also of its API, below `/stripe`"
    )
    publishable_key: str = Field(description="with which a browser names our account at the provider")


class RegisteredCard(Answer):
    """All that is known of a card here."""

    model_config = example({**_CARD, "registered_at": "2026-04-01T05:00:00Z"})

    brand: str
    last4: str = Field(description="the number's last four digits")
    exp_month: int
    exp_year: int
    registered_at: datetime | None = None


class CardOnFile(Answer):
    """The card that pays; null without one."""

    model_config = example({"card": {**_CARD, "registered_at": "2026-04-01T05:00:00Z"}})

    card: RegisteredCard | None


class CardToken(Input):
    """What the provider has given the browser for a card."""

    model_config = example({"payment_method": "pm_1PqVfsLkdIwHu7ixdqzjJcEg"})

    payment_method: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]+$", max_length=255)]


class CardRegistration(Answer):
    """How far a registration is."""

    model_config = example({"registration_id": _ID, "state": "registered", "card": _CARD})

    registration_id: str
    state: Literal["registered", "action_required"] = Field(
        description="action_required: the card's holder has to authenticate in a browser first"
    )
    card: RegisteredCard | None = None
    authentication_url: str | None = Field(
        None, description="where the holder authenticates; null while the issuer is still deciding"
    )


@blueprint.get("/card/setup")
@operation("selfcare")
@blueprint.output(CardSetup)
def get_card_setup() -> Any:
    """Whom to exchange a card for a token with."""
    return rpc.call("payments.card_form")


@blueprint.get("/card")
@operation("selfcare")
@blueprint.output(CardOnFile)
def get_card() -> Any:
    """Show the card that pays."""
    return rpc.call("payments.get_card")


@blueprint.post("/card/preview")
@operation("selfcare", 400, 413, 415, 422, 429)
@blueprint.input(CardToken)
@blueprint.output(RegisteredCard)
def preview_card(json_data: CardToken) -> Any:
    """Look at a card before it is registered; nothing is stored."""
    return rpc.call("payments.preview_card", payment_method=json_data.payment_method)


@blueprint.post("/card")
@operation(
    "selfcare",
    400,
    409,
    413,
    415,
    422,
    429,
    parameters=[PARAMETER],
)
@blueprint.input(CardToken)
@blueprint.output(CardRegistration, status_code=201)
def register_card(json_data: CardToken) -> Response:
    """Register a card; it replaces the one on file.

    The answer to a repeated `Idempotency-Key` with the same body is the first answer again.
    """
    answer = rpc.call(
        "payments.register_card",
        payment_method=json_data.payment_method,
        idempotency_key=given_key(),
        return_to=return_address(),
    )
    response = jsonify(CardRegistration.model_validate(answer).model_dump(mode="json", exclude_unset=True))
    response.status_code = 201
    return response


@blueprint.post("/card/registrations/<code:registration_id>/completion")
@operation("selfcare", 404, 409, 422, 429)
@blueprint.output(CardRegistration)
def complete_card_registration(registration_id: str) -> Any:
    """Go on with a registration after its holder has authenticated."""
    return rpc.call("payments.complete_card_registration", registration_id=registration_id)


@blueprint.delete("/card")
@operation("selfcare", 404, 409, answers={204: "There is no card any more"})
def remove_card() -> Response:
    """Remove the card that pays, if nothing depends on it."""
    rpc.call("payments.remove_card")
    return make_response("", 204)
