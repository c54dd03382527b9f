"""The SIM status list (SIM状況一覧), a SIM's detail, and SIMs that are picked out for an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.clock import in_japan
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import share_numbers, sims_store, store
from services.sim.accounting import Allowance, Balance, last_day, month_of, plan_allowance
from services.sim.models import Bucket, Order, OrderItem, Sim
from services.sim.models_shares import ShareGroup
from services.sim.msisdns import hyphenated
from services.sim.searching import SimSearch, SimSort
from services.sim.settings import Settings
from services.sim.sims_store import Hits
from services.sim.states import BucketKind

MOST_SELECTED = 10_000
_SHOWN_ORDERS = 20


def find_sim(uow: UnitOfWork, customer: str | None, serial: str) -> Sim:
    """The customer's SIM; raises NotFound("sim.unknown"), for another customer's as well."""
    sim = uow.session.scalar(store.sims_of(customer).where(Sim.serial == serial))
    if sim is None:
        raise NotFound("sim.unknown")
    return sim


def list_sims(
    uow: UnitOfWork,
    settings: Settings,
    now: datetime,
    customer: str | None,
    search: SimSearch,
    sort: SimSort,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor", "plans"}`: a page of the hits, how many hits there are, and which plans a SIM
    may have.

    Raises Invalid("page.bad_cursor"), also for a cursor of another sort.
    """
    hits = Hits(customer, search, settings.plans, now)
    found = {"total": sims_store.count(uow.session, hits), "plans": list(settings.plans)}
    return found | _page(uow, hits, sort, cursor, limit)


def export_sims(
    uow: UnitOfWork,
    settings: Settings,
    now: datetime,
    customer: str | None,
    search: SimSearch,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the next hits by serial, with `number`, the telephone number as files have it."""
    page = _page(uow, Hits(customer, search, settings.plans, now), "sim_serial", cursor, limit)
    for item in page["items"]:
        item["number"] = hyphenated(item["msisdn"])
    return page


def describe_sims(uow: UnitOfWork, customer: str | None, serials: Sequence[str]) -> dict[str, Any]:
    """`{"items"}`: the customer's SIMs among `serials`, in that order, as the items of a quote tell of them."""
    found = sims_store.in_order(uow.session, customer, serials)
    return {
        "items": [
            {"sim_serial": sim.serial, "msisdn": sim.msisdn, "details": sims_store.describing(sim)}
            for sim in found
        ]
    }


def match_sims(uow: UnitOfWork, customer: str | None, text: str, search: SimSearch) -> dict[str, Any]:
    """`{"sim_serials", "rows", "errors", "error_count"}`: the SIMs of the numbers in a file, one with hyphens a line.

    A number that is not written so, comes twice, is none of the customer's, or whose SIM has none of the statuses of
    `search`, is named with its row; `sim_serials` has the others. Raises Invalid("sims.no_numbers") for a file without
    any, Invalid("sims.too_many", limit=…).
    """
    rows = share_numbers.lines_of(text)
    if not rows:
        raise Invalid("sims.no_numbers")
    if len(rows) > MOST_SELECTED:
        raise Invalid("sims.too_many", limit=MOST_SELECTED)
    numbers = share_numbers.written(rows)
    found = sims_store.by_msisdn(uow.session, customer, numbers.rows)
    serials = []
    for digits, row in numbers.rows.items():
        sims = found.get(digits, [])
        fitting = [sim for sim in sims if not search.statuses or sim.status in search.statuses]
        if fitting:
            serials.append(fitting[0].serial)
        elif sims:
            numbers.refuse(row, "sims.number_wrong_status", status=sims[0].status)
        else:
            numbers.refuse(row, "sims.number_unknown")
    return {"sim_serials": serials, "rows": len(rows), **numbers.reported()}


def get_sim(
    uow: UnitOfWork, settings: Settings, now: datetime, customer: str | None, serial: str
) -> dict[str, Any]:
    """A SIM with the buckets that are open now, the earliest expiry first, its group and its latest orders."""
    sim = find_sim(uow, customer, serial)
    balance = store.balances(uow.session, [sim], settings.plans, now)[sim.serial]
    buckets = _open_buckets(uow, settings, now, sim, is_member=balance.group is not None)
    return _described(sim, balance, now) | {
        "activated_on": sim.activated_on,
        "group": _group(uow, balance),
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
        ],
        "orders": [_touched(order, item) for order, item in _orders_of(uow, sim)],
    }


