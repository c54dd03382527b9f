"""Charges, which nothing changes once they are written."""

import sqlalchemy as sa
from alembic import op

from chassis import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op)
    op.create_table(
        "charges",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("customer_code", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("order_number", sa.Text, nullable=False),
        sa.Column("item", sa.BigInteger, nullable=False),
        sa.Column("usage_month", sa.Date, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description_ja", sa.Text, nullable=False),
        sa.Column("description_en", sa.Text, nullable=False),
        sa.Column("amount_yen", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("order_number", "item", name="charges_once_per_item"),
        sa.CheckConstraint("amount_yen >= 0", name="charges_amount_not_negative"),
        sa.CheckConstraint("extract(day from usage_month) = 1", name="charges_usage_month_is_a_first"),
    )
    op.create_index("charges_of_month", "charges", ["customer_code", "usage_month", "occurred_at", "id"])
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a charge is never changed: %', TG_OP; END $$"
    )
    op.execute(
        "CREATE TRIGGER charges_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON charges"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
