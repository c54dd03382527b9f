"""Choosing the cards of an order from the stock."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from chassis.errors import Conflict
from services.sim import shipment_store, stock_store, store
from services.sim.kinds.base import Desk
from services.sim.kinds.shipment import unassign
from services.sim.models import Order, OrderItem, Sim
from services.sim.models_stock import StockedSim


@dataclass(frozen=True)
class Card:
    """`msisdn` is the number that a new line gets; None: the card's own, or for a reissue the line's."""

    serial: str
    msisdn: str | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong with the card at `index`."""

    index: int
    field: str
    code: str
    details: dict[str, Any] = dataclasses.field(default_factory=dict)


def hold_numbers(desk: Desk) -> None:
    """From now to the end of the transaction nobody else gives away a telephone number."""
    desk.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("sim.msisdns"))))


def problems(desk: Desk, order: Order, items: Sequence[OrderItem], cards: Sequence[Card]) -> list[Problem]:
    """What keeps the cards from being those of the order's items, one each; what is free of them is held."""
    serials = [card.serial for card in cards]
    stocked = stock_store.take(desk.session, serials)
    known = store.known(desk.session, StockedSim.serial, serials)
    numbers = [_number(card, stocked.get(card.serial)) for card in cards]
    in_use = shipment_store.numbers_in_use(desk.session, {each for each in numbers if each}, serials)
    own = {item.id for item in items}
    found: list[Problem] = []
    for index, (card, number) in enumerate(zip(cards, numbers, strict=True)):
        stock = stocked.get(card.serial)
        if card.serial not in known:
            found.append(Problem(index, "sim_serial", "stock.unknown", {"sim_serial": card.serial}))
        elif card.serial in serials[:index]:
            found.append(Problem(index, "sim_serial", "sims.repeated", {"sim_serial": card.serial}))
        elif stock is None or not (
            stock.state == "free" or (stock.state == "reserved" and stock.order_item_id in own)
        ):
            found.append(Problem(index, "sim_serial", "stock.not_free", {"sim_serial": card.serial}))
        elif (stock.sim_type, stock.sim_size) != ("card", order.terms["sim_size"]):
            found.append(
                Problem(
                    index,
                    "sim_serial",
                    "stock.other_size",
                    {"sim_serial": card.serial, "wanted": order.terms["sim_size"]},
                )
            )
        elif order.kind == "SR" and (stock.msisdn or card.msisdn not in (None, items[0].msisdn)):
            found.append(Problem(index, "msisdn", "shipment.number_stays"))
        elif order.kind == "NS" and number is None:
            found.append(Problem(index, "msisdn", "shipment.number_missing"))
        elif order.kind == "NS" and stock.msisdn not in (None, number):
            found.append(Problem(index, "msisdn", "shipment.number_of_card"))
        elif order.kind == "NS" and (number in in_use or number in numbers[:index]):
            found.append(Problem(index, "msisdn", "shipment.number_in_use", {"msisdn": number}))
    return found


def choose(desk: Desk, order: Order, items: Sequence[OrderItem], cards: Sequence[Card]) -> None:
    """Reserve cards without a problem for the items, in their order; SIMs of new lines are `ordered` from now on."""
    session = desk.session
    if order.kind == "NS":
        unassign(desk, order)
    else:
        stock_store.release(session, [item.id for item in items])
    stock_store.give(session, {item.id: card.serial for item, card in zip(items, cards, strict=True)})
    if order.kind == "SR":
        items[0].details = items[0].details | {"new_serial": cards[0].serial}
        session.flush()
        return
    own = dict(
        session.execute(
            select(StockedSim.serial, StockedSim.msisdn).where(
                store.is_any(StockedSim.serial, [card.serial for card in cards])
            )
        )
        .tuples()
        .all()
    )
    numbers = {card.serial: card.msisdn or own[card.serial] or "" for card in cards}
    session.execute(
        insert(Sim),
        [
            {
                "serial": serial,
                "customer_code": order.customer_code,
                "project_name": order.terms["project_name"],
                "msisdn": number,
                "sim_type": "card",
                "sim_size": order.terms["sim_size"],
                "plan": order.terms["plan"],
                "service_type": order.service_type,
                "status": "ordered",
                "options": [],
            }
            for serial, number in numbers.items()
        ],
    )
    session.execute(
        update(OrderItem),
        [
            {"id": item.id, "sim_serial": card.serial, "msisdn": numbers[card.serial]}
            for item, card in zip(items, cards, strict=True)
        ],
    )


def from_stock(desk: Desk, order: Order, items: Sequence[OrderItem]) -> list[Card]:
    """The cards that have been chosen, or the next free ones that fit; nothing is stored for the latter yet but their
    reservation. Raises Conflict("stock.too_few", wanted=…, available=…)."""
    found = stock_store.reserve(
        desk.session,
        [item.id for item in items],
        sim_type="card",
        sim_size=order.terms["sim_size"],
        numbered=order.kind == "NS",
    )
    if len(found) < len(items):
        raise Conflict("stock.too_few", wanted=len(items), available=len(found))
    return [Card(found[item.id]) for item in items]


def _number(card: Card, stock: StockedSim | None) -> str | None:
    return card.msisdn or (stock.msisdn if stock else None)