def _page(uow: UnitOfWork, hits: Hits, sort: SimSort, cursor: str | None, limit: int) -> dict[str, Any]:
    sims = sims_store.page(uow.session, hits, sort, _after(cursor, sort), limit + 1)
    shown = sims[:limit]
    balances = store.balances(uow.session, shown, hits.plans, hits.now)
    return {
        "items": [_described(sim, balances[sim.serial], hits.now) for sim in shown],
        "next_cursor": encode_cursor([sort, shown[-1].serial]) if len(sims) > limit else None,
    }


def _group(uow: UnitOfWork, balance: Balance) -> dict[str, Any] | None:
    """The share group of the present month, with what its members have together."""
    if balance.group_id is None or balance.group is None:
        return None
    name = uow.session.scalar(select(ShareGroup.name).where(ShareGroup.id == balance.group_id))
    return {
        "group_id": balance.group_id,
        "name": name,
        "capacity_bytes": balance.group.capacity,
        "used_bytes": balance.group.used,
        "remaining_bytes": balance.group.remaining,
    }


def _open_buckets(
    uow: UnitOfWork, settings: Settings, now: datetime, sim: Sim, *, is_member: bool
) -> list[tuple[BucketKind, Allowance, int, str | None]]:
    """What is open of a SIM's own. A member of a share group has the group's data in place of the plan's."""
    rows = uow.session.execute(
        select(Bucket, Order.number)
        .outerjoin(OrderItem, OrderItem.id == Bucket.order_item_id)
        .outerjoin(Order, Order.id == OrderItem.order_id)
        .where(Bucket.sim_serial == sim.serial, Bucket.valid_from <= now, now < Bucket.valid_until)
    )
    buckets: list[tuple[BucketKind, Allowance, int, str | None]] = [
        (bucket.kind, bucket.allowance, bucket.used_bytes, number)
        for bucket, number in rows
        if not (is_member and bucket.kind == "plan")
    ]
    if not is_member and all(kind != "plan" for kind, *_ in buckets):
        buckets.append(("plan", plan_allowance(settings.plans[sim.plan], now), 0, None))
    return sorted(buckets, key=lambda each: (each[1].valid_until, each[1].valid_from))


def _orders_of(uow: UnitOfWork, sim: Sim) -> Sequence[Any]:
    """The latest orders that the SIM is an item of."""
    return uow.session.execute(
        select(Order, OrderItem)
        .join(OrderItem.order)
        .where(OrderItem.sim_serial == sim.serial, Order.customer_code == sim.customer_code)
        .order_by(Order.id.desc())
        .limit(_SHOWN_ORDERS)
    ).all()


def _touched(order: Order, item: OrderItem) -> dict[str, Any]:
    return {
        "number": order.number,
        "kind": order.kind,
        "status": order.status,
        "state": item.state,
        "applicant": order.applicant,
        "accepted_at": in_japan(order.accepted_at),
        "start_date": order.start_date,
        "executed_at": _local(item.executed_at),
        "cancelled_at": _local(order.cancelled_at),
        "reason": item.reason or order.reason,
        "note": order.terms.get("suspension_reason") or None,
    }


def _described(sim: Sim, balance: Balance, now: datetime) -> dict[str, Any]:
    return {
        "sim_serial": sim.serial,
        "msisdn": sim.msisdn,
        "status": sim.status,
        "service_type": sim.service_type,
        "project_name": sim.project_name,
        "plan": sim.plan,
        "options": sim.options,
        "sim_type": sim.sim_type,
        "sim_size": sim.sim_size,
        "used_bytes": balance.used,
        "capacity_bytes": balance.capacity,
        "remaining_bytes": balance.remaining,
        "restricted": sim.restricted_at is not None and sim.restricted_at >= month_of(now)[0],
        "as_of": _local(sim.usage_until),
        "group_id": balance.group_id,
    }


def _after(cursor: str | None, sort: SimSort) -> str | None:
    """The serial of the last SIM that the caller has seen; None before the first."""
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [str(of_sort), str(serial)] if of_sort == sort and "\x00" not in serial:
            return serial
    raise Invalid("page.bad_cursor")


def _local(instant: datetime | None) -> datetime | None:
    return instant and in_japan(instant)
