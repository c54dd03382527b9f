"""Cards as the payment provider knows them. There is no column that could hold a number or a security code."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.card_rules import Refusal
from services.payments.models import Base

CardState = Literal["active", "replaced", "removed"]
RegistrationState = Literal["started", "action_required", "registered", "refused", "abandoned"]


class ProviderCustomer(Base):
    """A customer under the name that the provider has given it."""

    __tablename__ = "provider_customers"

    customer_code: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str]


class Card(Base):
    """A card that pays, or has paid: at most one of a customer is active."""

    __tablename__ = "cards"
    __table_args__ = (
        Index("cards_active", "customer_code", unique=True, postgresql_where="state = 'active'"),
        CheckConstraint("length(last4) = 4", name="cards_keep_four_digits"),
        CheckConstraint("(state = 'active') = (ended_at IS NULL)", name="cards_end"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    customer_code: Mapped[str]
    payment_method: Mapped[str] = mapped_column(unique=True)
    fingerprint: Mapped[str]
    brand: Mapped[str]
    last4: Mapped[str]
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    state: Mapped[CardState] = mapped_column(Text, default="active")
    registered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CardRegistration(Base):
    """One application to register a card: named by its customer's `key`, carried out once.

    It is open (started, action_required) until the provider has decided; a customer has one open registration at most.
    All requests to the provider carry keys made of `id`, so that each is carried out once, however often it is sent.
    `lease_until` is the database's real time: until then one process alone works on it. The other times are business
    time.
    """

    __tablename__ = "card_registrations"
    __table_args__ = (
        UniqueConstraint("customer_code", "key", name="card_registrations_key"),
        Index(
            "card_registrations_open",
            "customer_code",
            unique=True,
            postgresql_where="state IN ('started', 'action_required')",
        ),
        Index(
            "card_registrations_refused", "customer_code", "ended_at", postgresql_where="state = 'refused'"
        ),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="card_registrations_refusal"),
        CheckConstraint(
            "(state IN ('started', 'action_required')) = (ended_at IS NULL)", name="card_registrations_end"
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    customer_code: Mapped[str]
    key: Mapped[str]
    payment_method: Mapped[str]
    return_url: Mapped[str]
    state: Mapped[RegistrationState] = mapped_column(Text, default="started")
    setup_intent: Mapped[str | None]
    refusal: Mapped[Refusal | None] = mapped_column(Text)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("cards.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]


class Detachment(Base):
    """A payment method that the provider is to forget. `next_attempt_at` is the database's real time."""

    __tablename__ = "card_detachments"

    payment_method: Mapped[str] = mapped_column(primary_key=True)
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
