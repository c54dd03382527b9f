"""What happens to orders is recorded here, and only here: in their history, in the log, and for the mails."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import exists, insert, select

from chassis.database import UnitOfWork
from services.sim.events import OrderProgressed
from services.sim.happenings import Happening, happening
from services.sim.models import Order, OrderStep
from services.sim.models_mails import MailSwitch
from services.sim.orders import OrderStatus

log = structlog.get_logger()


class Recorded(Protocol):
    """An order, or a row of one."""

    @property
    def id(self) -> int: ...
    @property
    def number(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def correlation_id(self) -> str: ...


def record(
    uow: UnitOfWork,
    orders: Sequence[Recorded],
    status: OrderStatus,
    now: datetime,
    *,
    actor: str = "",
    late: Collection[int] = (),
    change: bool = False,
    note: str = "",
) -> None:
    """`orders` have come to `status`; `actor` is a login id, empty for the system. `late` has the ids of those that
    were begun after the promised time. `note` is what staff have written, for staff alone."""
    if not orders:
        return
    rows = [
        {
            "order_id": order.id,
            "at": now,
            "status": status,
            "actor": actor,
            "late": order.id in late,
            "change": change,
            "reason": order.reason,
            "note": note,
        }
        for order in orders
    ]
    uow.session.execute(insert(OrderStep), rows)
    for order in orders:
        log.info(
            "order", order=order.number, status=status, change=change, correlation_id=order.correlation_id
        )
    happened = happening(status, change=change)
    if happened is not None:
        tell(uow, [order.id for order in orders], happened)


def note(uow: UnitOfWork, order: Order, now: datetime, actor: str, text: str) -> None:
    """What staff have decided about an order that stays as it is; nobody is told by mail."""
    uow.session.add(
        OrderStep(order_id=order.id, at=now, status=order.status, actor=actor, reason=order.reason, note=text)
    )
    log.info("order settled", order=order.number, status=order.status)


def tell(uow: UnitOfWork, order_ids: Collection[int], happened: Happening) -> None:
    """Have the customers of the orders told by mail, those of them who want to be: one fact an order, whatever its
    size."""
    unwanted = exists().where(
        MailSwitch.customer_code == Order.customer_code,
        MailSwitch.kind == Order.kind,
        MailSwitch.happening == happened,
    )
    orders = uow.session.execute(
        select(
            Order.customer_code,
            Order.number,
            Order.kind,
            Order.applicant,
            Order.start_date,
            Order.cancellable_until,
            Order.items_total,
            Order.items_failed,
        )
        .where(Order.id.in_(order_ids), ~unwanted)
        .order_by(Order.id)
    ).all()
    if orders:
        uow.emit(*(OrderProgressed(happening=happened, **order._mapping) for order in orders))
