"""Changes of line passwords on their way to the SIP switch, and wrong tries at current passwords."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.contracts.models import Base, Line
from services.contracts.passwords import Purpose

ChangeState = Literal["pending", "reflected", "superseded", "failed"]

Instant = DateTime(timezone=True)


class PasswordChange(Base):
    """One change of a line's password for the network.

    `version` counts the changes of the telephone number, also through the lines that had it before. A change is pending
    until the switch has taken it, and only then the line's password is another one; one that failed keeps its password
    for another try. A newer change supersedes it in either state. `new_password` is encrypted (`passwords.py`) and is
    kept no longer than it may be needed.

    `due_at`, `reflected_by` and `started_at` are business time. `next_attempt_at` and `lease_until` are the
    database's real time: the lease is the time in which one process alone speaks to the switch about the line.
    `fence` counts the claims; only the holder of the latest one may write a result.
    """

    __tablename__ = "password_changes"
    __table_args__ = (
        UniqueConstraint("line_id", "version", name="password_changes_of_line"),
        Index(
            "password_changes_open",
            "line_id",
            unique=True,
            postgresql_where="state IN ('pending', 'failed')",
        ),
        Index("password_changes_due", "due_at", postgresql_where="state = 'pending'"),
        Index("password_changes_failed", "id", postgresql_where="state = 'failed'"),
        CheckConstraint(
            "(state IN ('pending', 'failed')) = (new_password IS NOT NULL)",
            name="password_kept_while_needed",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    operation_id: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"))
    version: Mapped[int]
    state: Mapped[ChangeState] = mapped_column(String, default="pending")
    new_password: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    reflected_by: Mapped[datetime] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    correlation_id: Mapped[str]

    line: Mapped[Line] = relationship()


class PasswordTries(Base):
    """Wrong tries at a current password since the last right one; they hold up the next try."""

    __tablename__ = "password_tries"

    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(String, primary_key=True)
    failures: Mapped[int]
    latest: Mapped[datetime] = mapped_column(Instant)
