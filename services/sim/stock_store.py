"""Queries about the stock. Whoever takes a serial passes over what another transaction holds, so nobody waits here."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import BigInteger, ColumnElement, any_, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.sim import store
from services.sim.models_stock import StockedSim, StockState
from services.sim.states import SimType

_GIVE = text(
    "UPDATE sim_stock SET state = 'reserved', order_item_id = given.item"
    " FROM unnest(CAST(:serials AS text[]), CAST(:items AS bigint[])) AS given (serial, item)"
    " WHERE sim_stock.serial = given.serial AND state = 'free'"
)


def reserve(
    session: Session,
    item_ids: Sequence[int],
    *,
    sim_type: SimType,
    sim_size: str | None = None,
    numbered: bool = False,
) -> dict[int, str]:
    """A free serial for each item of an order, the lowest first; an item that has one keeps it.

    With `numbered` only cards that come with a number, without it only others. Items that there is none for are left
    out.
    """
    found = reserved(session, item_ids)
    wanting = [item for item in item_ids if item not in found]
    if wanting:
        conditions = [StockedSim.sim_type == sim_type, StockedSim.state == "free"]
        if sim_size is not None:
            conditions.append(StockedSim.sim_size == sim_size)
        conditions.append(StockedSim.msisdn.is_not(None) if numbered else StockedSim.msisdn.is_(None))
        serials = session.scalars(
            select(StockedSim.serial)
            .where(*conditions)
            .order_by(StockedSim.serial)
            .limit(len(wanting))
            .with_for_update(skip_locked=True)
        ).all()
        taken = dict(zip(wanting, serials, strict=False))
        give(session, taken)
        found |= taken
    return found


def take(session: Session, serials: Collection[str]) -> dict[str, StockedSim]:
    """These serials, as far as the stock has them and no other transaction holds them; held until the end of this."""
    found = session.scalars(
        select(StockedSim)
        .where(store.is_any(StockedSim.serial, serials))
        .order_by(StockedSim.serial)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return {each.serial: each for each in found}


def give(session: Session, serials: Mapping[int, str]) -> None:
    """Reserve free serials that are held, by the items that they are for."""
    if serials:
        session.execute(_GIVE, {"serials": list(serials.values()), "items": list(serials)})


def reserved(session: Session, item_ids: Collection[int]) -> dict[int, str]:
    """The serials that are reserved for these items."""
    rows = session.execute(
        select(StockedSim.order_item_id, StockedSim.serial).where(
            _of(item_ids), StockedSim.state == "reserved"
        )
    )
    return {item: serial for item, serial in rows if item is not None}


def release(session: Session, item_ids: Collection[int]) -> None:
    """What is reserved for these items is free again."""
    _set(session, item_ids, "free")


def assign(session: Session, item_ids: Collection[int]) -> None:
    """What is reserved for these items is a customer's from now on."""
    _set(session, item_ids, "assigned")


def retire(session: Session, serials: Collection[str]) -> list[str]:
    """Take free serials, or reserved ones that turned out to be useless, out of the stock; those that were."""
    return list(
        session.scalars(
            update(StockedSim)
            .where(store.is_any(StockedSim.serial, serials), StockedSim.state.in_(["free", "reserved"]))
            .values(state="retired")
            .returning(StockedSim.serial)
            .execution_options(synchronize_session=False)
        )
    )


def _set(session: Session, item_ids: Collection[int], state: StockState) -> None:
    session.execute(
        update(StockedSim)
        .where(_of(item_ids), StockedSim.state == "reserved")
        .values(state=state, **({"order_item_id": None} if state == "free" else {}))
        .execution_options(synchronize_session=False)
    )


def _of(item_ids: Collection[int]) -> ColumnElement[bool]:
    return StockedSim.order_item_id == any_(literal(list(item_ids), ARRAY(BigInteger)))


def counts(session: Session) -> list[tuple[str, str, dict[str, int]]]:
    """How many there are of each type and size, by state."""
    rows = session.execute(
        select(StockedSim.sim_type, StockedSim.sim_size, StockedSim.state, func.count())
        .group_by(StockedSim.sim_type, StockedSim.sim_size, StockedSim.state)
        .order_by(StockedSim.sim_type, StockedSim.sim_size)
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for sim_type, size, state, number in rows:
        found.setdefault((sim_type, size), {})[state] = number
    return [(sim_type, size, states) for (sim_type, size), states in found.items()]
