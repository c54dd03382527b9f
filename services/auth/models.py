"""The tables of the auth database."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Enum, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.auth.codes import AttemptState
from services.auth.portals import Kind, Portal
from services.auth.stages import Stage


def _by_value(cls: type[StrEnum]) -> Enum:
    return Enum(
        cls, native_enum=False, length=None, values_callable=lambda members: [one.value for one in members]
    )


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        str: Text(),
        Kind: _by_value(Kind),
        Portal: _by_value(Portal),
        AttemptState: _by_value(AttemptState),
        Stage: _by_value(Stage),
        dict[str, Any]: JSONB,
    }


class Customer(Base):
    """Copy of a customer of the contracts service."""

    __tablename__ = "customers"

    customer_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    factors_required: Mapped[bool] = mapped_column(
        default=False
    )  # of its console accounts; auth's own column


class ContractCopy(Base):
    """What the login needs of a contract. No foreign key: the contract may become known before its customer."""

    __tablename__ = "contracts"
    __table_args__ = (Index("contracts_of_customer", "customer_code"),)

    contract_code: Mapped[str] = mapped_column(primary_key=True)
    customer_code: Mapped[str]
    family: Mapped[str]


class Account(Base):
    """Somebody who can log in. Staff have no customer; self-care accounts have the empty role.

    An initial password (made by somebody else) works once and leads to a change; one that was mailed ends at
    `initial_password_ends_at`. A deleted account keeps its row, so that its login ID is never given to another person,
    and loses everything personal.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("login_id", name="accounts_login_id"),
        Index("accounts_of_customer", "customer_code", "login_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_id: Mapped[str]
    kind: Mapped[Kind]
    role: Mapped[str]
    customer_code: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_code"))
    email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    language: Mapped[str]
    password_hash: Mapped[str | None]  # argon2id; None: no login until a password is set
    password_set_at: Mapped[datetime | None]
    password_is_initial: Mapped[bool] = mapped_column(default=False)
    initial_password_ends_at: Mapped[datetime | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    customer: Mapped[Customer | None] = relationship()


class FormerPassword(Base):
    """Hashes of passwords that an account has chosen, the present one included: they are not chosen again."""

    __tablename__ = "former_passwords"
    __table_args__ = (Index("former_passwords_of_account", "account_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    password_hash: Mapped[str]
    set_at: Mapped[datetime]


class LoginAttempt(Base):
    """One try to log in, refused ones included: they are what slows down guessing.

    `id` is the SHA-256 of the attempt that the browser holds, so that reading this table does not let one end logins;
    it is replaced at every stage. `login_digest` stands for the ID as typed: people type passwords into that field, so
    it is never stored itself.
    """

    __tablename__ = "login_attempts"
    __table_args__ = (
        # held-up tries, which a flood makes, are in neither index: counting failures stays cheap
        Index(
            "login_attempts_failed",
            "login_digest",
            "failed_at",
            postgresql_where=text("failed_at IS NOT NULL"),
        ),
        Index(
            "login_attempts_completed",
            "login_digest",
            "ends_at",
            postgresql_where=text("state = 'completed'"),
        ),
        Index("login_attempts_of_account", "account_id", "started_at"),
        Index("login_attempts_started", "started_at"),
        # the rule "a new login supersedes the old code", once more where no race can break it
        Index("login_attempts_one_open", "account_id", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))  # None: refused
    login_digest: Mapped[str]
    portal: Mapped[Portal]
    state: Mapped[AttemptState]
    stage: Mapped[Stage] = mapped_column(default=Stage.NONE)
    code_digest: Mapped[str] = mapped_column(default="")  # empty where no code was asked for
    ends_at: Mapped[datetime | None]  # the last instant at which an open attempt goes on
    wrong_codes: Mapped[int] = mapped_column(default=0)  # and one-time passwords
    new_email: Mapped[
        str | None
    ]  # recovery: where the code went, and what a right code makes the account's address
    wrong_phones: Mapped[int] = mapped_column(default=0)
    client_ip: Mapped[str]
    started_at: Mapped[datetime]
    failed_at: Mapped[datetime | None]  # the latest failure of this try

    account: Mapped[Account | None] = relationship()


class CodeMail(Base):
    """That a code was mailed for an account: how many may follow depends on it."""

    __tablename__ = "code_mails"
    __table_args__ = (Index("code_mails_of_account", "account_id", "sent_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    sent_at: Mapped[datetime]


class LoginSession(Base):
    """A logged-in browser or client, known by the SHA-256 of its token. Ending a session deletes it.

    `id` names it to its owner; the token's hash changes with every proof of the person, the last one at `proved_at`.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_of_account", "account_id"), UniqueConstraint("id", name="sessions_id"))

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    portal: Mapped[Portal]
    authenticated_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    client_ip: Mapped[str]
    user_agent: Mapped[str]

    account: Mapped[Account] = relationship()


class OutgoingMail(Base):
    """A mail on its way out; the row is deleted once the relay has taken it.

    `message` (recipient, subject, text) is encrypted, because it holds a code that is still good. Times are real time:
    moving a sandbox's clock neither hastens nor holds up the post.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (Index("outgoing_mail_due", "next_try_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message: Mapped[str]
    correlation_id: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]  # while a replica is sending: the end of its claim


class ApiKey(Base):
    """A customer's key for its own programs, known by the SHA-256 of its secret; a revoked one stays listed."""

    __tablename__ = "api_keys"
    __table_args__ = (
        UniqueConstraint("key_hash", name="api_keys_key_hash"),
        Index("api_keys_of_customer", "customer_code", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.customer_code"))
    name: Mapped[str]
    role: Mapped[str]
    key_hash: Mapped[str]
    hint: Mapped[str]  # the last characters of the secret, by which its owner tells keys apart
    created_by: Mapped[str]  # login ID
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class FactorKind(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"


class Factor(Base):
    """A second factor of an account. `confirmed_at` is None while a new one-time password has not been tried yet."""

    __tablename__ = "factors"
    __table_args__ = (
        Index("factors_of_account", "account_id"),
        UniqueConstraint("credential_id", name="factors_credential_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[FactorKind] = mapped_column(_by_value(FactorKind))
    name: Mapped[str]
    secret: Mapped[str | None]  # one-time passwords: encrypted
    last_step: Mapped[int | None] = mapped_column(BigInteger)  # time step of the last one-time password taken
    credential_id: Mapped[str | None]  # passkeys: base64url
    public_key: Mapped[str | None]  # passkeys: base64url of the COSE key
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in once for a lost factor; stored under a keyed hash."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    code_digest: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class Challenge(Base):
    """What a passkey has to sign. `holder` is the login attempt or the session that asked; one per purpose."""

    __tablename__ = "challenges"

    holder: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)  # register or prove
    challenge: Mapped[str]  # base64url
    ends_at: Mapped[datetime]


class AuditRecord(Base):
    """Who did what, when, from where, on what, with which result. Only ever added; `hash` covers the one before."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_by_time", "at", "seq"),
        Index("audit_of_customer", "customer_code", "at", "seq"),
        Index("audit_of_login", "login_id", "at", "seq"),
        Index(
            "audit_of_action", "action", postgresql_ops={"action": "text_pattern_ops"}
        ),  # for its beginnings
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]  # id of the account or key; empty: nobody known
    kind: Mapped[str]
    login_id: Mapped[str]
    customer_code: Mapped[str | None]  # whose trail it belongs to
    client_ip: Mapped[str]
    user_agent: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    result: Mapped[str]
    details: Mapped[dict[str, Any]]
    correlation_id: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """The end of the chain: one row, locked while a record is added."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str]
