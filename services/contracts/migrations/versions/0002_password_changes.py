"""Changes of line passwords on their way to the SIP switch, and wrong tries at current passwords."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "password_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("operation_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("new_password", sa.String),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("reflected_by", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("next_attempt_at", INSTANT),
        sa.Column("lease_until", INSTANT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("correlation_id", sa.String, nullable=False),
        sa.UniqueConstraint("line_id", "version", name="password_changes_of_line"),
        sa.CheckConstraint(
            "(state IN ('pending', 'failed')) = (new_password IS NOT NULL)",
            name="password_kept_while_needed",
        ),
    )
    op.create_index(
        "password_changes_open",
        "password_changes",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('pending', 'failed')"),
    )
    op.create_index(
        "password_changes_due", "password_changes", ["due_at"], postgresql_where=sa.text("state = 'pending'")
    )
    op.create_index(
        "password_changes_failed", "password_changes", ["id"], postgresql_where=sa.text("state = 'failed'")
    )
    op.create_table(
        "password_tries",
        sa.Column("line_id", sa.BigInteger, sa.ForeignKey("lines.id"), primary_key=True),
        sa.Column("purpose", sa.String, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("latest", INSTANT, nullable=False),
    )
