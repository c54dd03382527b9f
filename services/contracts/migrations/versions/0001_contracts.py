"""Customers, projects, contracts and lines."""

import sqlalchemy as sa
from alembic import op

from chassis import tables

revision = "0001"
down_revision = None

PHONE_NUMBER = sa.String(14, collation="C")


def upgrade() -> None:
    tables.create(op)
    op.create_table(
        "customers",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "projects",
        sa.Column("customer_code", sa.String, sa.ForeignKey("customers.code"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("customer_code", sa.String, nullable=False, index=True),
        sa.Column("project_name", sa.String, nullable=False),
        sa.Column("family", sa.String, nullable=False),
        sa.Column("service_type", sa.String, nullable=False),
        sa.Column("service_name", sa.String, nullable=False),
        sa.Column("sip_proxy", sa.String),
        sa.Column("sip_domain", sa.String),
        sa.Column("call_plan", sa.String),
        sa.Column("display_plan", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_code", "project_name"], ["projects.customer_code", "projects.name"]
        ),
    )
    op.create_table(
        "lines",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("contract_id", sa.BigInteger, sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("phone_number", PHONE_NUMBER, nullable=False),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("line_password", sa.String),
        sa.Column("addon_password", sa.String),
        sa.Column("start_date", sa.Date, nullable=False),
        sa.Column("end_date", sa.Date),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("notified_number", PHONE_NUMBER),
        sa.Column("pilot_number", PHONE_NUMBER),
        sa.Column("mobile_number", PHONE_NUMBER),
        sa.UniqueConstraint(
            "contract_id",
            "number",
            name="lines_of_contract",
            postgresql_include=["phone_number", "start_date", "end_date"],
        ),
        sa.UniqueConstraint(
            "phone_number",
            name="lines_by_phone",
            postgresql_include=["contract_id", "number", "start_date", "end_date"],
        ),
        sa.Index(
            "lines_by_start",
            "contract_id",
            "start_date",
            postgresql_include=["number", "phone_number", "end_date"],
        ),
        sa.CheckConstraint("end_date >= start_date", name="lines_end_after_start"),
        sa.CheckConstraint("channels > 0", name="lines_have_channels"),
    )
    # What an import has written is read from the index alone only after a vacuum, which by default waits
    # until a fifth of the table has changed.
    op.execute(
        "ALTER TABLE lines SET"
        " (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.01)"
    )
