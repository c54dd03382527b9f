"""Queries. Whatever a customer reads is found through that customer's code, so another's SIM or order is none."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, Select, String, any_, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.sim.accounting import Balance
from services.sim.models import Bucket, Order, OrderSequence, Sim

Column = ColumnElement[str] | InstrumentedAttribute[str]


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


def balances(
    session: Session, sims: Iterable[Sim], plans: Mapping[str, int], now: datetime
) -> dict[str, Balance]:
    """The balances of `sims` at `now`, by serial; `plans` has the monthly bytes by plan."""
    plan_of = {sim.serial: sim.plan for sim in sims}
    stored = session.execute(
        select(
            Bucket.sim_serial,
            func.sum(Bucket.amount_bytes),
            func.sum(Bucket.used_bytes),
            func.bool_or(Bucket.kind == "plan"),
        )
        .where(is_any(Bucket.sim_serial, plan_of), Bucket.valid_from <= now, now < Bucket.valid_until)
        .group_by(Bucket.sim_serial)
    )
    found = {
        serial: Balance(int(amount) + (0 if has_plan else plans[plan_of[serial]]), int(used))
        for serial, amount, used, has_plan in stored
    }
    return {serial: found.get(serial) or Balance(plans[plan], 0) for serial, plan in plan_of.items()}


def buckets_by_sim(
    session: Session, serials: Collection[str], *conditions: ColumnElement[bool]
) -> dict[str, list[Bucket]]:
    """The buckets of the SIMs that meet the conditions, oldest first; SIMs without one have an empty list."""
    found: dict[str, list[Bucket]] = defaultdict(list)
    for bucket in session.scalars(
        select(Bucket).where(is_any(Bucket.sim_serial, serials), *conditions).order_by(Bucket.id)
    ):
        found[bucket.sim_serial].append(bucket)
    return found


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
