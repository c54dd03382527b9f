"""The card that pays (クレジットカード情報): looking at it, removing it, and what the form of a new one needs."""

from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, NotFound
from services.payments import card_store as store
from services.payments.card_rules import CardFacts, removable_from
from services.payments.events import Audited, CardRemoved
from services.payments.models_cards import Card, CardRegistration
from services.payments.settings import Settings


def card_form(settings: Settings) -> dict[str, Any]:
    """With whom, and as whom, the browser exchanges a card for a token."""
    return {
        "mode": settings.provider_mode,
        "url": settings.provider_browser_url.rstrip("/"),
        "publishable_key": settings.provider_publishable_key,
    }


def get_card(uow: UnitOfWork, caller: Caller) -> dict[str, Any]:
    """`card` is None without one."""
    card = store.active_card(uow.session, caller.customer)
    if card is None:
        return {"card": None}
    return {"card": shown(card) | {"registered_at": card.registered_at}}


def shown(card: Card | CardFacts) -> dict[str, Any]:
    """All that is ever shown of a card."""
    return {
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
    }


def remove_card(uow: UnitOfWork, caller: Caller) -> None:
    """Remove the card on file. Raises NotFound("card.none"), Conflict("card.needed", until) while charges depend on it.

    A charge depends on the card until the month in which it is paid, the one after its use, is over.
    """
    card = store.active_card(uow.session, caller.customer, lock=True)
    if card is None:
        raise NotFound("card.none")
    latest = store.latest_usage_month(uow.session, caller.customer)
    if latest is not None and clock.today() < removable_from(latest):
        raise Conflict("card.needed", until=removable_from(latest).isoformat())
    end(uow, card, "removed")
    assert card.ended_at is not None
    uow.emit(CardRemoved(card.customer_code, card.ended_at))
    uow.emit(Audited.by(caller, "card.removed", card.brand, {}))
    uow.commit()


def end(uow: UnitOfWork, card: Card, how: Any) -> None:
    """The card pays no more, and the provider is to forget it."""
    card.state, card.ended_at = how, clock.now()
    store.add_detachment(uow.session, card.payment_method)


def abandon(uow: UnitOfWork, registration: CardRegistration) -> None:
    """Whatever the provider has made of it, the card is not ours."""
    registration.state, registration.ended_at, registration.lease_until = "abandoned", clock.now(), None
    store.add_detachment(uow.session, registration.payment_method)
