"""What orders for share groups keep: the places in groups that they promise to numbers."""

from sqlalchemy import delete, insert, select, update

from chassis.errors import Conflict
from services.sim import share_store, store
from services.sim.kinds.base import Desk
from services.sim.models import Order
from services.sim.models_shares import SharePlace
from services.sim.msisdns import plain


def promise(desk: Desk, order: Order) -> None:
    """Take the places that the order's terms name, from its start month on.

    The customer's orders are locked since the quote, which has found these places free.
    """
    leaving = _digits(order, "leaving")
    if leaving:
        desk.session.execute(
            update(SharePlace)
            .where(
                SharePlace.group_id == order.group_id,
                SharePlace.until_month.is_(None),
                store.is_any(SharePlace.msisdn, leaving),
            )
            .values(until_month=order.start_date, left_by=order.id)
        )
    rows = [
        {
            "group_id": order.group_id,
            "msisdn": msisdn,
            "from_month": order.start_date,
            "until_month": None,
            "joined_by": order.id,
        }
        for msisdn in _digits(order, "joining")
    ]
    if rows:
        desk.session.execute(insert(SharePlace), rows)


def release(desk: Desk, order: Order) -> None:
    """Give the places of the order back, and let stay who was to leave.

    Raises Conflict, with the number of the order to cancel before: share.later_order, which was placed because of this
    one's members, and share.promised_elsewhere, if another group has a number that was to leave this one.
    """
    session, leaving = desk.session, _digits(order, "leaving")
    assert order.group_id is not None
    share_store.lock_orders(session, order.customer_code)
    for other in share_store.open_orders(session, [order.group_id])[order.group_id]:
        if other.kind in ("SC", "SD") and other.start_date > order.start_date:
            raise Conflict("share.later_order", number=other.number)
    elsewhere = share_store.promised_elsewhere(session, leaving, order.group_id, order.start_date)
    if elsewhere:
        first = min(elsewhere.values())
        number = session.scalar(select(Order.number).where(Order.id == first))
        raise Conflict("share.promised_elsewhere", number=number)
    session.execute(delete(SharePlace).where(SharePlace.joined_by == order.id))
    session.execute(
        update(SharePlace).where(SharePlace.left_by == order.id).values(until_month=None, left_by=None)
    )
    order.group_id = None  # what it is changed to is judged beside the group's other orders
    session.flush()


def _digits(order: Order, name: str) -> list[str]:
    return [plain(each) or each for each in order.terms[name]]
