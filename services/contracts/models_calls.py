"""Call records, their totals by line and month, and which contracts have applied for call details (明細照会)."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.contracts.calling import CallType
from services.contracts.models import Base

INSTANT = DateTime(timezone=True)
BYTEWISE = String(collation="C")


class CallRecord(Base):
    """A call of a line. Never changed; gone with the partition of its month (`call_store.py`).

    A key over all partitions has to hold `started_at`; that a `record_id` comes only once is seen to by the import,
    of which there is one at a time.
    """

    __tablename__ = "call_records"
    __table_args__ = (
        Index(
            "call_records_of_contract",
            "contract_id",
            "started_at",
            "record_id",
            postgresql_include=["duration_seconds", "charge_yen"],
        ),
        Index("call_records_of_line", "line_id", "started_at"),
        CheckConstraint("duration_seconds >= 0 AND charge_yen >= 0", name="call_records_not_negative"),
        {"postgresql_partition_by": "RANGE (started_at)"},
    )

    record_id: Mapped[str] = mapped_column(BYTEWISE, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    contract_id: Mapped[int] = mapped_column(BigInteger)
    line_id: Mapped[int] = mapped_column(BigInteger)
    destination: Mapped[str] = mapped_column(BYTEWISE)
    call_type: Mapped[CallType] = mapped_column(String)
    duration_seconds: Mapped[int]
    charge_yen: Mapped[int]


class CallTotal(Base):
    """The sum of a line's call records of a month, written in the transaction that stores them."""

    __tablename__ = "call_totals"
    __table_args__ = (Index("call_totals_by_month", "month"),)

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    calls: Mapped[int] = mapped_column(BigInteger)
    duration_seconds: Mapped[int] = mapped_column(BigInteger)
    charge_yen: Mapped[int] = mapped_column(BigInteger)


class DetailsApplication(Base):
    """A contract's application for call details: from `applied_at` on they are shown, until it is cancelled."""

    __tablename__ = "details_applications"
    __table_args__ = (
        Index(
            "details_applications_open",
            "contract_id",
            unique=True,
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    applied_at: Mapped[datetime] = mapped_column(INSTANT)
    cancelled_at: Mapped[datetime | None] = mapped_column(INSTANT)
