"""The pool of telephone numbers, applications for more of them, and terminations of lines."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.contracts.application_rules import ApplicationState, PoolFamily
from services.contracts.models import Base, PhoneNumber
from services.contracts.termination_rules import TerminationState

Instant = DateTime(timezone=True)


class PoolNumber(Base):
    """A number that the operator may give out.

    `line_id` is the newest line that had it; none: it was never given out. `ended_on` is the end date of that line. A
    number is in use until that day, then in quarantine, and free after that.
    """

    __tablename__ = "pool_numbers"
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR line_id IS NOT NULL", name="pool_numbers_ended_line"),
        Index(
            "pool_numbers_free",
            "family",
            "phone_number",
            postgresql_where="line_id IS NULL OR ended_on IS NOT NULL",
        ),
    )

    phone_number: Mapped[str] = mapped_column(PhoneNumber, primary_key=True)
    family: Mapped[PoolFamily] = mapped_column(String)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("lines.id"), unique=True)
    ended_on: Mapped[date | None]


class ApplicationSequence(Base):
    """The last application number given away, by customer and calendar year of acceptance."""

    __tablename__ = "application_sequences"

    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Application(Base):
    """An application for more 050 numbers (050番号追加申込).

    `start_date` is the start of the lines that were issued, `reason` what the customer is told of a decline.
    `language` is that of the applicant, for mails.
    """

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint("count > 0", name="applications_count"),
        CheckConstraint("(state = 'received') = (ended_at IS NULL)", name="applications_ended"),
        Index("applications_open", "id", postgresql_where="state = 'received'"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), index=True)
    state: Mapped[ApplicationState] = mapped_column(String, default="received")
    count: Mapped[int]
    wished_date: Mapped[date]
    channels: Mapped[int]
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    contact_email: Mapped[str]
    applicant: Mapped[str]
    language: Mapped[str]
    accepted_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    start_date: Mapped[date | None]
    reason: Mapped[str | None]


class ApplicationLine(Base):
    """A line that was issued for an application."""

    __tablename__ = "application_lines"

    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)


class Termination(Base):
    """That a line is to end (解約). Until it is completed the line is in service, whatever date was wished."""

    __tablename__ = "terminations"
    __table_args__ = (
        CheckConstraint("(state = 'registered') = (ended_at IS NULL)", name="terminations_ended"),
        Index("terminations_open", "line_id", unique=True, postgresql_where="state = 'registered'"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"), index=True)
    state: Mapped[TerminationState] = mapped_column(String, default="registered")
    wished_date: Mapped[date]
    registered_at: Mapped[datetime] = mapped_column(Instant)
    registered_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str | None]
