"""The tables of the auth database."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Enum, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.auth.codes import AttemptState
from services.auth.portals import Kind, Portal


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
    }


class Customer(Base):
    """Copy of a customer of the contracts service."""

    __tablename__ = "customers"

    customer_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class ContractCopy(Base):
    """What the login needs of a contract. No foreign key: the contract may become known before its customer."""

    __tablename__ = "contracts"
    __table_args__ = (Index("contracts_of_customer", "customer_code"),)

    contract_code: Mapped[str] = mapped_column(primary_key=True)
    customer_code: Mapped[str]
    family: Mapped[str]


class Account(Base):
    """Somebody who can log in. Staff have no customer; self-care accounts have the empty role."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("login_id", name="accounts_login_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_id: Mapped[str]
    kind: Mapped[Kind]
    role: Mapped[str]
    customer_code: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_code"))
    email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    language: Mapped[str]
    password_hash: Mapped[str | None]  # argon2id; None: no login until a password is set
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    customer: Mapped[Customer | None] = relationship()


class LoginAttempt(Base):
    """One try to log in, refused ones included: they are what slows down guessing.

    `id` is the SHA-256 of the attempt that the browser holds, so that reading this table does not let one end logins.
    `login_digest` stands for the ID as typed: people type passwords into that field, so it is never stored itself.
    """

    __tablename__ = "login_attempts"
    __table_args__ = (
        Index("login_attempts_of_id", "login_digest", "started_at"),
        Index("login_attempts_started", "started_at"),
        # the rule "a new login supersedes the old code", once more where no race can break it
        Index("login_attempts_one_open", "account_id", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))  # None: refused
    login_digest: Mapped[str]
    portal: Mapped[Portal]
    state: Mapped[AttemptState]
    code_digest: Mapped[str] = mapped_column(default="")  # empty where no code was asked for
    code_expires_at: Mapped[datetime | None]
    wrong_codes: Mapped[int] = mapped_column(default=0)
    client_ip: Mapped[str]
    started_at: Mapped[datetime]

    account: Mapped[Account | None] = relationship()


class LoginSession(Base):
    """A logged-in browser or client, known by the SHA-256 of its token. Ending a session deletes it."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_of_account", "account_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    portal: Mapped[Portal]
    authenticated_at: Mapped[datetime]
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
