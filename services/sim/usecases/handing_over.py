"""Handing orders for cards over to shipping, by staff.

Whoever locks a pending order first decides: a hand-over finds none that was cancelled, a cancellation none that was
handed over.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from chassis.errors import Conflict, Invalid, NotFound
from services.sim import progress, stock_store, store
from services.sim.events import Audited, SimsShipped
from services.sim.kinds.base import Desk, Target
from services.sim.models import Job, Order, OrderItem, Sim
from services.sim.models_shipments import Shipment
from services.sim.orders import ItemState, OrderStatus, advance
from services.sim.usecases import choosing_cards
from services.sim.usecases.choosing_cards import Card
from services.sim.usecases.holding import refuse_held
from services.sim.usecases.ordering import jobs_of
from services.sim.usecases.orders import STAFF

_WINDOW = timedelta(minutes=30)


def prepare(desk: Desk, number: str, cards: Sequence[Card] | None) -> None:
    """Choose the cards of an order: these, or the next free ones; other ones that were chosen before are free again.

    Raises NotFound("shipment.unknown"), Conflict("shipment.not_open", status=…), and what `_chosen` does.
    """
    choosing_cards.hold_numbers(desk)
    order, items = open_order(desk, number)
    choosing_cards.choose(desk, order, items, _chosen(desk, order, items, cards))
    desk.uow.emit(Audited.by(desk.caller, "shipment.prepared", number, _told(order)))
    desk.uow.commit()


def hand_over(
    desk: Desk, number: str, cards: Sequence[Card] | None, carrier_name: str, tracking_number: str
) -> None:
    """Hand an order over, with these cards, those chosen before, or the next free ones.

    From now on it can neither be changed nor cancelled, and its SIMs are switched at the network. An order for a
    reissue whose card the network has refused is handed over once more, with another one.
    Raises what `prepare` does, Invalid("shipment.parcel").
    """
    choosing_cards.hold_numbers(desk)
    order, items = open_order(desk, number)
    choosing_cards.choose(desk, order, items, _chosen(desk, order, items, cards))
    ship(desk, order, items, carrier_name, tracking_number)
    desk.uow.commit()


def open_order(desk: Desk, number: str) -> tuple[Order, list[OrderItem]]:
    """The order with its items, locked.

    Raises NotFound("shipment.unknown"), Conflict("shipment.not_open", status=…).
    """
    session = desk.session
    found = session.scalar(select(Order).where(Order.number == number, Order.by_hand))
    if found is None:
        raise NotFound("shipment.unknown")
    before = found.status
    if before == OrderStatus.FAILED:
        of_order = select(OrderItem.sim_serial).where(OrderItem.order_id == found.id)
        store.lock_sims(session, [each for each in session.scalars(of_order) if each])
    session.refresh(found, with_for_update=True)
    again = found.kind == "SR" and before == found.status == OrderStatus.FAILED
    if found.status != OrderStatus.PENDING and not again:
        raise Conflict("shipment.not_open", status=found.status)
    items = session.scalars(
        select(OrderItem)
        .where(OrderItem.order_id == found.id)
        .order_by(OrderItem.position)
        .execution_options(populate_existing=True)
    )
    return found, list(items)


def ship(
    desk: Desk, order: Order, items: Sequence[OrderItem], carrier_name: str, tracking_number: str
) -> None:
    """Hand over an open order whose cards are chosen; the caller commits."""
    if not carrier_name or not tracking_number:
        raise Invalid("shipment.parcel")
    session, ids = desk.session, [item.id for item in items]
    if order.status == OrderStatus.FAILED:
        _reopen(desk, order, items[0])
    parcel = {
        "handed_over_at": desk.now,
        "carrier_name": carrier_name,
        "tracking_number": tracking_number,
        "arrived_on": None,
    }
    session.execute(
        upsert(Shipment)
        .values(order_id=order.id, **parcel)
        .on_conflict_do_update(index_elements=["order_id"], set_=parcel)
    )
    order.status = advance(OrderStatus(order.status), OrderStatus.IN_PROGRESS)
    order.not_before, order.not_after = desk.now, desk.now + _WINDOW
    session.flush()
    session.execute(
        update(OrderItem)
        .where(OrderItem.id.in_(ids))
        .values(state=ItemState.IN_PROGRESS)
        .execution_options(synchronize_session=False)
    )
    serials = dict(
        session.execute(select(OrderItem.id, OrderItem.sim_serial).where(OrderItem.id.in_(ids)))
        .tuples()
        .all()
    )
    if order.kind == "NS":
        session.execute(
            update(Sim)
            .where(store.is_any(Sim.serial, [each for each in serials.values() if each]))
            .values(status="shipped")
            .execution_options(synchronize_session=False)
        )
        stock_store.assign(session, ids)
    work = "activate" if order.kind == "NS" else "swap"
    targets = [(item_id, Target(work, serial)) for item_id, serial in serials.items()]
    session.execute(insert(Job), jobs_of(order, targets, desk.now))
    actor = f"{STAFF}{desk.caller.login_id}"
    progress.record(desk.uow, [order], OrderStatus.IN_PROGRESS, desk.now, actor=actor)
    progress.tell(desk.uow, [order.id], "shipped")
    desk.uow.emit(Audited.by(desk.caller, "shipment.handed_over", order.number, _told(order)))
    if order.price_yen:
        desk.uow.emit(SimsShipped(order.number, order.customer_code, len(items), order.price_yen, desk.now))


def _chosen(
    desk: Desk, order: Order, items: Sequence[OrderItem], cards: Sequence[Card] | None
) -> Sequence[Card]:
    """Raises Invalid("shipment.card_count", wanted=…, given=…), Conflict("stock.too_few"), and the first problem of a
    card as a Conflict with its `item`."""
    if not cards:
        cards = choosing_cards.from_stock(desk, order, items)
    if len(cards) != len(items):
        raise Invalid("shipment.card_count", wanted=len(items), given=len(cards))
    for problem in choosing_cards.problems(desk, order, items, cards):
        raise Conflict(problem.code, item=problem.index + 1, **problem.details)
    return cards


def _reopen(desk: Desk, order: Order, item: OrderItem) -> None:
    """The reissue goes on: its SIM is held again, and being reissued."""
    session = desk.session
    try:
        with session.begin_nested():
            item.state, item.reason, item.settled_at = ItemState.IN_PROGRESS, None, None
            order.items_open, order.items_failed, order.reason, order.settled_at = 1, 0, None, None
            session.flush()
    except IntegrityError as error:
        if "order_items_holding" not in str(error.orig):
            raise
        refuse_held(session, [item.sim_serial or ""])
        raise Conflict("desk.changed") from error  # the other order has just ended
    reissued = session.scalars(
        update(Sim)
        .where(Sim.serial == item.sim_serial, Sim.status == "active")
        .values(status="reissuing")
        .returning(Sim.serial)
        .execution_options(synchronize_session=False)
    ).all()
    if not reissued:
        raise Conflict("shipment.sim_changed")


def _told(order: Order) -> dict[str, Any]:
    return {"customer": order.customer_code, "items": order.items_total}
