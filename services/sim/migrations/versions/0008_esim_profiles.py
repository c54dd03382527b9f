"""Profiles of eSIMs on their way to a customer."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "esim_profiles",
        sa.Column("order_item_id", sa.BigInteger, sa.ForeignKey("order_items.id"), primary_key=True),
        sa.Column("iccid", sa.String(collation="C"), nullable=False),
        sa.Column("eid", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("smdp_address", sa.String, nullable=False),
        sa.Column("matching_id", sa.String),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "(matching_id IS NULL) = (state IN ('withdrawn', 'cancelled'))",
            name="matching_id_kept_while_needed",
        ),
    )
    op.create_index(
        "esim_profiles_of_iccid",
        "esim_profiles",
        ["iccid"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
