"""The search of orders: conditions, sorts, and pages of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Date, Select, and_, cast, collate, func, literal, or_, select
from sqlalchemy.orm import Session

from chassis.errors import Invalid
from chassis.paging import decode_cursor, encode_cursor
from services.sim.models import Customer, Order, OrderItem, Sim

OrderColumn = Literal[
    "number",
    "kind",
    "service_type",
    "applicant",
    "accepted_at",
    "executed_on",
    "cancelled_on",
    "status",
]
OrderSort = Literal[
    "number",
    "-number",
    "kind",
    "-kind",
    "service_type",
    "-service_type",
    "applicant",
    "-applicant",
    "accepted_at",
    "-accepted_at",
    "executed_on",
    "-executed_on",
    "cancelled_on",
    "-cancelled_on",
    "status",
    "-status",
]
LATEST_FIRST: OrderSort = "-accepted_at"

_NEVER = date(1, 1, 1)
_LARGEST_ID = 2**63


@dataclass(frozen=True)
class OrderSearch:
    """Conditions that an order must all meet; None: any. `number`, `applicant`, `msisdn` and `serial` are parts,
    without regard to case; the latter two are of one of its SIMs."""

    status: str | None = None
    kind: str | None = None
    service_type: str | None = None
    number: str | None = None
    applicant: str | None = None
    msisdn: str | None = None
    serial: str | None = None

    def conditions(self, customer: str | None = None) -> list[ColumnElement[bool]]:
        """What an order of this customer, or of anybody, must meet."""
        found: list[ColumnElement[bool]] = [] if customer is None else [Order.customer_code == customer]
        for column, value in (
            (Order.status, self.status),
            (Order.kind, self.kind),
            (Order.service_type, self.service_type),
        ):
            if value:
                found.append(column == value)
        for column, part in ((Order.number, self.number), (Order.applicant, self.applicant)):
            if part:
                # what is searched is ASCII: comparing bytes is several times faster than ILIKE
                found.append(func.upper(collate(column, "C")).contains(part.upper(), autoescape=True))
        # which SIMs it can be is found first: there are fewer of them than items of orders
        of_item = []
        if self.msisdn:
            digits = self.msisdn.replace("-", "")  # people copy them hyphenated
            numbers = _sims_of(Sim.msisdn, customer).where(Sim.msisdn.contains(digits, autoescape=True))
            of_item.append(OrderItem.msisdn.in_(numbers))
        if self.serial:
            serials = _sims_of(Sim.serial, customer).where(Sim.serial.icontains(self.serial, autoescape=True))
            of_item.append(OrderItem.sim_serial.in_(serials))
        if of_item:
            found.append(Order.id.in_(select(OrderItem.order_id).where(*of_item)))
        return found


def _sims_of(column: Any, customer: str | None) -> Select[Any]:
    return select(column) if customer is None else select(column).where(Sim.customer_code == customer)


def orders_with_names(*conditions: ColumnElement[bool]) -> Select[Order, str]:
    """Orders, and the names of their customers."""
    return (
        select(Order, Customer.name).join(Customer, Customer.code == Order.customer_code).where(*conditions)
    )


def count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Order).where(*conditions)) or 0


def page(
    session: Session, found: Select[Order, str], sort: OrderSort, cursor: str | None, limit: int
) -> tuple[Sequence[tuple[Order, str]], str | None]:
    """Up to `limit` orders in the order of `sort` after `cursor`, and the cursor of those that follow.

    Raises Invalid("page.bad_cursor"), for the cursor of another sort as well.
    """
    column, descends = sort.removeprefix("-"), sort.startswith("-")
    key = _KEYS.get(column)
    if cursor is not None:
        found = found.where(_after(key, column, descends, cursor))
    ends = [Order.id] if key is None else [key, Order.id]
    rows = session.execute(
        found.add_columns(literal(None) if key is None else key)
        .order_by(*(end.desc() if descends else end.asc() for end in ends))
        .limit(limit + 1)
    ).all()
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        order, _, value = shown[-1]
        at = value.isoformat() if isinstance(value, date) else value
        following = encode_cursor([order.id] if key is None else [column, at, order.id])
    return [(order, name) for order, name, _ in shown], following


def _day(column: Any) -> ColumnElement[date]:
    return cast(func.timezone("Asia/Tokyo", column), Date)


# What each sort goes by before the order's id; ids rise as orders are accepted, so that this sort needs nothing else.
_KEYS: Mapping[str, ColumnElement[Any] | Any] = {
    "number": Order.number,
    "kind": Order.kind,
    "service_type": Order.service_type,
    "applicant": Order.applicant,
    "executed_on": func.coalesce(_day(Order.executed_at), Order.start_date),
    "cancelled_on": func.coalesce(_day(Order.cancelled_at), literal(_NEVER, Date)),
    "status": Order.status,
}
assert {*_KEYS, "accepted_at"} == set(get_args(OrderColumn))


def _after(key: Any, column: str, descends: bool, cursor: str) -> ColumnElement[bool]:
    match decode_cursor(cursor):
        case [int(last)] if key is None and abs(last) < _LARGEST_ID:
            return Order.id < last if descends else Order.id > last
        case [str(named), str(at), int(last)] if (
            key is not None and named == column and "\x00" not in at and abs(last) < _LARGEST_ID
        ):
            value = _value(column, at)
            beyond = key < value if descends else key > value
            further = Order.id < last if descends else Order.id > last
            return or_(beyond, and_(key == value, further))
    raise Invalid("page.bad_cursor")


def _value(column: str, at: str) -> Any:
    if column not in ("executed_on", "cancelled_on"):
        return at
    try:
        return date.fromisoformat(at)
    except ValueError:
        raise Invalid("page.bad_cursor") from None
