"""The stock of cards and eSIM profiles, as staff see it."""

from typing import Any

from sqlalchemy import func, select

from chassis.errors import Conflict, Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import stock_store, store
from services.sim.events import Audited
from services.sim.kinds.base import Desk
from services.sim.models import Order, OrderItem
from services.sim.models_stock import StockedSim, StockState
from services.sim.states import SimType


def list_stock(
    desk: Desk,
    *,
    state: StockState | None,
    sim_type: SimType | None,
    serial: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of the stock by serial, with the numbers of each type and size by state; `low` marks what runs out.

    `serial` is the beginning of one. Raises Invalid("page.bad_cursor").
    """
    wanted = [
        condition
        for value, condition in (
            (state, StockedSim.state == state),
            (sim_type, StockedSim.sim_type == sim_type),
            (serial, StockedSim.serial.startswith(serial or "", autoescape=True)),
        )
        if value
    ]
    page = (
        select(StockedSim, Order.number)
        .outerjoin(OrderItem, OrderItem.id == StockedSim.order_item_id)
        .outerjoin(Order, Order.id == OrderItem.order_id)
        .where(*wanted)
        .order_by(StockedSim.serial)
        .limit(limit + 1)
    )
    if cursor is not None:
        page = page.where(StockedSim.serial > _after(cursor))
    rows = desk.session.execute(page).tuples().all()
    shown = rows[:limit]
    return {
        "total": desk.session.scalar(select(func.count()).select_from(StockedSim).where(*wanted)) or 0,
        "counts": [
            {
                "sim_type": kind,
                "sim_size": size,
                **{name: states.get(name, 0) for name in ("free", "reserved", "assigned", "retired")},
                "low": states.get("free", 0) < desk.settings.low_stock,
            }
            for kind, size, states in stock_store.counts(desk.session)
        ],
        "items": [
            {
                "sim_serial": stock.serial,
                "sim_type": stock.sim_type,
                "sim_size": stock.sim_size,
                "msisdn": stock.msisdn,
                "state": stock.state,
                "order_number": number,
            }
            for stock, number in shown
        ],
        "next_cursor": encode_cursor([shown[-1][0].serial]) if len(rows) > limit else None,
    }


def retire(desk: Desk, serial: str) -> None:
    """Take a free card or profile out of the stock, such as a broken one.

    Raises NotFound("stock.unknown"), Conflict("stock.not_free", sim_serial=…).
    """
    if not store.known(desk.session, StockedSim.serial, [serial]):
        raise NotFound("stock.unknown", sim_serial=serial)
    stock = stock_store.take(desk.session, [serial]).get(serial)
    if stock is None or stock.state != "free":
        raise Conflict("stock.not_free", sim_serial=serial)
    stock.state = "retired"
    desk.uow.emit(Audited.by(desk.caller, "stock.retired", serial, {"sim_type": stock.sim_type}))
    desk.uow.commit()


def _after(cursor: str) -> str:
    match decode_cursor(cursor):
        case [str(serial)] if "\x00" not in serial:
            return serial
    raise Invalid("page.bad_cursor")
