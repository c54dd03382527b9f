"""Mails about orders, the search of orders, and what staff decide about failed ones."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "mail_switches",
        sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("happening", sa.String, primary_key=True),
    )
    op.add_column("orders", sa.Column("settled_at", INSTANT))
    op.add_column("order_items", sa.Column("settled_at", INSTANT))
    op.add_column("order_items", sa.Column("status_before", sa.String))
    op.add_column("order_steps", sa.Column("note", sa.String, nullable=False, server_default=""))
    op.alter_column("order_steps", "note", server_default=None)
    for column in ("kind", "applicant"):
        op.create_index(f"orders_of_customer_by_{column}", "orders", ["customer_code", column, "id"])
    op.create_index("order_items_of_number", "order_items", ["msisdn"])
    op.create_index(
        "orders_in_trouble",
        "orders",
        ["id"],
        postgresql_where=sa.text("status IN ('failed', 'partially_failed') AND settled_at IS NULL"),
    )
    op.create_index(
        "orders_open",
        "orders",
        ["not_after"],
        postgresql_where=sa.text("status IN ('pending', 'in_progress') AND NOT by_hand"),
    )
