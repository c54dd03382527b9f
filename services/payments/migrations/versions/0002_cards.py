"""Cards, their registrations, and what the provider is to forget."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_INSTANT = sa.DateTime(timezone=True)
_OPEN = sa.text("state IN ('started', 'action_required')")


def upgrade() -> None:
    op.create_table(
        "provider_customers",
        sa.Column("customer_code", sa.Text, primary_key=True),
        sa.Column("provider_id", sa.Text, nullable=False),
    )
    op.create_table(
        "cards",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("customer_code", sa.Text, nullable=False),
        sa.Column("payment_method", sa.Text, nullable=False, unique=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("last4", sa.Text, nullable=False),
        sa.Column("exp_month", sa.BigInteger, nullable=False),
        sa.Column("exp_year", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("registered_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.CheckConstraint("length(last4) = 4", name="cards_keep_four_digits"),
        sa.CheckConstraint("(state = 'active') = (ended_at IS NULL)", name="cards_end"),
    )
    op.create_index(
        "cards_active", "cards", ["customer_code"], unique=True, postgresql_where=sa.text("state = 'active'")
    )
    op.create_table(
        "card_registrations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_code", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("payment_method", sa.Text, nullable=False),
        sa.Column("return_url", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("setup_intent", sa.Text),
        sa.Column("refusal", sa.Text),
        sa.Column("card_id", sa.BigInteger, sa.ForeignKey("cards.id")),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("lease_until", _INSTANT),
        sa.UniqueConstraint("customer_code", "key", name="card_registrations_key"),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="card_registrations_refusal"),
        sa.CheckConstraint(
            "(state IN ('started', 'action_required')) = (ended_at IS NULL)", name="card_registrations_end"
        ),
    )
    op.create_index(
        "card_registrations_open",
        "card_registrations",
        ["customer_code"],
        unique=True,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "card_registrations_refused",
        "card_registrations",
        ["customer_code", "ended_at"],
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_table(
        "card_detachments",
        sa.Column("payment_method", sa.Text, primary_key=True),
        sa.Column("next_attempt_at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
    )
