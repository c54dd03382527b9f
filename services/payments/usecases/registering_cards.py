"""Registering a card: once for each application, however often and from wherever it is sent.

The provider is asked between two transactions. Before, the application is stored as an open registration, of which a
customer has one; afterwards it becomes the card on file in one step, and the former card pays until then. A process
that dies between them, or a provider that does not answer, leaves an open registration: the same application sent again
goes on with it, under the same keys at the provider, and another application takes its place.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import eventlet
import structlog

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, KaisenError, NotFound, TooMany, Unavailable
from services.payments import card_store as store
from services.payments.adapters.provider import Declined, NoAnswer, Provider, Setup, UnknownToken
from services.payments.card_rules import HOLD, CardFacts, KnownCard, Refusal, refusal
from services.payments.events import Audited, CardRegistered
from services.payments.models_cards import Card, CardRegistration
from services.payments.settings import Settings
from services.payments.usecases.cards import abandon, end, shown

log = structlog.get_logger()


@dataclass(frozen=True)
class Wish:
    """`return_to` is the address that, with the registration's id after it, the holder comes back to."""

    payment_method: str
    key: str
    return_to: str


@dataclass(frozen=True)
class Step:
    """One registration on its way to the provider."""

    id: UUID
    payment_method: str
    return_url: str
    setup_intent: str | None
    provider_id: str | None
    on_file: KnownCard | None


@dataclass(frozen=True)
class Decision:
    """What has become of a step: refused, or set up as far as `setup` says."""

    card: CardFacts
    setup: Setup | None = None
    refusal: Refusal | None = None


