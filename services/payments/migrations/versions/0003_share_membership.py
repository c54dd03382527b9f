"""Charges for the months of share groups."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("charges", sa.Column("group_id", sa.BigInteger))
    op.alter_column("charges", "order_number", nullable=True)
    op.alter_column("charges", "item", nullable=True)
    op.create_unique_constraint("charges_once_per_group_and_month", "charges", ["group_id", "usage_month"])
    op.create_check_constraint(
        "charges_are_of_an_item_or_a_group",
        "charges",
        "(order_number IS NULL) <> (group_id IS NULL) AND (order_number IS NULL) = (item IS NULL)",
    )
