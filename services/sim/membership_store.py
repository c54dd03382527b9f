"""Which share group a number is in: by what carried-out orders have made true, or by what is promised."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from services.sim import store
from services.sim.models_shares import ShareGroup, ShareMember, SharePlace


def groups_of(session: Session, msisdns: Collection[str], on: date) -> dict[str, ShareGroup]:
    """The groups that the numbers are in on a day, by number."""
    return _groups(session, ShareMember, msisdns, on)


def promised_groups(session: Session, msisdns: Collection[str], on: date) -> dict[str, ShareGroup]:
    """The groups that the numbers will be in on a day if every accepted order is carried out, by number."""
    return _groups(session, SharePlace, msisdns, on)


def _groups(
    session: Session, table: type[ShareMember | SharePlace], msisdns: Collection[str], on: date
) -> dict[str, ShareGroup]:
    found = session.execute(
        select(table.msisdn, ShareGroup)
        .join(ShareGroup, ShareGroup.id == table.group_id)
        .where(
            store.is_any(table.msisdn, msisdns),
            table.from_month <= on,
            or_(table.until_month.is_(None), table.until_month > on),
        )
    )
    return dict(found.tuples().all())


def leave(session: Session, msisdns: Collection[str], month: date) -> None:
    """End the memberships of the numbers, so that they are in no group from `month` (its first day) on."""
    for table in (ShareMember, SharePlace):  # what is so, and what is promised
        of_numbers = store.is_any(table.msisdn, msisdns)
        session.execute(delete(table).where(of_numbers, table.from_month >= month))
        ended = {"until_month": month} | ({"left_by": None} if table is SharePlace else {})
        session.execute(
            update(table)
            .where(of_numbers, or_(table.until_month.is_(None), table.until_month > month))
            .values(**ended)
        )
