"""Working out again what is consumed of stored buckets, for any number of SIMs and share groups at once.

A month is settled by itself, from what earlier months have taken of its buckets; if it takes otherwise than before of
one that lasts longer, the later months with usage are settled after it. In a month a SIM that is in no group consumes
by itself, and the members of a group together.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.sim import bucket_store, locking, pool_store, restrictions, store, usage_store
from services.sim.accounting import first_day, start_of
from services.sim.settling import Month

if TYPE_CHECKING:  # the kinds of work settle, too
    from services.sim.work.base import Site

_KEEP_PLANS = text(
    "INSERT INTO earlier_plans (sim_serial, until_month, amount_bytes)"
    " SELECT s.serial, :month, plan.amount FROM sims s"
    "  JOIN unnest(CAST(:plans AS text[]), CAST(:amounts AS bigint[])) AS plan (name, amount) ON plan.name = s.plan"
    " WHERE s.serial = ANY(:serials) ON CONFLICT DO NOTHING"
)
_SET_PLANS = text(
    "UPDATE sims SET plan = given.plan"
    " FROM unnest(CAST(:serials AS text[]), CAST(:names AS text[])) AS given (serial, plan)"
    " WHERE sims.serial = given.serial"
)
_GRANT_AGAIN = text(
    "DELETE FROM buckets WHERE sim_serial = ANY(:serials) AND kind = 'plan' AND valid_from >= :start"
)
_MOVE = (
    text(
        "UPDATE buckets SET sim_serial = given.new FROM unnest(CAST(:old AS text[]), CAST(:new AS text[]))"
        " AS given (old, new) WHERE sim_serial = given.old"
    ),
    text(
        "UPDATE earlier_plans SET sim_serial = given.new FROM unnest(CAST(:old AS text[]), CAST(:new AS text[]))"
        " AS given (old, new) WHERE sim_serial = given.old"
    ),
)

BySim = Mapping[date, Collection[str]]
ByGroup = Mapping[date, Collection[int]]


@dataclass
class _Due:
    """What is still to be settled, by month."""

    sims: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    groups: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take_first(self) -> tuple[date, set[str], set[int]] | None:
        month = min((*self.sims, *self.groups), default=None)
        if month is None:
            return None
        return month, self.sims.pop(month, set()), self.groups.pop(month, set())


def settle(session: Session, plans: Mapping[str, int], sims: BySim, groups: ByGroup | None = None) -> None:
    """Store what is consumed of buckets, given the months in which usage or buckets of SIMs or groups changed.

    The caller holds the locks of all that `pool_store.connected` finds. `plans` has the monthly bytes by plan; the
    plan's month that is stored already keeps the amount that it was granted.
    """
    due = _Due()
    for month, serials in sims.items():
        due.sims[month] |= set(serials)
    for month, ids in (groups or {}).items():
        due.groups[month] |= set(ids)
    while (first := due.take_first()) is not None:
        month, serials, ids = first
        changed = Month(session, plans, month).settle(serials, ids)
        for owner, later in bucket_store.later_usage(session, changed, month):
            if isinstance(owner, str):
                due.sims[later].add(owner)
            else:
                due.groups[later].add(owner)


def settle_members(
    site: "Site", groups: Collection[int], msisdns: Collection[str], month: date, correlation_id: str = ""
) -> None:
    """Settle share groups and the numbers that joined or left them, whose memberships from `month` on are stored.

    The caller holds the locks of `locking.lock_changed`.
    """
    session, plans = site.uow.session, site.settings.plans
    serials = pool_store.sims_of_numbers(session, msisdns, groups)
    if not locking.was_used(session, serials, groups, month):
        return
    settle(session, plans, {month: serials}, {month: groups})
    _review_connected(site, serials, groups, correlation_id)


def after_group_recharge(site: "Site", groups: Collection[int], correlation_id: str = "") -> None:
    """What follows from recharges of share groups that begin now: nobody in them is restricted any more.

    The caller holds the locks of `locking.lock_changed`.
    """
    month = first_day(site.now)
    if locking.was_used(site.uow.session, (), groups, month):
        settle(site.uow.session, site.settings.plans, {}, {month: groups})
        _review_connected(site, (), groups, correlation_id)


def change_plans(site: "Site", plans: Mapping[str, str], correlation_id: str = "") -> None:
    """`replan` for a kind of work."""
    replan(site.uow.session, plans, site.settings.plans, site.now, correlation_id)


def replan(
    session: Session,
    plans: Mapping[str, str],
    amounts: Mapping[str, int],
    now: datetime,
    correlation_id: str,
) -> None:
    """Give locked SIMs other plans, by serial; `amounts` has the monthly bytes by plan.

    The present month gets the new plan's allowance, used as if it had always been so; earlier ones keep the old one's.
    """
    month = first_day(now)
    session.flush()
    session.execute(
        _KEEP_PLANS,
        {
            "month": month,
            "serials": list(plans),
            "plans": list(amounts),
            "amounts": list(amounts.values()),
        },
    )
    session.execute(_SET_PLANS, {"serials": list(plans), "names": list(plans.values())})
    session.execute(_GRANT_AGAIN, {"serials": list(plans), "start": start_of(month)})
    alone = set(plans) - set(pool_store.groups_of(session, plans, month))
    settle(session, amounts, {month: alone})
    sims = store.sims_by_serial(session, list(plans))
    restrictions.review(session, sims.values(), amounts, now, correlation_id)


def move(session: Session, successors: Mapping[str, str]) -> None:
    """Give what SIMs have and have used to those that replace them; both are locked, and the new ones unused."""
    values = {"old": list(successors), "new": list(successors.values())}
    for statement in _MOVE:
        session.execute(statement, values)
    usage_store.move(session, successors)


def _review_connected(
    site: "Site", serials: Collection[str], groups: Collection[int], correlation_id: str
) -> None:
    connected, _ = pool_store.connected(site.uow.session, serials, groups, first_day(site.now))
    sims = store.sims_by_serial(site.uow.session, list(connected))
    restrictions.review(site.uow.session, sims.values(), site.settings.plans, site.now, correlation_id)
