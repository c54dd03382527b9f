"""SIMs and their data, orders and what is recorded of them, and the jobs that carry orders out at the carrier."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
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
from services.sim.states import BucketKind, JobState, SimStatus, SimType

SimSerial = String(collation="C")  # bytewise order, the same on every machine that a cursor may meet


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(String),
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
    the latest usage record, so the time that the figures of the SIM stand for. `options` are codes of the settings,
    in their order.

    `used_bytes` and `capacity_bytes` are the balance as it was worked out last, good until `figures_until`: lists are
    sorted by them. `recharged_until` is the end of the recharge that lasts longest."""

    __tablename__ = "sims"
    __table_args__ = (
        Index(
            "sims_of_customer",
            "customer_code",
            "serial",
            postgresql_include=["msisdn", "status", "service_type", "project_name", "plan", "sim_type"],
        ),
        Index("sims_by_number", "customer_code", "msisdn"),
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
    service_type: Mapped[str] = mapped_column(server_default="data")
    options: Mapped[list[str]] = mapped_column(server_default="{}")
    activated_on: Mapped[date | None]
    replaced_by: Mapped[str | None] = mapped_column(SimSerial, ForeignKey("sims.serial"), unique=True)
    restricted_at: Mapped[datetime | None]
    usage_until: Mapped[datetime | None]
    used_bytes: Mapped[int | None]
    capacity_bytes: Mapped[int | None]
    figures_until: Mapped[datetime | None]
    recharged_until: Mapped[datetime | None]


class Bucket(Base):
    """An allowance of a SIM or of a share group and what is consumed of it.

    The bucket of a plan's month is stored with the first usage of that month; until then it is the plan's whole
    allowance, unused, and nobody needs a row to know that. So it is with the pool of a group's month, whose amount
    follows the members of the month. `used_by_month` has what each month has taken, the first one that of `valid_from`.
    """

    __tablename__ = "buckets"
    __table_args__ = (
        Index("buckets_of_sim", "sim_serial", "valid_until"),
        Index("buckets_of_plan", "sim_serial", "valid_from", unique=True, postgresql_where="kind = 'plan'"),
        CheckConstraint("used_bytes BETWEEN 0 AND amount_bytes", name="bucket_is_not_overdrawn"),
        CheckConstraint("valid_from < valid_until", name="bucket_has_a_duration"),
        Index("buckets_of_group", "group_id", "valid_until", postgresql_where="group_id IS NOT NULL"),
        CheckConstraint(
            "(kind = 'recharge') = (order_item_id IS NOT NULL)", name="bucket_of_a_recharge_names_it"
        ),
        CheckConstraint("(sim_serial IS NULL) <> (group_id IS NULL)", name="bucket_is_of_a_sim_or_a_group"),
        Index("buckets_of_pool", "group_id", "valid_from", unique=True, postgresql_where="kind = 'group'"),
        CheckConstraint("used_bytes = bytes_of(used_by_month)", name="bucket_months_add_up"),
        CheckConstraint(
            "date_trunc('month', valid_until AT TIME ZONE 'Asia/Tokyo') = valid_until AT TIME ZONE 'Asia/Tokyo'",
            name="bucket_ends_with_a_month",
        ),
        CheckConstraint(
            "kind = 'recharge' OR (kind = 'plan' AND sim_serial IS NOT NULL)"
            " OR (kind = 'group' AND group_id IS NOT NULL)",
            name="bucket_of_a_plan_or_pool",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sim_serial: Mapped[str | None] = mapped_column(SimSerial, ForeignKey("sims.serial"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("share_groups.id"))
    kind: Mapped[BucketKind] = mapped_column(String)
    amount_bytes: Mapped[int]
    used_bytes: Mapped[int]
    used_by_month: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
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
    """What a customer has ordered of a kind for one SIM or many, or for a share group.

    `request` is what was asked for, as the kind's request model reads it, so that a change begins with it; `terms` is
    what the customer confirmed, in the words of the kind. `cancellable_until` is None for an order of the same day,
    and for one that begins `by_hand`: these can be cancelled until they are begun. `items_open` and `items_failed`
    count its items that have not ended and that have ended without success. `settled_at` is set when staff have decided
    that all of the latter stay so, and have nothing to do with the order any more.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("orders_of_customer", "customer_code", "id"),
        Index("orders_by_hand", "start_date", "id", postgresql_where="by_hand"),
        Index("orders_of_customer_by_status", "customer_code", "status", "id"),
        Index("orders_of_customer_by_kind", "customer_code", "kind", "id"),
        Index("orders_of_customer_by_applicant", "customer_code", "applicant", "id"),
        # Parts of a number are looked for among the orders of one customer: the server of an embedded product has no
        # extension for indexes of parts.
        Index(
            "orders_in_trouble",
            "id",
            postgresql_where="status IN ('failed', 'partially_failed') AND settled_at IS NULL",
        ),
        Index(
            "orders_open",
            "not_after",
            postgresql_where="status IN ('pending', 'in_progress') AND NOT by_hand",
        ),
        # a share group is registered or changed once for a month (シェア登録・変更: 月1回のみ)
        Index(
            "orders_once_a_month",
            "group_id",
            "start_date",
            unique=True,
            postgresql_where="kind IN ('SG', 'SC') AND status <> 'cancelled'",
        ),
        CheckConstraint(
            "items_open >= 0 AND items_failed >= 0 AND items_open + items_failed <= items_total",
            name="order_counts_its_items",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"))
    service_type: Mapped[str]
    group_id: Mapped[int | None] = mapped_column(ForeignKey("share_groups.id"), index=True)
    status: Mapped[OrderStatus]
    applicant: Mapped[str]
    accepted_at: Mapped[datetime]
    start_date: Mapped[date]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    by_hand: Mapped[bool]
    cancellable_until: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    price_yen: Mapped[int]
    request: Mapped[dict[str, Any]]
    terms: Mapped[dict[str, Any]]
    items_total: Mapped[int]
    items_open: Mapped[int]
    items_failed: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None]
    correlation_id: Mapped[str]

    items: Mapped[list["OrderItem"]] = relationship(
        order_by="OrderItem.position", back_populates="order", cascade="all, delete-orphan"
    )
    history: Mapped[list["OrderStep"]] = relationship(order_by="OrderStep.id")


class OrderItem(Base):
    """One SIM of an order, or the group that it is for; `position` counts from 1. `details` is what its kind keeps of
    this SIM alone. While an item that `holds` its SIM is open, no other order that does can be placed for it.
    `status_before` is what the SIM was before nobody knew any more; `settled_at` is set when staff have decided that
    the item stays failed."""

    __tablename__ = "order_items"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        Index(
            "order_items_holding",
            "sim_serial",
            unique=True,
            postgresql_where="holds AND state IN ('pending', 'in_progress')",
        ),
        Index("order_items_of_number", "msisdn"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    sim_serial: Mapped[str | None] = mapped_column(SimSerial, ForeignKey("sims.serial"), index=True)
    msisdn: Mapped[str]
    holds: Mapped[bool]
    state: Mapped[ItemState]
    details: Mapped[dict[str, Any]]
    executed_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    status_before: Mapped[SimStatus | None] = mapped_column(String)
    settled_at: Mapped[datetime | None]

    order: Mapped[Order] = relationship(back_populates="items")


class OrderStep(Base):
    """A line of an order's history. `actor` is a login id, or empty for the system; `late` marks a start that came
    after the promised time; `change` marks a line that tells of a change of what was ordered. `note` is what staff have
    written, for staff alone."""

    __tablename__ = "order_steps"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    at: Mapped[datetime]
    status: Mapped[OrderStatus]
    actor: Mapped[str]
    late: Mapped[bool] = mapped_column(default=False)
    change: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")


class Job(Base):
    """Work on one SIM or one share group at the systems outside; `kind` names what of services/sim/work does it.

    `lane` is the SIM or group; its jobs run one after the other. `not_before` and `started_at` are business time.
    `next_attempt_at` is the database's real time: the end of the lease while somebody works on the job, the next
    attempt otherwise. `fence` counts the claims; only the latest claim may write a result. `operations` are fixed by
    the first claim, so that every attempt sends the same.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        # operations of one SIM must not overtake each other: the capacity they set is absolute
        Index("jobs_started_in_lane", "lane", unique=True, postgresql_where="state = 'started'"),
        Index("jobs_started", "next_attempt_at", postgresql_where="state = 'started'"),
        Index("jobs_waiting", "not_before", postgresql_where="state = 'waiting'"),
        Index(
            "jobs_waiting_of_customer", "customer_code", "not_before", postgresql_where="state = 'waiting'"
        ),
        Index("jobs_waiting_in_lane", "lane", "not_before", postgresql_where="state = 'waiting'"),
        Index("jobs_of_item", "order_item_id", postgresql_where="order_item_id IS NOT NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"))
    lane: Mapped[str] = mapped_column(SimSerial)
    sim_serial: Mapped[str | None] = mapped_column(SimSerial, ForeignKey("sims.serial"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("share_groups.id"))
    order_item_id: Mapped[int | None] = mapped_column(ForeignKey("order_items.id"))
    state: Mapped[JobState] = mapped_column(String, default="waiting")
    not_before: Mapped[datetime]
    started_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    operations: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    error: Mapped[str | None]
    correlation_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


import services.sim.models_esim  # noqa: E402
import services.sim.models_mails  # noqa: E402
import services.sim.models_shares  # noqa: E402  (its tables are named by the relations above)
import services.sim.models_shipments  # noqa: E402
import services.sim.models_stock  # noqa: E402
import services.sim.models_usage  # noqa: E402, F401
