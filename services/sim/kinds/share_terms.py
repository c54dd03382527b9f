"""What orders for share groups have in common: months to start in, groups, and lists of numbers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chassis.errors import Conflict, Invalid, NotFound
from services.sim import share_store
from services.sim.kinds.base import Desk, Request, Target
from services.sim.kinds.starting import Start
from services.sim.models import Sim
from services.sim.models_shares import ShareGroup
from services.sim.msisdns import hyphenated
from services.sim.settings import Settings
from services.sim.share_numbers import Difference, Numbers, Row, judge, written
from services.sim.timing import (
    earliest_share_month,
    execution_window,
    latest_share_month,
    share_cancellable_until,
)

TYPE = "large"  # 大規模シェア(R)

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*$")
]
GroupId = Annotated[int, Field(ge=1, lt=2**63)]


class MonthRequest(Request):
    """`start_month` (適用開始月) is `YYYY-MM`."""

    start_month: Annotated[str, Field(max_length=10)]


class MembersRequest(MonthRequest):
    """`numbers` (加入番号) are all that are to be in the group, with hyphens."""

    numbers: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20_000)]


def months(settings: Settings, now: datetime) -> list[date]:
    """The months that can be chosen now, by their first days."""
    cutoff, days = settings.share_cutoff, settings.share_cutoff_days
    month = earliest_share_month(now, cutoff=cutoff, cutoff_days=days)
    latest = latest_share_month(now, months=settings.share_months, cutoff=cutoff, cutoff_days=days)
    found = []
    while month <= latest:
        found.append(month)
        month = (month + timedelta(days=31)).replace(day=1)
    return found


def choices_of(desk: Desk) -> dict[str, Any]:
    settings = desk.settings
    return {
        "months": [f"{month:%Y-%m}" for month in months(settings, desk.now)],
        "type": TYPE,
        "sim_bytes": settings.share_sim_bytes,
        "fee_yen_per_sim": settings.share_fee_yen,
        "cutoff": f"{settings.share_cutoff:%H:%M}",
        "cutoff_days": settings.share_cutoff_days,
        "least_members": settings.share_least_members,
        "most_members": settings.share_most_members,
    }


def start_in(desk: Desk, wanted: str) -> Start:
    """Raises Invalid("start_month.out_of_range", earliest=…, latest=…), both `YYYY-MM`."""
    open_months = {f"{month:%Y-%m}": month for month in months(desk.settings, desk.now)}
    if wanted not in open_months:
        raise Invalid("start_month.out_of_range", earliest=min(open_months), latest=max(open_months))
    month = open_months[wanted]
    return Start(month, *execution_window(desk.now, month), share_cancellable_until(month))


def group_of(desk: Desk, group_id: int) -> ShareGroup:
    """The customer's group; raises NotFound("share.unknown") and Conflict("share.ended")."""
    group = share_store.find_group(desk.session, desk.customer, group_id)
    if group is None:
        raise NotFound("share.unknown")
    if group.ends_on is not None:
        raise Conflict("share.ended", ends_on=group.ends_on.isoformat())
    return group


def refuse_beside_others(desk: Desk, group: ShareGroup, month: date, *, deletes: bool) -> None:
    """A group is registered or changed once for a month, and its orders are placed in the order of their months.

    Raises Conflict, each with the other order's number: share.being_deleted, share.order_pending, share.once_a_month,
    share.later_order; and share.not_begun, if a group has no members and none are to come.
    """
    others = share_store.open_orders(desk.session, [group.id])[group.id]
    for other in others:
        if other.kind == "SD":
            raise Conflict("share.being_deleted", number=other.number)
        if deletes:
            raise Conflict("share.order_pending", number=other.number)
    if group.starts_on is None and not any(other.kind == "SG" for other in others):
        raise Conflict("share.not_begun")
    if deletes:
        return
    same = share_store.order_of_month(desk.session, group.id, month)
    if same is not None:
        raise Conflict("share.once_a_month", number=same, month=f"{month:%Y-%m}")
    later = next((each for each in others if each.kind == "SC" and each.start_date > month), None)
    if later is not None:
        raise Conflict("share.later_order", number=later.number)


def judged(
    desk: Desk, rows: Sequence[Row], members: Sequence[str], group_id: int | None, month: date
) -> tuple[Numbers, Mapping[str, Sim]]:
    """The numbers of a list for a group in `month`, with their SIMs, and what is wrong with the list."""
    numbers = written(rows)
    sims = share_store.current_sims(desk.session, desk.customer, numbers.rows)
    elsewhere = share_store.promised_elsewhere(desk.session, list(numbers.rows), group_id, month)
    judge(numbers, {msisdn: sim.status for msisdn, sim in sims.items()}, set(members), elsewhere)
    return numbers, sims


def wanted_numbers(
    desk: Desk, values: Sequence[str], members: Sequence[str], group_id: int | None, month: date
) -> tuple[list[str], Mapping[str, Sim]]:
    """The numbers of a request as digits, with their SIMs.

    Raises Invalid("share.bad_numbers", errors=[{"row", "value", "code", …}], error_count=…) and
    Invalid("share.member_count", count=…, least=…, most=…).
    """
    numbers, sims = judged(desk, list(enumerate(values, 1)), members, group_id, month)
    if numbers.problems:
        raise Invalid("share.bad_numbers", **numbers.reported())
    refuse_count(desk.settings, len(numbers.rows))
    return list(numbers.rows), sims


def refuse_count(settings: Settings, count: int) -> None:
    """Raises Invalid("share.member_count") for a number of members that a group cannot have."""
    least, most = settings.share_least_members, settings.share_most_members
    if not least <= count <= most:
        raise Invalid("share.member_count", count=count, least=least, most=most)


def targets(sims: Mapping[str, Sim], changed: Difference) -> list[Target]:
    """Those who leave, then those who join: both are carried out on the same first of a month."""
    return [
        Target(work, sims[msisdn].serial, msisdn)
        for work, some in (("leave_group", changed.removed), ("join_group", changed.added))
        for msisdn in some
    ]


def month_terms(start: Start) -> dict[str, Any]:
    return {"start_month": f"{start.start_date:%Y-%m}"}


def member_terms(
    settings: Settings, sim_bytes: int, numbers: Sequence[str], changed: Difference
) -> dict[str, Any]:
    """What the members mean: capacity, fee, and who comes and goes."""
    return {
        "type": TYPE,
        "sim_bytes": sim_bytes,
        "members": len(numbers),
        "capacity_bytes": sim_bytes * len(numbers),
        "fee_yen_per_month": settings.share_fee_yen * len(numbers),
        "added": len(changed.added),
        "removed": len(changed.removed),
        "unchanged": len(changed.unchanged),
        "numbers": [hyphenated(each) for each in numbers],
        "joining": [hyphenated(each) for each in changed.added],
        "leaving": [hyphenated(each) for each in changed.removed],
    }
