"""SIMs with their usage and buckets, orders, and the jobs that carry them out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis import tables

revision = "0001"
down_revision = None

SERIAL = sa.String(collation="C")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    tables.create(op)
    sims()
    orders()
    data()
    jobs()


def sims() -> None:
    op.create_table(
        "customers",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "sims",
        sa.Column("serial", SERIAL, primary_key=True),
        sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code"), nullable=False),
        sa.Column("project_name", sa.String, nullable=False),
        sa.Column("msisdn", sa.String, nullable=False),
        sa.Column("sim_type", sa.String, nullable=False),
        sa.Column("sim_size", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("activated_on", sa.Date),
        sa.Column("restricted_at", INSTANT),
        sa.Column("usage_until", INSTANT),
    )
    op.create_index("sims_of_customer", "sims", ["customer_code", "serial"])
    op.create_index(
        "sims_restricted", "sims", ["restricted_at"], postgresql_where=sa.text("restricted_at IS NOT NULL")
    )


def orders() -> None:
    op.create_table(
        "order_sequences",
        sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("year", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("number", sa.String, nullable=False, unique=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code"), nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("applicant", sa.String, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.Column("start_date", sa.Date, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("not_after", INSTANT, nullable=False),
        sa.Column("cancellable_until", INSTANT),
        sa.Column("executed_at", INSTANT),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("reason", sa.String),
        sa.Column("correlation_id", sa.String, nullable=False),
    )
    op.create_index("orders_of_customer", "orders", ["customer_code", "id"])
    op.create_table(
        "recharges",
        sa.Column(
            "order_id", sa.BigInteger, sa.ForeignKey("orders.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("gigabytes", sa.BigInteger, nullable=False),
        sa.Column("price_yen", sa.BigInteger, nullable=False),
        sa.Column("valid_through", sa.Date, nullable=False),
    )
    op.create_table(
        "order_items",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("order_id", sa.BigInteger, sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("sim_serial", SERIAL, sa.ForeignKey("sims.serial"), nullable=False, index=True),
        sa.Column("msisdn", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("executed_at", INSTANT),
        sa.Column("reason", sa.String),
        sa.UniqueConstraint("order_id", "position"),
    )
    op.create_table(
        "order_steps",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("order_id", sa.BigInteger, sa.ForeignKey("orders.id"), nullable=False, index=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String),
    )


def data() -> None:
    op.create_table(
        "usage_records",
        sa.Column("record_id", sa.String, primary_key=True),
        sa.Column("sim_serial", SERIAL, sa.ForeignKey("sims.serial"), nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.CheckConstraint("bytes >= 0", name="usage_is_not_negative"),
    )
    op.create_index("usage_of_sim", "usage_records", ["sim_serial", "used_at"], postgresql_include=["bytes"])
    op.create_table(
        "buckets",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("sim_serial", SERIAL, sa.ForeignKey("sims.serial"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("amount_bytes", sa.BigInteger, nullable=False),
        sa.Column("used_bytes", sa.BigInteger, nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("order_item_id", sa.BigInteger, sa.ForeignKey("order_items.id"), unique=True),
        sa.CheckConstraint("used_bytes BETWEEN 0 AND amount_bytes", name="bucket_is_not_overdrawn"),
        sa.CheckConstraint("valid_from < valid_until", name="bucket_has_a_duration"),
        sa.CheckConstraint(
            "(kind = 'recharge') = (order_item_id IS NOT NULL)", name="bucket_of_a_recharge_names_it"
        ),
    )
    op.create_index("buckets_of_sim", "buckets", ["sim_serial", "valid_until"])
    op.create_index(
        "buckets_of_plan",
        "buckets",
        ["sim_serial", "valid_from"],
        unique=True,
        postgresql_where=sa.text("kind = 'plan'"),
    )


def jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("sim_serial", SERIAL, sa.ForeignKey("sims.serial"), nullable=False),
        sa.Column("order_item_id", sa.BigInteger, sa.ForeignKey("order_items.id"), unique=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("next_attempt_at", INSTANT),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("operations", postgresql.JSONB),
        sa.Column("error", sa.String),
        sa.Column("correlation_id", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    )
    op.create_index(
        "jobs_started", "jobs", ["sim_serial"], unique=True, postgresql_where=sa.text("state = 'started'")
    )
    op.create_index("jobs_waiting", "jobs", ["not_before"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index(
        "jobs_waiting_of_sim", "jobs", ["sim_serial"], postgresql_where=sa.text("state = 'waiting'")
    )
