"""Queries about cards: the one on file, applications to register one, and what the provider is to forget.

A process that works on a registration holds a lease on it, so that nothing stays locked while the provider thinks.
Nobody renews a lease: a step at the provider is limited, and a lease outlasts it.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.payments.models import Charge
from services.payments.models_cards import (
    Card,
    CardRegistration,
    Detachment,
    ProviderCustomer,
    RegistrationState,
)

OPEN: tuple[RegistrationState, ...] = ("started", "action_required")

# the claim pushes the next attempt away, further each time, so that another replica does not take the row meanwhile
_TAKE_DETACHMENTS = text(
    "UPDATE card_detachments SET attempts = attempts + 1,"
    " next_attempt_at = clock_timestamp() + least(power(2, attempts), 240) * interval '15 seconds'"
    " WHERE payment_method IN (SELECT payment_method FROM card_detachments"
    " WHERE next_attempt_at <= clock_timestamp() ORDER BY next_attempt_at LIMIT 10 FOR UPDATE SKIP LOCKED)"
    " RETURNING payment_method"
)


def active_card(session: Session, customer: str | None, *, lock: bool = False) -> Card | None:
    statement = select(Card).where(Card.customer_code == customer, Card.state == "active")
    return session.scalar(statement.with_for_update() if lock else statement)


def provider_id(session: Session, customer: str) -> str | None:
    found = session.get(ProviderCustomer, customer)
    return found.provider_id if found is not None else None


def keep_provider_id(session: Session, customer: str, provider_id: str) -> None:
    values = {"customer_code": customer, "provider_id": provider_id}
    session.execute(insert(ProviderCustomer).values(values).on_conflict_do_nothing())


def add_registration(session: Session, values: dict[str, Any]) -> UUID | None:
    """Store an open registration; None if its key was used before, or the customer has another open one.

    Waits for a transaction that is just adding one of either kind.
    """
    row = insert(CardRegistration).values(values).on_conflict_do_nothing().returning(CardRegistration.id)
    return session.scalar(row)


def lock_registration(session: Session, customer: str | None, **by: Any) -> CardRegistration | None:
    """The customer's registration with this `key` or `id`."""
    return session.scalar(
        select(CardRegistration)
        .where(CardRegistration.customer_code == customer)
        .filter_by(**by)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_open_registration(session: Session, customer: str) -> CardRegistration | None:
    return session.scalar(
        select(CardRegistration)
        .where(CardRegistration.customer_code == customer, CardRegistration.state.in_(OPEN))
        .with_for_update()
    )


def is_leased(session: Session, registration: CardRegistration) -> bool:
    """Whether a process works on it now; the caller has it locked."""
    return (
        registration.lease_until is not None
        and session.scalar(select(registration.lease_until > func.clock_timestamp())) is True
    )


def lease(registration: CardRegistration, seconds: float) -> None:
    registration.lease_until = func.clock_timestamp() + timedelta(seconds=seconds)


def refusals_since(session: Session, customer: str | None, since: datetime) -> Sequence[datetime]:
    """When cards of the customer were found unusable after `since`, oldest first."""
    found = session.scalars(
        select(CardRegistration.ended_at)
        .where(
            CardRegistration.customer_code == customer,
            CardRegistration.state == "refused",
            CardRegistration.refusal == "card.unusable",
            CardRegistration.ended_at > since,
        )
        .order_by(CardRegistration.ended_at)
    )
    return [ended_at for ended_at in found if ended_at is not None]


def stale_registrations(session: Session, before: datetime) -> Sequence[CardRegistration]:
    """Open registrations that began before this, and that nobody works on; locked."""
    return session.scalars(
        select(CardRegistration)
        .where(
            CardRegistration.state.in_(OPEN),
            CardRegistration.started_at < before,
            func.coalesce(CardRegistration.lease_until <= func.clock_timestamp(), True),
        )
        .limit(100)
        .with_for_update(skip_locked=True)
    ).all()


def latest_usage_month(session: Session, customer: str | None) -> date | None:
    return session.scalar(select(func.max(Charge.usage_month)).where(Charge.customer_code == customer))


def is_spent(session: Session, payment_method: str) -> bool:
    """Whether it belongs to a card that pays no more, or is to be forgotten."""
    ended = select(Card.id).where(Card.payment_method == payment_method, Card.state != "active")
    return session.scalar(ended) is not None or session.get(Detachment, payment_method) is not None


def add_detachment(session: Session, payment_method: str) -> None:
    row = insert(Detachment).values(
        payment_method=payment_method, next_attempt_at=func.clock_timestamp(), attempts=0
    )
    session.execute(row.on_conflict_do_nothing())


def take_detachments(session: Session) -> Sequence[str]:
    """Claim a few that are due."""
    return session.scalars(_TAKE_DETACHMENTS).all()


def end_detachment(session: Session, payment_method: str) -> None:
    session.execute(delete(Detachment).where(Detachment.payment_method == payment_method))
