"""Mobile Choice 050: groups and usage limits of a contract, the choices of lines, files of wishes, rejected callers."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.contracts.models import Base, PhoneNumber


class LineGroup(Base):
    """A group (グループ) of lines."""

    __tablename__ = "line_groups"
    __table_args__ = (UniqueConstraint("contract_id", "code", name="line_groups_of_contract"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    code: Mapped[str]
    name: Mapped[str]


class UsageLimit(Base):
    """What a line may call (利用制限): kinds of calls that are barred, and what a month may cost in yen."""

    __tablename__ = "usage_limits"
    __table_args__ = (
        UniqueConstraint("contract_id", "code", name="usage_limits_of_contract"),
        CheckConstraint("monthly_ceiling > 0", name="usage_limits_ceiling"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    code: Mapped[str]
    name: Mapped[str]
    bars_international: Mapped[bool]
    bars_premium: Mapped[bool]
    bars_directory: Mapped[bool]
    monthly_ceiling: Mapped[int | None]


class LimitBand(Base):
    """A time in which a limit lets calls out; a limit without any lets them out at all times.

    Minutes of the day in Japan time, `to_minute` (up to 1440) exclusive.
    """

    __tablename__ = "limit_bands"
    __table_args__ = (
        CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440", name="limit_bands_times"
        ),
    )

    limit_id: Mapped[int] = mapped_column(ForeignKey("usage_limits.id", ondelete="CASCADE"), primary_key=True)
    days: Mapped[str] = mapped_column(String, primary_key=True)
    from_minute: Mapped[int] = mapped_column(primary_key=True)
    to_minute: Mapped[int]


class LineChoice(Base):
    """The group and the limit of a line; a line with neither has no row."""

    __tablename__ = "line_choices"
    __table_args__ = (CheckConstraint("num_nonnulls(group_id, limit_id) > 0", name="line_choices_chosen"),)

    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("line_groups.id"), index=True)
    limit_id: Mapped[int | None] = mapped_column(ForeignKey("usage_limits.id"), index=True)


class RejectedNumber(Base):
    """A caller that a line does not let in (着信拒否)."""

    __tablename__ = "rejected_numbers"

    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    number: Mapped[str] = mapped_column(PhoneNumber, primary_key=True)


class BulkUpload(Base):
    """A file of wished choices that has been checked, kept for a day so that exactly it can be applied.

    `rows` are the wishes of the file, [row, phone number, mobile number, group code, limit code]; `changes` the
    difference that was found, as `bulk_difference.Change` has it; `counts` what there is of each kind.
    """

    __tablename__ = "bulk_uploads"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    fingerprint: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(JSONB, deferred=True)
    changes: Mapped[list[Any]] = mapped_column(JSONB, deferred=True)
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
