"""The adapter against a payment provider: the sandbox's, or a real account in test mode.

With KAISEN_TEST_PROVIDER_URL (https://api.stripe.com) and KAISEN_TEST_PROVIDER_SECRET_KEY (sk_test_…) the same tests
run against the real one, whose own names for test cards stand for what a browser would be given.
"""

import os
import secrets
from dataclasses import dataclass
from uuid import uuid4

import pytest

from services.payments.adapters.provider import Declined, NoAnswer, StripeProvider, UnknownToken
from tests.harness import free_port
from tests.integration.payments import cards_system
from tests.integration.payments.cards_system import CardSystem, Outside

NAMES = {
    cards_system.VISA: "pm_card_visa",
    cards_system.JCB: "pm_card_jcb",
    cards_system.DECLINED: "pm_card_chargeDeclined",
    cards_system.AUTHENTICATE: "pm_card_authenticationRequired",
}


@dataclass(frozen=True)
class Market:
    provider: StripeProvider
    sandbox: Outside | None

    def token(self, number: str) -> str:
        return self.sandbox.token(number) if self.sandbox else NAMES[number]

    def customer(self) -> str:
        return self.provider.create_customer(f"T{secrets.token_hex(6)}")


@pytest.fixture(scope="module")
def market(running_cards: CardSystem) -> Market:
    url = os.environ.get("KAISEN_TEST_PROVIDER_URL")
    key = os.environ.get("KAISEN_TEST_PROVIDER_SECRET_KEY", "sk_test_x")
    sandbox = None if url else running_cards.outside
    return Market(StripeProvider(url or f"{running_cards.outside.url}/stripe", key, 20, 5), sandbox)


def set_up(market: Market, number: str, customer: str | None = None) -> tuple[str, str]:
    """Ids of payment method and customer of a card that is kept."""
    token, owner = market.token(number), customer or market.customer()
    setup = market.provider.set_up(uuid4(), token, owner, "https://portal.example/back/1")
    assert setup.state == "succeeded"
    return token, owner


def test_a_customer_is_made_once(market: Market) -> None:
    code = f"T{secrets.token_hex(6)}"
    assert market.provider.create_customer(code) == market.provider.create_customer(code)
    assert market.provider.create_customer(f"{code}x") != market.provider.create_customer(code)


def test_what_is_told_of_a_card(market: Market) -> None:
    card = market.provider.card(market.token(cards_system.JCB), None)
    assert (card.brand, card.last4, card.funding) == ("jcb", "0505", "credit")
    assert card.exp_year > 2026
    assert card.fingerprint == market.provider.card(market.token(cards_system.JCB), None).fingerprint
    assert card.fingerprint != market.provider.card(market.token(cards_system.VISA), None).fingerprint


def test_a_card_is_kept_and_then_forgotten(market: Market) -> None:
    token, customer = set_up(market, cards_system.VISA)
    if market.sandbox:
        assert market.provider.card(token, customer).last4 == "4242"
        with pytest.raises(UnknownToken):
            market.provider.card(token, market.customer())
        market.provider.detach(token)
        with pytest.raises(UnknownToken):
            market.provider.set_up(uuid4(), token, customer, "https://portal.example/back/1")
    with pytest.raises(UnknownToken):
        market.provider.detach("pm_unknown")


def test_a_registration_is_set_up_once(market: Market) -> None:
    registration, token, customer = uuid4(), market.token(cards_system.VISA), market.customer()
    address = "https://portal.example/back/1"
    first = market.provider.set_up(registration, token, customer, address)
    assert market.provider.set_up(registration, token, customer, address) == first
    assert market.provider.setup(first.id) == first
    with pytest.raises(NoAnswer):  # the same key for something else
        market.provider.set_up(registration, market.token(cards_system.JCB), customer, address)


def test_a_card_that_its_issuer_refuses(market: Market) -> None:
    registration, token, customer = uuid4(), market.token(cards_system.DECLINED), market.customer()
    for _ in range(2):
        with pytest.raises(Declined, match="card_declined"):
            market.provider.set_up(registration, token, customer, "https://portal.example/back/1")


def test_a_card_whose_holder_has_to_authenticate(market: Market) -> None:
    token = market.token(cards_system.AUTHENTICATE)
    setup = market.provider.set_up(uuid4(), token, market.customer(), "https://portal.example/back/1")
    assert setup.state == "requires_action"
    assert setup.url
    assert market.provider.setup(setup.id) == setup


@pytest.mark.parametrize("token", ["pm_unknown", "pm_0"])
def test_a_token_that_nobody_was_given(market: Market, token: str) -> None:
    with pytest.raises(UnknownToken):
        market.provider.card(token, None)


def test_nobody_there_and_a_wrong_key_are_no_answer(market: Market) -> None:
    with pytest.raises(NoAnswer):
        StripeProvider(f"http://127.0.0.1:{free_port()}", "sk_test_x", 5, 1).card("pm_1", None)
    if market.sandbox:
        with pytest.raises(NoAnswer):
            StripeProvider(f"{market.sandbox.url}/stripe", "wrong", 5, 1).card("pm_1", None)


def test_a_provider_that_is_down_is_left_alone_for_a_while() -> None:
    provider = StripeProvider(f"http://127.0.0.1:{free_port()}", "sk_test_x", 5, 1)
    for _ in range(10):
        with pytest.raises(NoAnswer, match="APIConnectionError"):
            provider.card("pm_1", None)
    with pytest.raises(NoAnswer, match="breaker open"):
        provider.card("pm_1", None)
