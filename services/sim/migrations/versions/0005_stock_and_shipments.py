"""The stock of cards and profiles, what is handed over to shipping, and which SIM came after which."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.String(collation="C")


def upgrade() -> None:
    op.add_column("sims", sa.Column("replaced_by", SERIAL, sa.ForeignKey("sims.serial"), unique=True))
    op.create_table(
        "sim_stock",
        sa.Column("serial", SERIAL, primary_key=True),
        sa.Column("sim_type", sa.String, nullable=False),
        sa.Column("sim_size", sa.String, nullable=False),
        sa.Column("msisdn", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("order_item_id", sa.BigInteger, sa.ForeignKey("order_items.id"), index=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('reserved', 'assigned') OR order_item_id IS NOT NULL",
            name="stock_given_away_names_its_item",
        ),
    )
    op.create_index(
        "sim_stock_free",
        "sim_stock",
        ["sim_type", "sim_size", "serial"],
        postgresql_where=sa.text("state = 'free'"),
    )
    op.create_index(
        "sim_stock_of_number",
        "sim_stock",
        ["msisdn"],
        unique=True,
        postgresql_where=sa.text("state IN ('free', 'reserved')"),
    )
    op.create_table(
        "shipments",
        sa.Column(
            "order_id", sa.BigInteger, sa.ForeignKey("orders.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("handed_over_at", INSTANT, nullable=False),
        sa.Column("carrier_name", sa.String, nullable=False),
        sa.Column("tracking_number", sa.String, nullable=False),
        sa.Column("arrived_on", sa.Date),
    )
    op.create_index(
        "orders_by_hand",
        "orders",
        ["start_date", "id"],
        postgresql_where=sa.text("by_hand"),
    )
