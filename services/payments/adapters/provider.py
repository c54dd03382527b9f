"""The payment provider: Stripe's API through its official client. https://docs.stripe.com/api

Cards come to the provider from the browser alone; here they are known by the id of their payment method.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

import requests
import stripe
import structlog
from nameko.extensions import DependencyProvider
from requests.adapters import HTTPAdapter
from stripe.params import SetupIntentCreateParams

from chassis.breaker import Breaker
from services.payments.card_rules import CardFacts

log = structlog.get_logger()

T = TypeVar("T")


class NoAnswer(Exception):
    """The provider did not answer or cannot work now. Whether a request was carried out is unknown."""


class UnknownToken(Exception):
    """There is no such payment method, or it cannot be used (any more)."""


class Declined(Exception):
    """The card's issuer, or the provider, refuses the card."""


@dataclass(frozen=True)
class Setup:
    """How far the provider is with a card: `url` is where its holder authenticates, if that is asked for."""

    id: str
    state: str  # succeeded, requires_action, requires_payment_method, processing
    url: str | None


class Provider(Protocol):
    """All methods raise NoAnswer."""

    def create_customer(self, customer_code: str) -> str:
        """The provider's id of the customer; the same one within a day, however often it is asked for."""

    def card(self, payment_method: str, customer: str | None) -> CardFacts:
        """What is known of the card; UnknownToken if there is none, or it is another customer's."""

    def set_up(self, registration: UUID, payment_method: str, customer: str, return_url: str) -> Setup:
        """Have the card checked by its issuer and kept for later payments; once for a registration.

        Raises Declined, UnknownToken.
        """

    def setup(self, id: str) -> Setup:
        """How far it is."""

    def detach(self, payment_method: str) -> None:
        """Forget the card; UnknownToken if it is not kept."""


class StripeProvider:
    """`timeout` (seconds) bounds the wait for each part of an answer; `connections` are kept open."""

    def __init__(self, url: str, secret_key: str, timeout: float, connections: int) -> None:
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
        stripe.enable_telemetry = False
        self._breaker = Breaker()
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": url.rstrip("/")},
            http_client=stripe.RequestsClient(timeout=timeout, session=session),
            max_network_retries=0,  # the customer is asked to repeat, and the keys make that safe
        )

    def create_customer(self, customer_code: str) -> str:
        created = self._ask(
            lambda: self._client.v1.customers.create(
                {"metadata": {"customer_code": customer_code}},
                {"idempotency_key": f"kaisen-customer-{customer_code}"},
            )
        )
        return created.id

    def card(self, payment_method: str, customer: str | None) -> CardFacts:
        found = self._ask(lambda: self._client.v1.payment_methods.retrieve(payment_method)).to_dict()
        card = found.get("card")
        if card is None or not card.get("fingerprint") or found.get("customer") not in (None, customer):
            raise UnknownToken
        return CardFacts(
            payment_method=payment_method,
            fingerprint=card["fingerprint"],
            brand=card["brand"],
            last4=card["last4"],
            exp_month=card["exp_month"],
            exp_year=card["exp_year"],
            funding=card["funding"],
            issuer=card.get("issuer"),
            iin=card.get("iin"),
        )

    def set_up(self, registration: UUID, payment_method: str, customer: str, return_url: str) -> Setup:
        wish: SetupIntentCreateParams = {
            "customer": customer,
            "payment_method": payment_method,
            "allowed_payment_method_types": ["card"],
            "usage": "off_session",
            "confirm": True,
            "return_url": return_url,
            "metadata": {"registration": str(registration)},
        }
        intent = self._ask(
            lambda: self._client.v1.setup_intents.create(
                wish,
                {"idempotency_key": f"kaisen-registration-{registration}"},
            )
        )
        return _setup(intent)

    def setup(self, id: str) -> Setup:
        return _setup(self._ask(lambda: self._client.v1.setup_intents.retrieve(id)))

    def detach(self, payment_method: str) -> None:
        self._ask(lambda: self._client.v1.payment_methods.detach(payment_method))

    def _ask(self, request: Callable[[], T]) -> T:
        if not self._breaker.admitted(1):
            raise NoAnswer("breaker open")
        try:
            answer = request()
        except stripe.CardError as error:
            self._breaker.succeeded()
            raise Declined(error.code or "declined") from error
        except stripe.InvalidRequestError as error:
            self._breaker.succeeded()
            log.warning("provider refused a request", code=error.code, param=error.param)
            raise UnknownToken(str(error.code)) from error
        except stripe.StripeError as error:
            # a wrong key is no outage, but for the customer nothing else
            log.warning("provider gave no answer", error=type(error).__name__, status=error.http_status)
            self._breaker.failed()
            raise NoAnswer(type(error).__name__) from error
        self._breaker.succeeded()
        return answer


def _setup(intent: stripe.SetupIntent) -> Setup:
    redirection = intent.next_action.redirect_to_url if intent.next_action is not None else None
    return Setup(intent.id, intent.status, redirection.url if redirection is not None else None)


class ProviderProvider(DependencyProvider):
    """`provider = ProviderProvider()` gives the service the one Provider of its process."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._provider = StripeProvider(
            settings.provider_url,
            settings.provider_secret_key,
            settings.provider_timeout_seconds,
            settings.max_workers,
        )

    def get_dependency(self, _worker_ctx: Any) -> Provider:
        return self._provider
