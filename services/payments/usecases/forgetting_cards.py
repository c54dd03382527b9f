"""What is done with cards by itself: those that pay no more are forgotten, also by the provider."""

from collections.abc import Callable
from datetime import timedelta

import eventlet
import structlog

from chassis import clock
from chassis.database import UnitOfWork
from services.payments import card_store as store
from services.payments.adapters.provider import NoAnswer, Provider, UnknownToken
from services.payments.usecases.cards import abandon

log = structlog.get_logger()

STALE = timedelta(days=1)


def abandon_stale(uow: UnitOfWork) -> None:
    """End the registrations that nobody has come back to for a day."""
    for registration in store.stale_registrations(uow.session, clock.now() - STALE):
        abandon(uow, registration)
    uow.commit()


def detach(uows: Callable[[], UnitOfWork], provider: Provider, timeout: float) -> None:
    """Have the provider forget cards; `timeout` (seconds) bounds each request."""
    with uows() as uow:
        taken = store.take_detachments(uow.session)
        uow.commit()
    for payment_method in taken:
        try:
            with eventlet.Timeout(timeout, NoAnswer("timeout")):
                provider.detach(payment_method)
        except UnknownToken:  # it was never kept, or is forgotten already
            pass
        except NoAnswer as error:  # it stays claimed for a while and is tried again
            log.warning("provider did not forget a card yet", reason=str(error))
            return
        with uows() as uow:
            store.end_detachment(uow.session, payment_method)
            uow.commit()
