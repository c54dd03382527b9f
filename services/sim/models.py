"""SIMs and their data, orders and what is recorded of them, and the jobs that carry orders out at the carrier."""

from datetime import date, datetime
from typing import Any, ClassVar
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
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.sim.accounting import Allowance
from services.sim.orders import ItemState, OrderStatus
from services.sim.states import BucketKind, JobKind, JobState, SimStatus, SimType

SimSerial = String(collation="C")  # bytewise order, the same on every machine that a cursor may meet


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        OrderStatus: String,
        ItemState: String,
    }


class Customer(Base):
    """A copy of what the contracts service tells about customers."""

    __tablename__ = "customers"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Sim(Base):
    """`restricted_at` is set while the carrier is to keep the SIM at restricted speed. `usage_until` is the time of
    the latest usage record, so the time that the figures of the SIM stand for."""

    __tablename__ = "sims"
    __table_args__ = (
        Index("sims_of_customer", "customer_code", "serial"),
        Index("sims_restricted", "restricted_at", postgresql_where="restricted_at IS NOT NULL"),
    )

    serial: Mapped[str] = mapped_column(SimSerial, primary_key=True)
    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"))
    project_name: Mapped[str]
    msisdn: Mapped[str]
    sim_type: Mapped[SimType] = mapped_column(String)
    sim_size: Mapped[str]
    plan: Mapped[str]
    status: Mapped[SimStatus] = mapped_column(String)
    activated_on: Mapped[date | None]
    restricted_at: Mapped[datetime | None]
    usage_until: Mapped[datetime | None]


class UsageRecord(Base):
    __tablename__ = "usage_records"
    __table_args__ = (
        Index("usage_of_sim", "sim_serial", "used_at", postgresql_include=["bytes"]),
        CheckConstraint("bytes >= 0", name="usage_is_not_negative"),
    )

    record_id: Mapped[str] = mapped_column(primary_key=True)
    sim_serial: Mapped[str] = mapped_column(SimSerial, ForeignKey("sims.serial"))
    used_at: Mapped[datetime]
    bytes: Mapped[int]


class Bucket(Base):
    """An allowance of a SIM and what is consumed of it.

    The bucket of a plan's month is stored with the first usage of that month; until then it is the plan's whole
    allowance, unused, and nobody needs a row to know that.
    """

    __tablename__ = "buckets"
    __table_args__ = (
        Index("buckets_of_sim", "sim_serial", "valid_until"),
        Index("buckets_of_plan", "sim_serial", "valid_from", unique=True, postgresql_where="kind = 'plan'"),
        CheckConstraint("used_bytes BETWEEN 0 AND amount_bytes", name="bucket_is_not_overdrawn"),
        CheckConstraint("valid_from < valid_until", name="bucket_has_a_duration"),
        CheckConstraint(
            "(kind = 'recharge') = (order_item_id IS NOT NULL)", name="bucket_of_a_recharge_names_it"
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sim_serial: Mapped[str] = mapped_column(SimSerial, ForeignKey("sims.serial"))
    kind: Mapped[BucketKind] = mapped_column(String)
    amount_bytes: Mapped[int]
    used_bytes: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    order_item_id: Mapped[int | None] = mapped_column(ForeignKey("order_items.id"), unique=True)

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.amount_bytes, self.valid_from, self.valid_until)


class OrderSequence(Base):
    """The last order number given away, by customer, kind and calendar year of acceptance."""

    __tablename__ = "order_sequences"

    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Order(Base):
    """`cancellable_until` is None for an order of the same day, which can be cancelled until it is begun."""

    __tablename__ = "orders"
    __table_args__ = (Index("orders_of_customer", "customer_code", "id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"))
    status: Mapped[OrderStatus]
    applicant: Mapped[str]
    accepted_at: Mapped[datetime]
    start_date: Mapped[date]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    cancellable_until: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    correlation_id: Mapped[str]

    recharge: Mapped["Recharge"] = relationship(lazy="joined", innerjoin=True)
    items: Mapped[list["OrderItem"]] = relationship(
        lazy="selectin", order_by="OrderItem.position", back_populates="order"
    )
    history: Mapped[list["OrderStep"]] = relationship(order_by="OrderStep.id")


class Recharge(Base):
    """What an order of kind RC is about. The price is the one that the customer confirmed."""

    __tablename__ = "recharges"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    gigabytes: Mapped[int]
    price_yen: Mapped[int]
    valid_through: Mapped[date]


class OrderItem(Base):
    """One SIM of an order; `position` counts from 1."""

    __tablename__ = "order_items"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    sim_serial: Mapped[str] = mapped_column(SimSerial, ForeignKey("sims.serial"), index=True)
    msisdn: Mapped[str]
    state: Mapped[ItemState]
    executed_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    order: Mapped[Order] = relationship(back_populates="items")


class OrderStep(Base):
    """A line of an order's history. `actor` is a login id, or empty for the system; `late` marks a start that came
    after the promised time."""

    __tablename__ = "order_steps"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    at: Mapped[datetime]
    status: Mapped[OrderStatus]
    actor: Mapped[str]
    late: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]


class Job(Base):
    """Work at the carrier for one SIM.

    `not_before` and `started_at` are business time. `next_attempt_at` is the database's real time: the end of the
    lease while somebody works on the job, the next attempt otherwise. `fence` counts the claims; only the latest
    claim may write a result. `operations` are fixed by the first claim, so that every attempt sends the same.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        # operations of one SIM must not overtake each other: the capacity they set is absolute
        Index("jobs_started", "sim_serial", unique=True, postgresql_where="state = 'started'"),
        Index("jobs_waiting", "not_before", postgresql_where="state = 'waiting'"),
        Index("jobs_waiting_of_sim", "sim_serial", postgresql_where="state = 'waiting'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[JobKind] = mapped_column(String)
    sim_serial: Mapped[str] = mapped_column(SimSerial, ForeignKey("sims.serial"))
    order_item_id: Mapped[int | None] = mapped_column(ForeignKey("order_items.id"), unique=True)
    state: Mapped[JobState] = mapped_column(String, default="waiting")
    not_before: Mapped[datetime]
    started_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    operations: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    error: Mapped[str | None]
    correlation_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
