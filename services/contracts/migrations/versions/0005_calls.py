"""Call records by month, their totals, and applications for call details."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True)
BYTEWISE = sa.String(collation="C")


def upgrade() -> None:
    op.create_table(
        "call_records",
        sa.Column("record_id", BYTEWISE, primary_key=True),
        sa.Column("started_at", INSTANT, primary_key=True),
        sa.Column("contract_id", sa.BigInteger, nullable=False),
        sa.Column("line_id", sa.BigInteger, nullable=False),
        sa.Column("destination", BYTEWISE, nullable=False),
        sa.Column("call_type", sa.String, nullable=False),
        sa.Column("duration_seconds", sa.Integer, nullable=False),
        sa.Column("charge_yen", sa.Integer, nullable=False),
        sa.CheckConstraint("duration_seconds >= 0 AND charge_yen >= 0", name="call_records_not_negative"),
        postgresql_partition_by="RANGE (started_at)",
    )
    op.create_index(
        "call_records_of_contract",
        "call_records",
        ["contract_id", "started_at", "record_id"],
        postgresql_include=["duration_seconds", "charge_yen"],
    )
    op.create_index("call_records_of_line", "call_records", ["line_id", "started_at"])
    # The service makes the partitions as months come, and drops them; they stay out of the way of whoever looks at
    # the tables.
    op.execute("CREATE SCHEMA call_months")
    op.create_table(
        "call_totals",
        sa.Column("contract_id", sa.BigInteger, sa.ForeignKey("contracts.id"), primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("duration_seconds", sa.BigInteger, nullable=False),
        sa.Column("charge_yen", sa.BigInteger, nullable=False),
    )
    op.create_index("call_totals_by_month", "call_totals", ["month"])
    op.create_table(
        "details_applications",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("contract_id", sa.BigInteger, sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("applied_at", INSTANT, nullable=False),
        sa.Column("cancelled_at", INSTANT),
    )
    op.create_index(
        "details_applications_open",
        "details_applications",
        ["contract_id"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
