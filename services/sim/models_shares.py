"""Share groups (大規模シェア) and which telephone numbers are in them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.sim.models import Base


class ShareGroup(Base):
    """`sim_bytes` is what each member adds to the capacity of a month. `starts_on` and `ends_on` are first days of
    months: the first with the group and the first without it; None while its first order has not been carried out,
    or as long as nobody has deleted it."""

    __tablename__ = "share_groups"
    __table_args__ = (Index("share_groups_of_customer", "customer_code", "id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"))
    name: Mapped[str]
    sim_bytes: Mapped[int]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]


class ShareMember(Base):
    """A number in a group from the month of `from_month` until before that of `until_month` (first days of months;
    None: no end known). The rows of carried-out orders only; a reissued SIM keeps its number, so its membership."""

    __tablename__ = "share_members"
    __table_args__ = (
        Index("share_members_of_group", "group_id", "from_month"),
        Index("share_members_of_number", "msisdn", "from_month"),
        ExcludeConstraint(
            (text("int8range(msisdn::bigint, msisdn::bigint, '[]')"), "&&"),
            (text("daterange(from_month, until_month)"), "&&"),
            name="share_members_in_one_group",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("share_groups.id"))
    msisdn: Mapped[str]
    from_month: Mapped[date]
    until_month: Mapped[date | None]


class SharePlace(Base):
    """The membership of a number as it will be once every accepted order has been carried out.

    `joined_by` and `left_by` are the orders that it begins and ends with. While this table stands for what is promised,
    `share_members` stands for what is so; no number is promised to two groups for the same month.
    """

    __tablename__ = "share_places"
    __table_args__ = (
        Index("share_places_of_group", "group_id", "from_month"),
        Index("share_places_of_number", "msisdn", "from_month"),
        ExcludeConstraint(
            (text("int8range(msisdn::bigint, msisdn::bigint, '[]')"), "&&"),
            (text("daterange(from_month, until_month)"), "&&"),
            name="share_places_in_one_group",
            using="gist",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("share_groups.id"))
    msisdn: Mapped[str]
    from_month: Mapped[date]
    until_month: Mapped[date | None]
    joined_by: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    left_by: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)


class ShareFee(Base):
    """A month that a group has been charged for: how many members there were, and the yen for each of them."""

    __tablename__ = "share_fees"

    group_id: Mapped[int] = mapped_column(ForeignKey("share_groups.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    members: Mapped[int]
    yen_per_member: Mapped[int]
