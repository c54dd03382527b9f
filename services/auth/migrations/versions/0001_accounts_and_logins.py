"""Accounts, login attempts, sessions, outgoing mail, and the copies of customers and contracts."""

import sqlalchemy as sa
from alembic import op

from chassis import tables

revision = "0001"
down_revision = None


def _instant(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def upgrade() -> None:
    tables.create(op)
    op.create_table("customers", sa.Column("customer_code", sa.Text, primary_key=True), _text("name"))
    op.create_table(
        "contracts",
        sa.Column("contract_code", sa.Text, primary_key=True),
        _text("customer_code"),
        _text("family"),
    )
    op.create_index("contracts_of_customer", "contracts", ["customer_code"])
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("login_id"),
        _text("kind"),
        _text("role"),
        sa.Column("customer_code", sa.Text, sa.ForeignKey("customers.customer_code")),
        _text("email", nullable=True),
        _text("contact_phone", nullable=True),
        _text("language"),
        _text("password_hash", nullable=True),
        sa.Column("disabled", sa.Boolean, nullable=False),
        _instant("created_at"),
        sa.UniqueConstraint("login_id", name="accounts_login_id"),
        sa.CheckConstraint(
            "(kind = 'staff') = (customer_code IS NULL)", name="accounts_customer_unless_staff"
        ),
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("accounts.id")),
        _text("login_digest"),
        _text("portal"),
        _text("state"),
        _text("code_digest"),
        _instant("code_expires_at", nullable=True),
        sa.Column("wrong_codes", sa.Integer, nullable=False),
        _text("client_ip"),
        _instant("started_at"),
        sa.CheckConstraint(
            "state IN ('refused', 'open', 'completed', 'ended', 'superseded')", name="login_attempts_state"
        ),
        sa.CheckConstraint(
            "state <> 'open' OR (account_id IS NOT NULL AND code_expires_at IS NOT NULL)",
            name="login_attempts_open_with_code",
        ),
    )
    op.create_index("login_attempts_of_id", "login_attempts", ["login_digest", "started_at"])
    op.create_index("login_attempts_started", "login_attempts", ["started_at"])
    op.create_index(
        "login_attempts_one_open",
        "login_attempts",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("accounts.id"), nullable=False),
        _text("portal"),
        _instant("authenticated_at"),
        _instant("last_seen_at"),
        _text("client_ip"),
        _text("user_agent"),
    )
    op.create_index("sessions_of_account", "sessions", ["account_id"])
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("message"),
        _text("correlation_id"),
        sa.Column("tries", sa.Integer, nullable=False),
        _instant("created_at"),
        _instant("next_try_at"),
    )
    op.create_index("outgoing_mail_due", "outgoing_mail", ["next_try_at"])
