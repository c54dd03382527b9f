"""Applications for more 050 numbers, terminations, and the pool of numbers; a number outlives its line.

A telephone number used to have one line for good. Now one line of a number is without an end, and any number of former
ones have ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)
PHONE_NUMBER = sa.String(14, collation="C")


def upgrade() -> None:
    op.drop_constraint("lines_by_phone", "lines", type_="unique")
    op.create_index(
        "lines_by_phone",
        "lines",
        ["phone_number"],
        postgresql_include=["contract_id", "number", "start_date", "end_date"],
    )
    op.create_index(
        "lines_open_by_phone",
        "lines",
        ["phone_number"],
        unique=True,
        postgresql_where=sa.text("end_date IS NULL"),
    )
    _pool()
    _applications()
    _terminations()


def _pool() -> None:
    op.create_table(
        "pool_numbers",
        sa.Column("phone_number", PHONE_NUMBER, primary_key=True),
        sa.Column("family", sa.String, nullable=False),
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), unique=True),
        sa.Column("ended_on", sa.Date),
        sa.CheckConstraint("ended_on IS NULL OR line_id IS NOT NULL", name="pool_numbers_ended_line"),
    )
    op.create_index(
        "pool_numbers_free",
        "pool_numbers",
        ["family", "phone_number"],
        postgresql_where=sa.text("line_id IS NULL OR ended_on IS NOT NULL"),
    )


def _applications() -> None:
    op.create_table(
        "application_sequences",
        sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code"), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "applications",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("number", sa.String, nullable=False, unique=True),
        sa.Column("contract_id", sa.BigInteger, sa.ForeignKey("contracts.id"), nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("wished_date", sa.Date, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("contact_name", sa.String, nullable=False),
        sa.Column("contact_phone", sa.String, nullable=False),
        sa.Column("contact_email", sa.String, nullable=False),
        sa.Column("applicant", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("start_date", sa.Date),
        sa.Column("reason", sa.String),
        sa.CheckConstraint("count > 0", name="applications_count"),
        sa.CheckConstraint("(state = 'received') = (ended_at IS NULL)", name="applications_ended"),
    )
    op.create_index(
        "applications_open", "applications", ["id"], postgresql_where=sa.text("state = 'received'")
    )
    op.create_table(
        "application_lines",
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), primary_key=True),
        sa.Column(
            "application_id", sa.BigInteger, sa.ForeignKey("applications.id"), nullable=False, index=True
        ),
    )


def _terminations() -> None:
    op.create_table(
        "terminations",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("wished_date", sa.Date, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("registered_by", sa.String, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_by", sa.String),
        sa.CheckConstraint("(state = 'registered') = (ended_at IS NULL)", name="terminations_ended"),
    )
    op.create_index(
        "terminations_open",
        "terminations",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("state = 'registered'"),
    )
