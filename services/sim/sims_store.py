"""Queries about the SIMs of a customer: searched, sorted and paged.

Conditions and sorts of what seldom changes are answered from one covering index (`sims_of_customer`); only the SIMs of
a page are fetched.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, or_, select, text
from sqlalchemy.orm import Session, aliased

from services.sim import store
from services.sim.accounting import first_day, month_of
from services.sim.models import Bucket, Sim
from services.sim.models_shares import ShareGroup, ShareMember
from services.sim.searching import SimSearch, SimSort

# What a recharge leaves is looked up for few SIMs, but the planner counts it for all of them, and would rather compile
# the query, and share it out, than just run it: that takes longer than the query.
_PLAINLY = text(
    "SELECT set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
)


@dataclass(frozen=True)
class Hits:
    """The customer's SIMs that a search finds, as they are at `now`; `plans` has the monthly bytes by plan."""

    customer: str | None
    search: SimSearch
    plans: Mapping[str, int]
    now: datetime

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        search = self.search
        conditions: list[ColumnElement[bool]] = [Sim.customer_code == self.customer]
        if search.statuses:
            conditions.append(Sim.status.in_(search.statuses))
        if search.serial:
            conditions.append(Sim.serial.icontains(search.serial, autoescape=True))
        if search.msisdn:
            conditions.append(Sim.msisdn.contains(search.msisdn.replace("-", ""), autoescape=True))
        if search.project_name:
            conditions.append(Sim.project_name.icontains(search.project_name, autoescape=True))
        for column, value in (
            (Sim.service_type, search.service_type),
            (Sim.plan, search.plan),
            (Sim.sim_type, search.sim_type),
        ):
            if value:
                conditions.append(column == value)
        if search.restricted is not None:
            conditions.append(self.value("restricted") == search.restricted)
        return conditions

    def value(self, column: str, sim: Any = Sim) -> Any:
        """What a SIM is sorted by."""
        match column:
            case "sim_serial":
                return sim.serial
            case "restricted":
                # the first allowance of a month ends what an earlier month has exhausted
                return func.coalesce(sim.restricted_at >= month_of(self.now)[0], false())
            case "as_of":
                return sim.usage_until
            case "used" | "remaining":
                return self._figure(column, sim)
        return getattr(sim, column)

    def _members(self) -> Any:
        """The customer's numbers in share groups in this month: these have no allowance of a plan."""
        month = first_day(self.now)
        return (
            select(ShareMember.msisdn)
            .join(ShareGroup, ShareGroup.id == ShareMember.group_id)
            .where(
                ShareGroup.customer_code == self.customer,
                ShareMember.from_month <= month,
                or_(ShareMember.until_month.is_(None), ShareMember.until_month > month),
            )
            .correlate(None)
        )

    def _figure(self, column: str, sim: Any) -> ColumnElement[int]:
        """The figures that were kept, while they are those of this month; else only a recharge can have left any."""
        plan_bytes: Any = case(
            (sim.msisdn.in_(self._members()), 0), else_=case(self.plans, value=sim.plan, else_=0)
        )
        open_now = (
            Bucket.sim_serial == sim.serial,
            Bucket.valid_from <= self.now,
            Bucket.valid_until > self.now,
        )
        used: Any = func.coalesce(func.sum(Bucket.used_bytes), 0)
        unstored = case((func.bool_or(Bucket.kind == "plan"), 0), else_=plan_bytes)
        kept: Any = sim.used_bytes
        counted: Any = used
        fresh: Any = literal(0)
        if column == "remaining":
            granted = func.coalesce(func.sum(Bucket.amount_bytes), 0) + unstored
            kept, counted, fresh = sim.capacity_bytes - sim.used_bytes, granted - used, plan_bytes
        return case(
            (sim.figures_until > self.now, kept),
            (
                sim.recharged_until > self.now,
                select(counted).where(*open_now).correlate(sim).scalar_subquery(),
            ),
            else_=fresh,
        )


def count(session: Session, hits: Hits) -> int:
    return session.scalar(select(func.count()).select_from(Sim).where(*hits.conditions)) or 0


def page(session: Session, hits: Hits, sort: SimSort, after: str | None, limit: int) -> Sequence[Sim]:
    """The first `limit` hits behind the SIM `after`. Blanks come last in both directions, equals by serial."""
    descending, column = sort.startswith("-"), sort.removeprefix("-")
    value = hits.value(column)
    order: tuple[Any, ...] = ((value.desc() if descending else value.asc()).nulls_last(), Sim.serial)
    if column == "sim_serial":  # never blank, never equal: an index has this order
        order = (Sim.serial.desc() if descending else Sim.serial,)
    conditions = hits.conditions
    if after is not None:
        conditions.append(_behind(hits, column, descending, after))
    session.execute(_PLAINLY)
    serials = session.scalars(select(Sim.serial).where(*conditions).order_by(*order).limit(limit)).all()
    found = store.sims_by_serial(session, serials)
    return [found[serial] for serial in serials]


def in_order(session: Session, customer: str | None, serials: Sequence[str]) -> list[Sim]:
    """The customer's SIMs among `serials`, in that order."""
    own = select(Sim).where(Sim.customer_code == customer, store.is_any(Sim.serial, serials))
    found = {sim.serial: sim for sim in session.scalars(own)}
    return [found[serial] for serial in serials if serial in found]


def by_msisdn(session: Session, customer: str | None, msisdns: Collection[str]) -> dict[str, list[Sim]]:
    """The customer's SIMs that have one of the numbers, by number, those in use first: a number outlives its SIMs."""
    own = select(Sim).where(Sim.customer_code == customer, store.is_any(Sim.msisdn, msisdns))
    found: dict[str, list[Sim]] = {}
    for sim in session.scalars(own.order_by(Sim.status == "terminated", Sim.serial)):
        found.setdefault(sim.msisdn, []).append(sim)
    return found


def describing(sim: Sim) -> dict[str, Any]:
    """What an order keeps and tells of a SIM besides its numbers."""
    return {"plan": sim.plan, "sim_size": sim.sim_size, "options": sim.options}


def _behind(hits: Hits, column: str, descending: bool, after: str) -> ColumnElement[bool]:
    """Where the SIM `after` stands is asked anew, so that a cursor has nothing of it but its serial."""
    if column == "sim_serial":
        return Sim.serial < after if descending else Sim.serial > after
    value, other = hits.value(column), aliased(Sim)
    last = (
        select(hits.value(column, other))
        .where(other.customer_code == hits.customer, other.serial == after)
        .scalar_subquery()
    )
    return or_(
        value < last if descending else value > last,
        and_(value == last, Sim.serial > after),
        and_(value.is_(None), or_(last.is_not(None), Sim.serial > after)),
    )
