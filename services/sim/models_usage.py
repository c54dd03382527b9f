"""What SIMs have used: single records, their sums by day, and what plans granted before they were changed."""

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.sim.models import Base, SimSerial


class UsageRecord(Base):
    """A record of the carrier. `used_on` is the day of `used_at` in Japan. Never changed; gone with the partition of
    its month (`usage_store.py`).

    A key over all partitions has to hold `used_on`; that a `record_id` comes only once is seen to by the import, of
    which there is one at a time.
    """

    __tablename__ = "usage_records"
    __table_args__ = (
        Index("usage_records_of_day", "used_on", "sim_serial"),
        CheckConstraint("bytes >= 0", name="usage_is_not_negative"),
        CheckConstraint(
            "used_on = CAST(used_at AT TIME ZONE 'Asia/Tokyo' AS date)", name="usage_is_of_a_day_in_japan"
        ),
        {"postgresql_partition_by": "RANGE (used_on)"},
    )

    record_id: Mapped[str] = mapped_column(SimSerial, primary_key=True)
    used_on: Mapped[date] = mapped_column(primary_key=True)
    sim_serial: Mapped[str] = mapped_column(SimSerial)
    used_at: Mapped[datetime]
    bytes: Mapped[int]


class UsageMonth(Base):
    """The sums of a SIM's records of a month (its first day): of each day, and of all. Always 31 days."""

    __tablename__ = "usage_months"
    __table_args__ = (
        CheckConstraint("cardinality(days) = 31 AND bytes = bytes_of(days)", name="usage_adds_up"),
    )

    sim_serial: Mapped[str] = mapped_column(SimSerial, ForeignKey("sims.serial"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    bytes: Mapped[int]


class EarlierPlan(Base):
    """What the plan of a SIM granted in each month before `until_month` (a first day), since the row before."""

    __tablename__ = "earlier_plans"

    sim_serial: Mapped[str] = mapped_column(SimSerial, ForeignKey("sims.serial"), primary_key=True)
    until_month: Mapped[date] = mapped_column(primary_key=True)
    amount_bytes: Mapped[int]
