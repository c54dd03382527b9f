"""The SIM status list (SIM状況一覧) and a SIM's detail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.clock import in_japan
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import store
from services.sim.accounting import Allowance, Balance, last_day, plan_allowance
from services.sim.models import Bucket, Order, OrderItem, Sim
from services.sim.states import BucketKind


def find_sim(uow: UnitOfWork, customer: str | None, serial: str) -> Sim:
    """The customer's SIM; raises NotFound("sim.unknown"), for another customer's as well."""
    sim = uow.session.scalar(store.sims_of(customer).where(Sim.serial == serial))
    if sim is None:
        raise NotFound("sim.unknown")
    return sim


def list_sims(
    uow: UnitOfWork,
    plans: Mapping[str, int],
    now: datetime,
    customer: str | None,
    *,
    status: str | None,
    serial: str | None,
    msisdn: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """A page of SIMs by serial, with the number of all hits."""
    found = store.sims_of(customer, status, serial, msisdn)
    page = found.order_by(Sim.serial).limit(limit + 1)
    if cursor is not None:
        page = page.where(Sim.serial > _after(cursor))
    sims = uow.session.scalars(page).all()
    shown = sims[:limit]
    balances = store.balances(uow.session, shown, plans, now)
    return {
        "total": store.count(uow.session, found),
        "items": [_described(sim, balances[sim.serial]) for sim in shown],
        "next_cursor": encode_cursor([shown[-1].serial]) if len(sims) > limit else None,
    }


def get_sim(
    uow: UnitOfWork, plans: Mapping[str, int], now: datetime, customer: str | None, serial: str
) -> dict[str, Any]:
    """A SIM with the buckets that are open now, the earliest expiry first."""
    sim = find_sim(uow, customer, serial)
    rows = uow.session.execute(
        select(Bucket, Order.number)
        .outerjoin(OrderItem, OrderItem.id == Bucket.order_item_id)
        .outerjoin(Order, Order.id == OrderItem.order_id)
        .where(Bucket.sim_serial == serial, Bucket.valid_from <= now, now < Bucket.valid_until)
    )
    buckets: list[tuple[BucketKind, Allowance, int, str | None]] = [
        (bucket.kind, bucket.allowance, bucket.used_bytes, number) for bucket, number in rows
    ]
    if all(kind != "plan" for kind, *_ in buckets):
        buckets.append(("plan", plan_allowance(plans[sim.plan], now), 0, None))
    buckets.sort(key=lambda each: (each[1].valid_until, each[1].valid_from))
    balance = Balance(sum(each[1].amount for each in buckets), sum(each[2] for each in buckets))
    return _described(sim, balance) | {
        "buckets": [
            {
                "kind": kind,
                "amount_bytes": allowance.amount,
                "used_bytes": used,
                "valid_from": in_japan(allowance.valid_from).date(),
                "valid_through": last_day(allowance.valid_until),
                "order_number": number,
            }
            for kind, allowance, used, number in buckets
        ]
    }


def _described(sim: Sim, balance: Balance) -> dict[str, Any]:
    return {
        "sim_serial": sim.serial,
        "msisdn": sim.msisdn,
        "status": sim.status,
        "project_name": sim.project_name,
        "plan": sim.plan,
        "sim_type": sim.sim_type,
        "sim_size": sim.sim_size,
        "used_bytes": balance.used,
        "capacity_bytes": balance.capacity,
        "remaining_bytes": balance.remaining,
        "restricted": balance.remaining <= 0,
        "as_of": sim.usage_until and in_japan(sim.usage_until),
    }


def _after(cursor: str) -> str:
    match decode_cursor(cursor):
        case [str(serial)] if "\x00" not in serial:
            return serial
    raise Invalid("page.bad_cursor")