class Registrar:
    def __init__(self, uow: Callable[[], UnitOfWork], provider: Provider, settings: Settings) -> None:
        self._uow = uow
        self._provider = provider
        self._settings = settings

    def preview(self, caller: Caller, payment_method: str) -> dict[str, Any]:
        """What a card looks like that is not registered yet; nothing is stored.

        Raises what `register` does.
        """
        with self._uow() as uow:
            self._hold_back(uow, caller)
            provider_id = store.provider_id(uow.session, caller.customer or "")
        card = self._at_the_provider(lambda: self._provider.card(payment_method, provider_id))
        if (reason := self._refusal(card, None)) is not None:
            raise _refused(reason)
        return shown(card)

    def register(self, caller: Caller, wish: Wish) -> dict[str, Any]:
        """Register the card, or say where its holder has to authenticate first.

        Raises Invalid("card.token"), Invalid("card.brand"), Invalid("card.debit"), Invalid("card.unusable"),
        Conflict("card.already_registered"), TooMany("card.held", retry_after, until), Conflict("card.in_progress"),
        Conflict("card.over"), Invalid("idempotency.mismatch"), Unavailable("card.provider_unavailable"): after the
        last one the same application can be sent again.
        """
        with self._uow() as uow:
            registration = self._begin(uow, caller, wish)
            if registration.state not in store.OPEN:
                return _outcome(uow, registration)
            step = self._step(uow, registration)
            uow.commit()
        return self._go_on(caller, step)

    def complete(self, caller: Caller, registration_id: UUID) -> dict[str, Any]:
        """Go on after the authentication; the answer is that of `register`.

        Raises NotFound("card.registration_unknown") and what `register` does.
        """
        with self._uow() as uow:
            registration = store.lock_registration(uow.session, caller.customer, id=registration_id)
            if registration is None:
                raise NotFound("card.registration_unknown")
            if registration.state not in store.OPEN:
                return _outcome(uow, registration)
            if store.is_leased(uow.session, registration):
                raise Conflict("card.in_progress")
            step = self._step(uow, registration)
            uow.commit()
        return self._go_on(caller, step)

    def _hold_back(self, uow: UnitOfWork, caller: Caller) -> None:
        """Raise TooMany for a customer who has had too many cards refused: numbers must not be tried out here."""
        now = clock.now()
        refused = store.refusals_since(uow.session, caller.customer, now - HOLD)
        limit = self._settings.card_refusals_per_hour
        if len(refused) >= limit:
            until = refused[-limit] + HOLD
            raise TooMany(
                "card.held", retry_after=math.ceil((until - now).total_seconds()), until=until.isoformat()
            )

    def _begin(self, uow: UnitOfWork, caller: Caller, wish: Wish) -> CardRegistration:
        """The registration of this application, locked: a new one, or the one that it has already."""
        customer = caller.customer or ""
        known = store.lock_registration(uow.session, customer, key=wish.key)
        if known is None:
            known = self._add(uow, caller, wish)
        if known.payment_method != wish.payment_method:
            raise Invalid("idempotency.mismatch")
        if known.state in store.OPEN and store.is_leased(uow.session, known):
            raise Conflict("card.in_progress")
        return known

    def _add(self, uow: UnitOfWork, caller: Caller, wish: Wish) -> CardRegistration:
        customer = caller.customer or ""
        if store.is_spent(uow.session, wish.payment_method):
            raise Invalid("card.token")
        id = uuid4()
        values = {
            "id": id,
            "customer_code": customer,
            "key": wish.key,
            "payment_method": wish.payment_method,
            "return_url": f"{wish.return_to}{id}",
            "state": "started",
            "started_at": clock.now(),
        }
        if store.add_registration(uow.session, values) is None:
            same = store.lock_registration(uow.session, customer, key=wish.key)
            if same is not None:  # sent twice at once
                return same
            other = store.lock_open_registration(uow.session, customer)
            if other is not None:
                if store.is_leased(uow.session, other):
                    raise Conflict("card.in_progress")
                abandon(uow, other)
                uow.session.flush()
            if store.add_registration(uow.session, values) is None:
                raise Conflict("card.in_progress")
        self._hold_back(uow, caller)  # now that no other registration of the customer can end meanwhile
        added = store.lock_registration(uow.session, customer, id=id)
        assert added is not None
        return added

    def _step(self, uow: UnitOfWork, registration: CardRegistration) -> Step:
        store.lease(registration, 2 * self._settings.provider_timeout_seconds)
        card = store.active_card(uow.session, registration.customer_code)
        return Step(
            registration.id,
            registration.payment_method,
            registration.return_url,
            registration.setup_intent,
            store.provider_id(uow.session, registration.customer_code),
            KnownCard(card.fingerprint, card.exp_month, card.exp_year) if card is not None else None,
        )

    def _go_on(self, caller: Caller, step: Step) -> dict[str, Any]:
        try:
            decision = self._at_the_provider(lambda: self._decide(caller, step))
        except KaisenError as error:
            self._leave(caller, step, is_over=error.code == "card.token")
            raise
        with self._uow() as uow:
            registration = store.lock_registration(uow.session, caller.customer, id=step.id)
            assert registration is not None
            if registration.state in store.OPEN:  # else another process, or another card, has been faster
                self._write(uow, caller, registration, decision)
                uow.commit()
            return _outcome(uow, registration, decision.setup)

    def _decide(self, caller: Caller, step: Step) -> Decision:
        provider_id = step.provider_id or self._new_provider_customer(caller.customer or "")
        card = self._provider.card(step.payment_method, provider_id)
        if (reason := self._refusal(card, step.on_file)) is not None:
            return Decision(card, refusal=reason)
        try:
            if step.setup_intent is not None:
                setup = self._provider.setup(step.setup_intent)
            else:
                setup = self._provider.set_up(step.id, step.payment_method, provider_id, step.return_url)
        except Declined as error:
            log.info("card declined", code=str(error))
            return Decision(card, refusal="card.unusable")
        if setup.state not in ("succeeded", "requires_action", "processing"):
            return Decision(card, setup, "card.unusable")
        return Decision(card, setup)

    def _new_provider_customer(self, customer: str) -> str:
        """Kept at once: what the provider attaches to it from here on must be found again after a crash."""
        provider_id = self._provider.create_customer(customer)
        with self._uow() as uow:
            store.keep_provider_id(uow.session, customer, provider_id)
            uow.commit()
        return provider_id

    def _write(
        self, uow: UnitOfWork, caller: Caller, registration: CardRegistration, decision: Decision
    ) -> None:
        now = clock.now()
        registration.lease_until = None
        if decision.refusal is not None:
            registration.state, registration.refusal, registration.ended_at = "refused", decision.refusal, now
            done = Audited.by(caller, "card.refused", decision.card.brand, {})
            uow.emit(replace(done, result=decision.refusal))
            if registration.setup_intent is not None:  # another registration came first
                store.add_detachment(uow.session, registration.payment_method)
            return
        assert decision.setup is not None
        registration.setup_intent = decision.setup.id
        if decision.setup.state != "succeeded":
            registration.state = "action_required"
            return
        former = store.active_card(uow.session, registration.customer_code, lock=True)
        if former is not None:
            end(uow, former, "replaced")
            uow.session.flush()  # before the new one is there: a customer has one card at most
        card = Card(customer_code=registration.customer_code, registered_at=now, **_stored(decision.card))
        uow.session.add(card)
        uow.session.flush()
        registration.state, registration.card_id, registration.ended_at = "registered", card.id, now
        uow.emit(CardRegistered(card.customer_code, card.brand, now))
        uow.emit(Audited.by(caller, "card.registered", card.brand, {"replaced": former is not None}))

    def _leave(self, caller: Caller, step: Step, is_over: bool) -> None:
        """Give the registration back: for another try, or for good if its token is worth nothing."""
        with self._uow() as uow:
            registration = store.lock_registration(uow.session, caller.customer, id=step.id)
            if registration is not None and registration.state in store.OPEN:
                registration.lease_until = None
                if is_over:
                    registration.state, registration.ended_at = "abandoned", clock.now()
                uow.commit()

    def _refusal(self, card: CardFacts, on_file: KnownCard | None) -> Refusal | None:
        settings = self._settings
        return refusal(card, on_file, clock.today(), settings.debit_issuers, settings.debit_iins)

    def _at_the_provider(self, step: Callable[[], Any]) -> Any:
        """The step's result, within the time-out all in all."""
        try:
            with eventlet.Timeout(self._settings.provider_timeout_seconds, NoAnswer("timeout")):
                return step()
        except UnknownToken as error:
            raise Invalid("card.token") from error
        except NoAnswer as error:
            log.warning("provider step given up", reason=str(error))
            raise Unavailable("card.provider_unavailable") from error


def _outcome(uow: UnitOfWork, registration: CardRegistration, setup: Setup | None = None) -> dict[str, Any]:
    """The answer to whoever asks about a registration; its refusal is raised. `setup` is known of an open one."""
    if registration.state == "abandoned":
        raise Conflict("card.over")
    if registration.refusal is not None:
        raise _refused(registration.refusal)
    answer: dict[str, Any] = {"registration_id": registration.id, "state": registration.state}
    if registration.state == "registered":
        return answer | {"card": shown(uow.session.get_one(Card, registration.card_id))}
    return answer | {"authentication_url": setup.url if setup is not None else None}


def _stored(card: CardFacts) -> dict[str, Any]:
    return {"payment_method": card.payment_method, "fingerprint": card.fingerprint} | shown(card)


def _refused(reason: Refusal) -> KaisenError:
    """What is told of a refusal; why an issuer does not take a card, nobody is told."""
    match reason:
        case "card.brand":
            return Invalid("card.brand")
        case "card.debit":
            return Invalid("card.debit")
        case "card.already_registered":
            return Conflict("card.already_registered")
        case _:
            return Invalid("card.unusable")
