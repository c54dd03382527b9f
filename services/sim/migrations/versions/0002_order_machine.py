"""One machine for orders of every kind: requests and terms, items that hold their SIM, jobs in lanes by customer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.String(collation="C")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    sims()
    share_groups()
    orders()
    jobs()


def sims() -> None:
    op.add_column("sims", sa.Column("service_type", sa.String, nullable=False, server_default="data"))
    op.add_column("sims", sa.Column("options", sa.ARRAY(sa.String), nullable=False, server_default="{}"))


def share_groups() -> None:
    op.create_table(
        "share_groups",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("sim_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("starts_on", sa.Date),
        sa.Column("ends_on", sa.Date),
    )
    op.create_index("share_groups_of_customer", "share_groups", ["customer_code", "id"])
    op.create_table(
        "share_members",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("group_id", sa.BigInteger, sa.ForeignKey("share_groups.id"), nullable=False),
        sa.Column("msisdn", sa.String, nullable=False),
        sa.Column("from_month", sa.Date, nullable=False),
        sa.Column("until_month", sa.Date),
    )
    op.create_index("share_members_of_group", "share_members", ["group_id", "from_month"])
    # a range of one number, because GiST compares numbers themselves only with an extension
    op.execute(
        "ALTER TABLE share_members ADD CONSTRAINT share_members_in_one_group EXCLUDE USING gist"
        " (int8range(msisdn::bigint, msisdn::bigint, '[]') WITH &&, daterange(from_month, until_month) WITH &&)"
    )
    op.add_column("buckets", sa.Column("group_id", sa.BigInteger, sa.ForeignKey("share_groups.id")))
    op.alter_column("buckets", "sim_serial", nullable=True)
    op.create_check_constraint(
        "bucket_is_of_a_sim_or_a_group", "buckets", "(sim_serial IS NULL) <> (group_id IS NULL)"
    )
    op.create_index(
        "buckets_of_group",
        "buckets",
        ["group_id", "valid_until"],
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )


def orders() -> None:
    op.add_column("orders", sa.Column("service_type", sa.String, nullable=False, server_default="data"))
    op.add_column("orders", sa.Column("group_id", sa.BigInteger, sa.ForeignKey("share_groups.id")))
    op.add_column("orders", sa.Column("by_hand", sa.Boolean, nullable=False, server_default="false"))
    for name in ("price_yen", "items_total", "items_open", "items_failed"):
        op.add_column("orders", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    for name in ("request", "terms"):
        op.add_column("orders", sa.Column(name, postgresql.JSONB, nullable=False, server_default="{}"))
    op.add_column("order_items", sa.Column("holds", sa.Boolean, nullable=False, server_default="false"))
    op.add_column("order_items", sa.Column("details", postgresql.JSONB, nullable=False, server_default="{}"))
    op.alter_column("order_items", "sim_serial", nullable=True)
    op.add_column("order_steps", sa.Column("change", sa.Boolean, nullable=False, server_default="false"))
    op.execute(
        "UPDATE orders SET price_yen = r.price_yen, items_total = 1,"
        "  items_open = (status IN ('pending', 'in_progress'))::int, items_failed = (status = 'failed')::int,"
        "  request = jsonb_build_object('kind', 'RC', 'sim_serial', i.sim_serial, 'gigabytes', r.gigabytes,"
        "   'start_date', orders.start_date),"
        "  terms = jsonb_build_object('gigabytes', r.gigabytes, 'valid_through', r.valid_through)"
        " FROM recharges r JOIN order_items i ON i.order_id = r.order_id WHERE r.order_id = orders.id"
    )
    op.drop_table("recharges")
    for name in ("service_type", "by_hand", "price_yen", "items_total", "items_open", "items_failed"):
        op.alter_column("orders", name, server_default=None)
    for table, name in (
        ("orders", "request"),
        ("orders", "terms"),
        ("order_items", "holds"),
        ("order_items", "details"),
        ("order_steps", "change"),
    ):
        op.alter_column(table, name, server_default=None)
    op.create_check_constraint(
        "order_counts_its_items",
        "orders",
        "items_open >= 0 AND items_failed >= 0 AND items_open + items_failed <= items_total",
    )
    op.create_index("orders_of_customer_by_status", "orders", ["customer_code", "status", "id"])
    op.create_index("ix_orders_group_id", "orders", ["group_id"])
    op.create_index(
        "order_items_holding",
        "order_items",
        ["sim_serial"],
        unique=True,
        postgresql_where=sa.text("holds AND state IN ('pending', 'in_progress')"),
    )


def jobs() -> None:
    for name in ("jobs_started", "jobs_waiting_of_sim"):
        op.drop_index(name, "jobs")
    op.drop_constraint("jobs_order_item_id_key", "jobs")
    op.add_column("jobs", sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code")))
    op.add_column("jobs", sa.Column("lane", SERIAL))
    op.add_column("jobs", sa.Column("group_id", sa.BigInteger, sa.ForeignKey("share_groups.id")))
    op.alter_column("jobs", "sim_serial", nullable=True)
    op.alter_column("jobs", "created_at", server_default=sa.func.clock_timestamp())
    op.execute(
        "UPDATE jobs SET lane = s.serial, customer_code = s.customer_code FROM sims s WHERE s.serial = sim_serial"
    )
    op.alter_column("jobs", "customer_code", nullable=False)
    op.alter_column("jobs", "lane", nullable=False)
    op.create_index(
        "jobs_started_in_lane",
        "jobs",
        ["lane"],
        unique=True,
        postgresql_where=sa.text("state = 'started'"),
    )
    op.create_index(
        "jobs_started", "jobs", ["next_attempt_at"], postgresql_where=sa.text("state = 'started'")
    )
    op.create_index(
        "jobs_waiting_of_customer", "jobs", ["customer_code", "not_before"], postgresql_where=WAITING
    )
    op.create_index("jobs_waiting_in_lane", "jobs", ["lane", "not_before"], postgresql_where=WAITING)
    op.create_index(
        "jobs_of_item",
        "jobs",
        ["order_item_id"],
        postgresql_where=sa.text("order_item_id IS NOT NULL"),
    )
