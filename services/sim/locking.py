"""The locks of all whose figures depend on each other: SIMs by serial, then share groups by id.

Everywhere SIMs are locked before groups, groups before jobs and jobs before orders, so that nobody waits in a circle.
Whoever writes memberships holds the locks of the SIMs and of the groups that they are about.
"""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.sim import pool_store, store
from services.sim.accounting import start_of
from services.sim.models import Sim

_USED = text(
    "SELECT EXISTS (SELECT FROM sims WHERE serial = ANY(:serials) AND usage_until >= :start)"
    " OR EXISTS (SELECT FROM buckets WHERE group_id = ANY(:groups) AND kind = 'group' AND valid_from = :start"
    "  AND used_bytes > 0)"
)


def lock_connected(
    session: Session,
    serials: Collection[str],
    groups: Collection[int],
    since: date,
    besides: Collection[str] = (),
) -> Sequence[Sim]:
    """Lock everything that settling these SIMs and groups in the month of `since` and later ones can touch; its SIMs.

    `besides` are SIMs to be locked by themselves. Memberships may change until the locks are there: what has been
    connected meanwhile is locked from the beginning.
    """
    all_sims, all_groups = pool_store.connected(session, serials, groups, since)
    while True:
        attempt = session.begin_nested()
        sims = store.lock_sims(session, all_sims.union(besides))
        store.lock_groups(session, all_groups)
        found_sims, found_groups = pool_store.connected(session, serials, groups, since)
        if found_sims <= all_sims and found_groups <= all_groups:
            attempt.commit()
            return sims
        attempt.rollback()
        all_sims, all_groups = found_sims, found_groups


def lock_changed(
    session: Session,
    serials: Collection[str],
    groups: Collection[int],
    month: date,
    besides: Collection[str] = (),
) -> None:
    """The locks for a change of what these SIMs and groups have, or of who is in a group, in the present month.

    As long as nothing was used in it, as right after its beginning, others are not concerned and not locked.
    """
    all_sims, all_groups = pool_store.connected(session, serials, groups, month)
    if not all_sims <= set(serials):
        attempt = session.begin_nested()
        store.lock_sims(session, {*serials, *besides})
        store.lock_groups(session, all_groups)
        if not was_used(session, serials, all_groups, month):
            attempt.commit()
            return
        attempt.rollback()
    lock_connected(session, serials, groups, month, besides)


def was_used(session: Session, serials: Collection[str], groups: Collection[int], month: date) -> bool:
    """Whether one of the SIMs or a pool of one of the groups has been used in the month or later."""
    values = {"serials": list(serials), "groups": list(groups), "start": start_of(month)}
    return bool(session.scalar(_USED, values))
