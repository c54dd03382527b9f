"""The card that pays: registered, looked at and removed by its holder."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.jobs import job
from chassis.rpc import rpc
from services.payments.adapters.provider import Provider
from services.payments.permissions import CARD
from services.payments.settings import Settings
from services.payments.usecases import cards, forgetting_cards
from services.payments.usecases.registering_cards import Registrar, Wish

Token = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^pm_[A-Za-z0-9_]+$")]
Key = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
Address = Annotated[str, Field(max_length=500, pattern=r"^https?://[\x21-\x7e]+$")]


class CardMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings
    provider: Provider

    @rpc(CARD, fresh=True)
    def card_form(self, caller: Caller) -> dict[str, Any]:
        """Asks for the proof that registering needs before a card is typed in."""
        return cards.card_form(self.settings)

    @rpc(CARD)
    def preview_card(self, caller: Caller, *, payment_method: Token) -> dict[str, Any]:
        return self._registrar().preview(caller, payment_method)

    @rpc(CARD, fresh=True)
    def register_card(
        self, caller: Caller, *, payment_method: Token, idempotency_key: Key, return_to: Address
    ) -> dict[str, Any]:
        return self._registrar().register(caller, Wish(payment_method, idempotency_key, return_to))

    @rpc(CARD)
    def complete_card_registration(self, caller: Caller, *, registration_id: UUID) -> dict[str, Any]:
        return self._registrar().complete(caller, registration_id)

    @rpc(CARD)
    def get_card(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return cards.get_card(uow, caller)

    @rpc(CARD, fresh=True)
    def remove_card(self, caller: Caller) -> None:
        with self.uow() as uow:
            cards.remove_card(uow, caller)

    @job(every=2)
    def forget_cards(self) -> None:
        forgetting_cards.detach(self.uow, self.provider, self.settings.provider_timeout_seconds)

    @job(every=600)
    def abandon_card_registrations(self) -> None:
        with self.uow() as uow:
            forgetting_cards.abandon_stale(uow)

    def _registrar(self) -> Registrar:
        return Registrar(self.uow, self.provider, self.settings)
