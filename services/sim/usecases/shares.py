"""Share groups as their customer sees them, and the lists of numbers for registering and changing them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func

from chassis.clock import in_japan
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import share_store, store
from services.sim.kinds import share_terms
from services.sim.kinds.base import Desk
from services.sim.models_shares import ShareGroup
from services.sim.msisdns import hyphenated
from services.sim.share_numbers import lines_of
from services.sim.share_store import OpenOrder
from services.sim.usecases.shown import local


def list_groups(
    desk: Desk, *, name: str | None, creator: str | None, msisdn: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of the groups that have not ended, the latest first, with the number of all hits."""
    today = in_japan(desk.now).date()
    found = share_store.living(desk.customer, today, name, creator, msisdn)
    page = found.order_by(ShareGroup.id.desc()).limit(limit + 1)
    if cursor is not None:
        page = page.where(ShareGroup.id < _after(cursor))
    groups = desk.session.scalars(page).all()
    shown = groups[:limit]
    return {
        "total": desk.session.scalar(found.with_only_columns(func.count(), maintain_column_froms=True)) or 0,
        "items": _described(desk, shown, today),
        "next_cursor": encode_cursor([shown[-1].id]) if len(groups) > limit else None,
    }


def get_group(desk: Desk, group_id: int) -> dict[str, Any]:
    """A group with its members and its open orders; raises NotFound("share.unknown").

    The members are those of today, or who is to begin a group that has not begun.
    """
    group, today = _find(desk, group_id), in_japan(desk.now).date()
    (described,) = _described(desk, [group], today)
    begun = group.starts_on is not None and group.starts_on <= today
    numbers = (
        share_store.members(desk.session, group.id, today)
        if begun
        else share_store.first_members(desk.session, group.id)
    )
    sims = share_store.current_sims(desk.session, desk.customer, numbers)
    return described | {
        "numbers": [
            {
                "msisdn": hyphenated(msisdn),
                "sim_serial": sims[msisdn].serial,
                "plan": sims[msisdn].plan,
                "sim_type": sims[msisdn].sim_type,
                "sim_size": sims[msisdn].sim_size,
                "options": sims[msisdn].options,
                "status": sims[msisdn].status,
            }
            for msisdn in numbers
            if msisdn in sims
        ],
        "orders": [
            {"number": each.number, "kind": each.kind, "status": each.status, "start_date": each.start_date}
            for each in share_store.open_orders(desk.session, [group.id])[group.id]
        ],
    }


def shareable_numbers(desk: Desk, start_month: str | None) -> dict[str, Any]:
    """The numbers that can join a group in `start_month`, or in the earliest month.

    Raises Invalid("start_month.out_of_range").
    """
    month = _month(desk, start_month)
    numbers = share_store.shareable(desk.session, desk.customer, month)
    return {"start_month": f"{month:%Y-%m}", "numbers": [hyphenated(each) for each in numbers]}


def shared_numbers(desk: Desk, group_id: int) -> dict[str, Any]:
    """The numbers of a group once its accepted orders have been carried out: what a further change begins with.

    Raises NotFound("share.unknown").
    """
    group = _find(desk, group_id)
    numbers = share_store.promised_members(desk.session, group.id)
    return {"group_id": group.id, "numbers": [hyphenated(each) for each in numbers]}


def read_numbers(desk: Desk, text: str, group_id: int | None, start_month: str | None) -> dict[str, Any]:
    """What a file of numbers holds for a new group, or for a change of `group_id`; nothing is stored.

    `numbers` are those that can be in the group, `errors` the rows of the others. Raises NotFound("share.unknown"),
    Invalid("start_month.out_of_range") and Invalid("share.no_numbers").
    """
    month = _month(desk, start_month)
    members = []
    if group_id is not None:
        members = share_store.promised_members(desk.session, _find(desk, group_id).id)
    rows = lines_of(text)
    if not rows:
        raise Invalid("share.no_numbers")
    numbers, _ = share_terms.judged(desk, rows, members, group_id, month)
    refused = {each["row"] for each in numbers.problems}
    good = [hyphenated(msisdn) for msisdn, (row, _) in numbers.rows.items() if row not in refused]
    return {"numbers": good, "total": len(good), **numbers.reported()}


def _find(desk: Desk, group_id: int) -> ShareGroup:
    group = share_store.find_group(desk.session, desk.customer, group_id)
    if group is None or not share_store.is_one(desk.session, group):
        raise NotFound("share.unknown")
    return group


def _month(desk: Desk, wanted: str | None) -> date:
    if wanted is None:
        return share_terms.months(desk.settings, desk.now)[0]
    return share_terms.start_in(desk, wanted).start_date


def _described(desk: Desk, groups: Sequence[ShareGroup], today: date) -> list[dict[str, Any]]:
    ids = [group.id for group in groups]
    balances = store.group_balances(desk.session, ids, desk.now)
    counts = share_store.member_counts(desk.session, ids, today)
    orders = share_store.open_orders(desk.session, ids)
    return [
        {
            "group_id": group.id,
            "name": group.name,
            "type": share_terms.TYPE,
            "state": _state(group, orders[group.id], today),
            "created_by": group.created_by,
            "created_at": local(group.created_at),
            "starts_on": group.starts_on,
            "ends_on": group.ends_on,
            "sim_bytes": group.sim_bytes,
            "members": counts.get(group.id, 0),
            "capacity_bytes": balances[group.id].capacity,
            "used_bytes": balances[group.id].used,
            "remaining_bytes": balances[group.id].remaining,
        }
        for group in groups
    ]


def _state(group: ShareGroup, orders: Sequence[OpenOrder], today: date) -> str:
    if group.ends_on is not None and group.ends_on <= today:
        return "ended"
    if any(order.kind == "SD" for order in orders):
        return "ending"
    return "active" if group.starts_on is not None and group.starts_on <= today else "upcoming"


def _after(cursor: str) -> int:
    match decode_cursor(cursor):
        case [int(group_id)] if abs(group_id) < 2**63:
            return group_id
    raise Invalid("page.bad_cursor")
