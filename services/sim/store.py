"""Queries. Whatever a customer reads is found through that customer's code, so another's SIM or order is none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, Select, String, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.sim import pool_store
from services.sim.accounting import Balance, first_day, month_of
from services.sim.models import Bucket, Order, OrderSequence, Sim

_KEEP_FIGURES = text(
    "UPDATE sims SET used_bytes = kept.used, capacity_bytes = kept.capacity, figures_until = :until,"
    "  recharged_until = (SELECT max(valid_until) FROM buckets WHERE sim_serial = sims.serial AND kind = 'recharge')"
    " FROM unnest(CAST(:serials AS text[]), CAST(:used AS bigint[]), CAST(:capacities AS bigint[]))"
    "  AS kept (serial, used, capacity) WHERE sims.serial = kept.serial"
)

_LOCK_GROUPS = text("SELECT id FROM share_groups WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_GROUP_BUCKETS = text(
    "SELECT group_id, sum(used_bytes) AS used,"
    "  coalesce(sum(amount_bytes) FILTER (WHERE kind = 'recharge'), 0) AS bought"
    " FROM buckets WHERE group_id = ANY(:ids) AND valid_from <= :now AND :now < valid_until GROUP BY group_id"
)

Column = ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def is_any(column: Column, values: Collection[str]) -> ColumnElement[bool]:
    """`column` has one of `values`: one array parameter, however many they are."""
    return column == any_(literal(list(values), ARRAY(String)))


def sims_of(
    customer: str | None, status: str | None = None, serial: str | None = None, msisdn: str | None = None
) -> Select[Sim]:
    """The customer's SIMs; `serial` and `msisdn` find parts, without regard to case and to hyphens of a number."""
    found = select(Sim).where(Sim.customer_code == customer)
    if status:
        found = found.where(Sim.status == status)
    if serial:
        found = found.where(Sim.serial.icontains(serial, autoescape=True))
    if msisdn:
        found = found.where(Sim.msisdn.contains(msisdn.replace("-", ""), autoescape=True))
    return found


def orders_of(
    customer: str | None, status: str | None = None, kind: str | None = None, number: str | None = None
) -> Select[Order]:
    """The customer's orders; `number` finds parts, without regard to case."""
    found = select(Order).where(Order.customer_code == customer)
    if status:
        found = found.where(Order.status == status)
    if kind:
        found = found.where(Order.kind == kind)
    if number:
        found = found.where(Order.number.icontains(number, autoescape=True))
    return found


def count(session: Session, found: Select[Sim] | Select[Order]) -> int:
    """How many rows `found` has."""
    return session.scalar(found.with_only_columns(func.count(), maintain_column_froms=True)) or 0


def lock_sims(session: Session, serials: Collection[str]) -> Sequence[Sim]:
    """The SIMs, locked until the end of the transaction against whoever changes their buckets or restriction.

    SIMs are locked before jobs and jobs before orders, everywhere, so that nobody waits in a circle. Orders may be
    placed meanwhile: the lock does not conflict with that of a foreign key.
    """
    return session.scalars(
        select(Sim)
        .where(is_any(Sim.serial, serials))
        .order_by(Sim.serial)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def sims_by_serial(session: Session, serials: Collection[str]) -> dict[str, Sim]:
    """The SIMs as they are now, not locked."""
    found = session.scalars(
        select(Sim).where(is_any(Sim.serial, serials)).execution_options(populate_existing=True)
    )
    return {sim.serial: sim for sim in found}


def lock_groups(session: Session, ids: Collection[int]) -> None:
    """Lock share groups against whoever changes their members or buckets. SIMs are locked before, jobs after them."""
    if ids:
        session.execute(_LOCK_GROUPS, {"ids": list(ids)})


def balances(
    session: Session, sims: Iterable[Sim], plans: Mapping[str, int], now: datetime
) -> dict[str, Balance]:
    """The balances of `sims` at `now`, by serial; `plans` has the monthly bytes by plan.

    Members of a share group have no allowance of their plan; beside their own recharges stands the group's balance.
    """
    plan_of = {sim.serial: sim.plan for sim in sims}
    group_of = pool_store.groups_of(session, plan_of, first_day(now))
    groups = group_balances(session, set(group_of.values()), now)
    stored = session.execute(
        select(
            Bucket.sim_serial,
            Bucket.kind == "plan",
            func.sum(Bucket.amount_bytes),
            func.sum(Bucket.used_bytes),
        )
        .where(is_any(Bucket.sim_serial, plan_of), Bucket.valid_from <= now, now < Bucket.valid_until)
        .group_by(Bucket.sim_serial, Bucket.kind == "plan")
    )
    plan_parts: dict[str, tuple[int, int]] = {}
    recharges: dict[str, tuple[int, int]] = {}
    for serial, is_plan, amount, used in stored:
        (plan_parts if is_plan else recharges)[serial or ""] = int(amount), int(used)
    found = {}
    for serial, plan in plan_of.items():
        group_id = group_of.get(serial)
        granted = (0, 0) if group_id is not None else plan_parts.get(serial) or (plans[plan], 0)
        bought = recharges.get(serial, (0, 0))
        capacity, used = granted[0] + bought[0], granted[1] + bought[1]
        found[serial] = Balance(capacity, used, group_id, None if group_id is None else groups[group_id])
    return found


def group_balances(session: Session, ids: Collection[int], now: datetime) -> dict[int, Balance]:
    """The balances of share groups at `now`, by id: the pool of the month's members and the group's recharges."""
    pools = pool_store.pools(session, ids, first_day(now))
    if not pools:
        return {}
    stored = session.execute(_GROUP_BUCKETS, {"ids": list(pools), "now": now})
    parts = {row.group_id: (int(row.bought), int(row.used)) for row in stored}
    return {
        group_id: Balance(amount + parts.get(group_id, (0, 0))[0], parts.get(group_id, (0, 0))[1])
        for group_id, amount in pools.items()
    }


def keep_figures(session: Session, balances: Mapping[str, Balance], now: datetime) -> None:
    """Keep the balances at `now`, by serial, which lists are sorted by; the caller holds the locks of the SIMs."""
    session.execute(
        _KEEP_FIGURES,
        {
            "serials": list(balances),
            "used": [balance.used for balance in balances.values()],
            "capacities": [balance.capacity for balance in balances.values()],
            "until": month_of(now)[1],
        },
    )


def next_in_sequence(session: Session, customer: str, kind: str, year: int) -> int:
    """The next number of an order of this customer, kind and year.

    The row stays locked until the end of the transaction, so that no number is given away twice.
    """
    first = insert(OrderSequence).values(customer_code=customer, kind=kind, year=year, last=1)
    key = [OrderSequence.customer_code, OrderSequence.kind, OrderSequence.year]
    taken = first.on_conflict_do_update(index_elements=key, set_={"last": OrderSequence.last + 1})
    return session.scalars(taken.returning(OrderSequence.last)).one()


def known(session: Session, column: Column, values: Collection[str]) -> set[str]:
    """Which of `values` the column has."""
    return set(session.scalars(select(column).where(is_any(column, values))))
