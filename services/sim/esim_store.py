"""Queries about the profiles of eSIMs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, insert, literal, select, update
from sqlalchemy.orm import Session

from services.sim import store
from services.sim.models import Order, OrderItem
from services.sim.models_esim import EsimProfile, ProfileState
from services.sim.models_stock import StockedSim


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(insert(EsimProfile), list(rows))


def of_items(session: Session, items: Collection[int | None]) -> dict[int, EsimProfile]:
    """The profiles by the id of their item."""
    found = session.scalars(
        select(EsimProfile)
        .where(EsimProfile.order_item_id == any_(literal(list(items), ARRAY(BigInteger))))
        .execution_options(populate_existing=True)
    )
    return {profile.order_item_id: profile for profile in found}


def withdrawn(session: Session, iccids: Collection[str]) -> dict[str, EsimProfile]:
    """The profiles that the SM-DP+ is to cancel, by ICCID."""
    found = session.scalars(
        select(EsimProfile).where(store.is_any(EsimProfile.iccid, iccids), EsimProfile.state == "withdrawn")
    )
    return {profile.iccid: profile for profile in found}


def matching_ids(session: Session, iccids: Collection[str]) -> dict[str, str]:
    """The encrypted matching IDs of profiles that are not given up, by ICCID."""
    rows = session.execute(
        select(EsimProfile.iccid, EsimProfile.matching_id).where(
            store.is_any(EsimProfile.iccid, iccids), EsimProfile.matching_id.is_not(None)
        )
    )
    return {iccid: stored for iccid, stored in rows.tuples() if stored is not None}


def set_state(
    session: Session,
    profiles: Collection[EsimProfile],
    state: ProfileState,
    *,
    ready_at: datetime | None = None,
) -> None:
    values: dict[str, Any] = {"state": state, "ready_at": ready_at}
    if state in ("withdrawn", "cancelled"):
        values["matching_id"] = None
    ids = [profile.order_item_id for profile in profiles]
    session.execute(
        update(EsimProfile)
        .where(EsimProfile.order_item_id == any_(literal(ids, ARRAY(BigInteger))))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def is_in_stock(session: Session) -> bool:
    """Whether a profile can be had now."""
    free = select(StockedSim.serial).where(
        StockedSim.sim_type == "esim", StockedSim.sim_size == "", StockedSim.state == "free"
    )
    return session.scalar(free.limit(1)) is not None


def of_order(session: Session, order: Order) -> EsimProfile | None:
    """The latest profile of an order: it has one item, and one profile at most."""
    return session.scalar(
        select(EsimProfile)
        .join(OrderItem, OrderItem.id == EsimProfile.order_item_id)
        .where(OrderItem.order_id == order.id)
    )
