"""Stages of a login, ages of passwords, factors, API keys, and the audit trail."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def _instant(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def _account(**options: Any) -> sa.Column:
    return sa.Column("account_id", sa.Uuid, sa.ForeignKey("accounts.id"), nullable=False, **options)


def _serial() -> sa.Column:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _add(table: str, name: str, kind: type[sa.types.TypeEngine], present: str) -> None:
    """A column that is `present` in the rows of today and has no default tomorrow."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(present)))
    op.alter_column(table, name, server_default=None)


def upgrade() -> None:
    _add("customers", "factors_required", sa.Boolean, "false")

    op.add_column("accounts", _instant("password_set_at", nullable=True))
    _add("accounts", "password_is_initial", sa.Boolean, "false")
    op.add_column("accounts", _instant("initial_password_ends_at", nullable=True))
    op.add_column("accounts", _instant("last_login_at", nullable=True))
    op.add_column("accounts", _instant("deleted_at", nullable=True))
    op.execute("UPDATE accounts SET password_set_at = created_at WHERE password_hash IS NOT NULL")
    op.create_index("accounts_of_customer", "accounts", ["customer_code", "login_id"])
    op.create_table("former_passwords", _serial(), _account(), _text("password_hash"), _instant("set_at"))
    op.create_index("former_passwords_of_account", "former_passwords", ["account_id", "id"])

    _login_attempts()
    op.create_table("code_mails", _serial(), _account(), _instant("sent_at"))
    op.create_index("code_mails_of_account", "code_mails", ["account_id", "sent_at"])

    op.execute("DELETE FROM sessions")  # of before the change: whoever was logged in logs in anew
    op.add_column("sessions", sa.Column("id", sa.Uuid, nullable=False))
    op.add_column("sessions", _instant("proved_at"))
    op.create_unique_constraint("sessions_id", "sessions", ["id"])

    _api_keys()
    _factors()
    _audit()


def _login_attempts() -> None:
    op.execute("DELETE FROM login_attempts WHERE state = 'open'")
    op.drop_constraint("login_attempts_state", "login_attempts")
    op.drop_constraint("login_attempts_open_with_code", "login_attempts")
    op.alter_column("login_attempts", "code_expires_at", new_column_name="ends_at")
    _add("login_attempts", "stage", sa.Text, "''")
    op.add_column("login_attempts", _text("new_email", nullable=True))
    _add("login_attempts", "wrong_phones", sa.Integer, "0")
    op.add_column("login_attempts", _instant("failed_at", nullable=True))
    op.create_check_constraint(
        "login_attempts_state",
        "login_attempts",
        "state IN ('refused', 'throttled', 'open', 'completed', 'ended', 'superseded')",
    )
    op.create_check_constraint(
        "login_attempts_open_with_stage",
        "login_attempts",
        "state <> 'open' OR (account_id IS NOT NULL AND ends_at IS NOT NULL AND stage <> '')",
    )
    op.create_index("login_attempts_of_account", "login_attempts", ["account_id", "started_at"])
    op.drop_index("login_attempts_of_id", "login_attempts")
    for name, when, condition in (
        ("login_attempts_failed", "failed_at", "failed_at IS NOT NULL"),
        ("login_attempts_completed", "ends_at", "state = 'completed'"),
    ):
        op.create_index(name, "login_attempts", ["login_digest", when], postgresql_where=sa.text(condition))


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_code", sa.Text, sa.ForeignKey("customers.customer_code"), nullable=False),
        _text("name"),
        _text("role"),
        _text("key_hash"),
        _text("hint"),
        _text("created_by"),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("last_used_at", nullable=True),
        _instant("revoked_at", nullable=True),
        sa.UniqueConstraint("key_hash", name="api_keys_key_hash"),
    )
    op.create_index("api_keys_of_customer", "api_keys", ["customer_code", "created_at"])


def _factors() -> None:
    op.create_table(
        "factors",
        sa.Column("id", sa.Uuid, primary_key=True),
        _account(),
        _text("kind"),
        _text("name"),
        _text("secret", nullable=True),
        sa.Column("last_step", sa.BigInteger),
        _text("credential_id", nullable=True),
        _text("public_key", nullable=True),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        _instant("created_at"),
        _instant("confirmed_at", nullable=True),
        _instant("last_used_at", nullable=True),
        sa.UniqueConstraint("credential_id", name="factors_credential_id"),
        sa.CheckConstraint(
            "CASE kind WHEN 'totp' THEN secret IS NOT NULL"
            " WHEN 'passkey' THEN credential_id IS NOT NULL AND public_key IS NOT NULL ELSE false END",
            name="factors_of_a_kind",
        ),
    )
    op.create_index("factors_of_account", "factors", ["account_id"])
    op.create_table(
        "recovery_codes",
        _account(primary_key=True),
        sa.Column("code_digest", sa.Text, primary_key=True),
        _instant("used_at", nullable=True),
    )
    op.create_table(
        "challenges",
        sa.Column("holder", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True),
        _text("challenge"),
        _instant("ends_at"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        _instant("at"),
        _text("actor"),
        _text("kind"),
        _text("login_id"),
        _text("customer_code", nullable=True),
        _text("client_ip"),
        _text("user_agent"),
        _text("action"),
        _text("target"),
        _text("result"),
        sa.Column("details", JSONB, nullable=False),
        _text("correlation_id"),
        _text("hash"),
    )
    op.create_index("audit_by_time", "audit", ["at", "seq"])
    op.create_index("audit_of_customer", "audit", ["customer_code", "at", "seq"])
    op.create_index("audit_of_login", "audit", ["login_id", "at", "seq"])
    op.create_index("audit_of_action", "audit", ["action"], postgresql_ops={"action": "text_pattern_ops"})
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        _text("hash"),
        sa.CheckConstraint("id = 1", name="audit_head_one_row"),
    )
    op.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '')")
    # Twice, because a privilege does not bind a superuser and a trigger does not tell an owner beforehand.
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER")
    op.execute(
        """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
        END $$"""
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )
