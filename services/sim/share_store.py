"""Queries of share groups: who is in them, who is promised to them, and which orders they have."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from services.sim import store
from services.sim.models import Customer, Order, Sim
from services.sim.models_shares import ShareGroup, ShareMember, SharePlace
from services.sim.orders import OrderStatus

OPEN = (OrderStatus.PENDING, OrderStatus.IN_PROGRESS)
_NO_MORE = ("terminated", "ordered", "shipped")  # a number's former SIM, or one to come


class OpenOrder(NamedTuple):
    number: str
    kind: str
    status: OrderStatus
    start_date: date


def lock_orders(session: Session, customer: str | None) -> None:
    """Until the end of the transaction nobody else orders, changes or cancels anything for the customer's groups.

    What is promised to a number depends on all of these orders, whichever group they are for.
    """
    session.execute(select(Customer.code).where(Customer.code == customer).with_for_update(key_share=True))


def find_group(session: Session, customer: str | None, group_id: int) -> ShareGroup | None:
    """The customer's group."""
    return session.scalar(
        select(ShareGroup).where(ShareGroup.id == group_id, ShareGroup.customer_code == customer)
    )


def is_one(session: Session, group: ShareGroup) -> bool:
    """Whether the group has begun or is going to; its registration may have been cancelled, or have failed."""
    return group.starts_on is not None or any(
        order.kind in ("SG", "SC") for order in open_orders(session, [group.id])[group.id]
    )


def living_ids(session: Session, group_ids: Collection[int], today: date) -> set[int]:
    """Those of the groups that have not ended."""
    return set(
        session.scalars(
            select(ShareGroup.id).where(
                ShareGroup.id.in_(group_ids), or_(ShareGroup.ends_on.is_(None), ShareGroup.ends_on > today)
            )
        )
    )


def living(
    customer: str | None,
    today: date,
    name: str | None = None,
    creator: str | None = None,
    msisdn: str | None = None,
) -> Select[ShareGroup]:
    """The customer's groups that have not ended, those that are yet to begin included; `msisdn` finds parts of the
    numbers that are in a group today or are promised to it."""
    begins = select(Order.id).where(
        Order.group_id == ShareGroup.id, Order.kind == "SG", Order.status.in_(OPEN)
    )
    found = select(ShareGroup).where(
        ShareGroup.customer_code == customer,
        or_(ShareGroup.ends_on.is_(None), ShareGroup.ends_on > today),
        or_(ShareGroup.starts_on.is_not(None), begins.exists()),
    )
    if name:
        found = found.where(ShareGroup.name.icontains(name, autoescape=True))
    if creator:
        found = found.where(ShareGroup.created_by.icontains(creator, autoescape=True))
    if msisdn:
        part = msisdn.replace("-", "")
        inside = select(ShareMember.id).where(
            ShareMember.group_id == ShareGroup.id,
            in_month(ShareMember, today),
            ShareMember.msisdn.contains(part, autoescape=True),
        )
        promised = select(SharePlace.id).where(
            SharePlace.group_id == ShareGroup.id,
            SharePlace.until_month.is_(None),
            SharePlace.msisdn.contains(part, autoescape=True),
        )
        found = found.where(or_(inside.exists(), promised.exists()))
    return found


def in_month(table: type[ShareMember] | type[SharePlace], day: date) -> ColumnElement[bool]:
    """A row holds for the month of `day`."""
    month = day.replace(day=1)
    return (table.from_month <= month) & or_(table.until_month.is_(None), table.until_month > month)


def members(session: Session, group_id: int, on: date) -> list[str]:
    """The numbers in the group in the month of a day, in their order."""
    return list(
        session.scalars(
            select(ShareMember.msisdn)
            .where(ShareMember.group_id == group_id, in_month(ShareMember, on))
            .order_by(ShareMember.msisdn)
        )
    )


def promised_members(session: Session, group_id: int) -> list[str]:
    """The numbers that are in the group when all its orders have been carried out, in their order."""
    return list(
        session.scalars(
            select(SharePlace.msisdn)
            .where(SharePlace.group_id == group_id, SharePlace.until_month.is_(None))
            .order_by(SharePlace.msisdn)
        )
    )


def first_members(session: Session, group_id: int) -> list[str]:
    """The numbers that are to begin a group which has not begun, in their order."""
    first = select(func.min(SharePlace.from_month)).where(SharePlace.group_id == group_id).scalar_subquery()
    return list(
        session.scalars(
            select(SharePlace.msisdn)
            .where(SharePlace.group_id == group_id, SharePlace.from_month == first)
            .order_by(SharePlace.msisdn)
        )
    )


def promised_elsewhere(
    session: Session, msisdns: Collection[str], group_id: int | None, month: date
) -> dict[str, int]:
    """The numbers that are promised to another group for `month` or a later one, with the order that they join by."""
    found = session.execute(
        select(SharePlace.msisdn, SharePlace.joined_by).where(
            store.is_any(SharePlace.msisdn, msisdns),
            SharePlace.group_id != (group_id or 0),
            or_(SharePlace.until_month.is_(None), SharePlace.until_month > month),
        )
    )
    return dict(found.tuples().all())


def current_sims(session: Session, customer: str | None, msisdns: Collection[str]) -> dict[str, Sim]:
    """The SIM of each of the customer's numbers: of several, because of a reissue, the one that is in use."""
    found = session.scalars(
        store.sims_of(customer)
        .where(store.is_any(Sim.msisdn, msisdns))
        .distinct(Sim.msisdn)
        .order_by(
            Sim.msisdn, case((Sim.status == "active", 0), (Sim.status.in_(_NO_MORE), 2), else_=1), Sim.serial
        )
        .execution_options(populate_existing=True)
    )
    return {sim.msisdn: sim for sim in found}


def shareable(session: Session, customer: str | None, month: date) -> list[str]:
    """The numbers that can join a group in `month`, in their order."""
    taken = select(SharePlace.id).where(
        SharePlace.msisdn == Sim.msisdn,
        or_(SharePlace.until_month.is_(None), SharePlace.until_month > month),
    )
    return list(
        session.scalars(
            select(Sim.msisdn)
            .where(Sim.customer_code == customer, Sim.status == "active", ~taken.exists())
            .order_by(Sim.msisdn)
            .distinct()
        )
    )


def open_orders(session: Session, group_ids: Collection[int]) -> dict[int, list[OpenOrder]]:
    """The orders of each group that have not ended, by their start."""
    found = session.execute(
        select(Order.group_id, Order.number, Order.kind, Order.status, Order.start_date)
        .where(Order.group_id.in_(group_ids), Order.status.in_(OPEN))
        .order_by(Order.start_date, Order.id)
    )
    orders: dict[int, list[OpenOrder]] = {group_id: [] for group_id in group_ids}
    for group_id, number, kind, status, start_date in found.tuples():
        orders[group_id or 0].append(OpenOrder(number, kind, status, start_date))
    return orders


def order_of_month(session: Session, group_id: int, month: date) -> str | None:
    """The number of the order that registers or changes the group in that month."""
    return session.scalar(
        select(Order.number).where(
            Order.group_id == group_id,
            Order.kind.in_(("SG", "SC")),
            Order.status != OrderStatus.CANCELLED,
            Order.start_date == month,
        )
    )


def member_counts(session: Session, group_ids: Collection[int], on: date) -> dict[int, int]:
    """How many numbers are in each group in the month of a day; groups without any are left out."""
    found = session.execute(
        select(ShareMember.group_id, func.count())
        .where(ShareMember.group_id.in_(group_ids), in_month(ShareMember, on))
        .group_by(ShareMember.group_id)
    )
    return {group_id: number for group_id, number in found}
