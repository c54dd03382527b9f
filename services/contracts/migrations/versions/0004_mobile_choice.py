"""Mobile Choice 050: groups, usage limits, the choice of each line, and rejected callers; a mobile number has one line.

Where several lines have the same mobile number, it stays with the one in service, and with the newest of several. The
others lose it, because nobody can say which of them the network follows; their ids are logged for staff to look into.
"""

import logging

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis import clock

revision = "0004"
down_revision = "0003"


def _of_contract(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("contract_id", sa.BigInteger, sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        *columns,
        sa.UniqueConstraint("contract_id", "code", name=f"{table}_of_contract"),
    )


_RELEASE_DOUBLES = """
    UPDATE lines SET mobile_number = NULL
    FROM (
        SELECT id, row_number() OVER (
            PARTITION BY mobile_number
            ORDER BY
                coalesce(end_date > :today, true) DESC, start_date DESC, id DESC
        ) AS place
        FROM lines WHERE mobile_number IS NOT NULL
    ) AS ranked
    WHERE ranked.id = lines.id AND ranked.place > 1
    RETURNING lines.id
"""


def upgrade() -> None:
    _of_contract("line_groups")
    _of_contract(
        "usage_limits",
        sa.Column("bars_international", sa.Boolean, nullable=False),
        sa.Column("bars_premium", sa.Boolean, nullable=False),
        sa.Column("bars_directory", sa.Boolean, nullable=False),
        sa.Column("monthly_ceiling", sa.Integer),
        sa.CheckConstraint("monthly_ceiling > 0", name="usage_limits_ceiling"),
    )
    op.create_table(
        "limit_bands",
        sa.Column(
            "limit_id",
            sa.BigInteger,
            sa.ForeignKey("usage_limits.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("days", sa.String, primary_key=True),
        sa.Column("from_minute", sa.Integer, primary_key=True),
        sa.Column("to_minute", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440", name="limit_bands_times"
        ),
    )
    op.create_table(
        "line_choices",
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), primary_key=True),
        sa.Column("group_id", sa.BigInteger, sa.ForeignKey("line_groups.id"), index=True),
        sa.Column("limit_id", sa.BigInteger, sa.ForeignKey("usage_limits.id"), index=True),
        sa.CheckConstraint("num_nonnulls(group_id, limit_id) > 0", name="line_choices_chosen"),
    )
    op.create_table(
        "rejected_numbers",
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), primary_key=True),
        sa.Column("number", sa.String(14, collation="C"), primary_key=True),
    )
    released = sorted(op.get_bind().scalars(sa.text(_RELEASE_DOUBLES), {"today": clock.today()}))
    if released:
        logging.getLogger("alembic.runtime.migration").warning(
            "mobile numbers that other lines have too were taken from the lines %s", released
        )
    op.create_index(
        "lines_by_mobile",
        "lines",
        ["mobile_number"],
        unique=True,
        postgresql_where=sa.text("mobile_number IS NOT NULL"),
    )
    op.create_table(
        "bulk_uploads",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("contract_id", sa.BigInteger, sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("rows", JSONB, nullable=False),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("counts", JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("applied_at", sa.DateTime(timezone=True)),
    )
