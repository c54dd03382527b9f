"""Which SIMs share a pool in which month, by what carried-out orders have made true.

A membership is of a telephone number; a SIM has it as long as it has the number. Months are named by their first day.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

_MEMBERS = (
    " FROM share_members m JOIN share_groups g ON g.id = m.group_id"
    " JOIN sims s ON s.customer_code = g.customer_code AND s.msisdn = m.msisdn"
)
_IN_MONTH = " AND m.from_month <= :month AND (m.until_month IS NULL OR m.until_month > :month)"
_SINCE = " AND (m.until_month IS NULL OR m.until_month > :month)"

_GROUPS = text(f"SELECT s.serial, m.group_id {_MEMBERS} WHERE s.serial = ANY(:serials) {_IN_MONTH}")
_SIMS = text(f"SELECT m.group_id, s.serial {_MEMBERS} WHERE m.group_id = ANY(:groups) {_IN_MONTH}")
_GROUPS_SINCE = text(f"SELECT DISTINCT m.group_id {_MEMBERS} WHERE s.serial = ANY(:serials) {_SINCE}")
_SIMS_SINCE = text(f"SELECT DISTINCT s.serial {_MEMBERS} WHERE m.group_id = ANY(:groups) {_SINCE}")
_POOLS = text(
    "SELECT g.id, g.sim_bytes * count(m.id) AS amount FROM share_groups g"
    " LEFT JOIN share_members m ON m.group_id = g.id AND m.from_month <= :month"
    "  AND (m.until_month IS NULL OR m.until_month > :month)"
    " WHERE g.id = ANY(:groups) GROUP BY g.id"
)
_SIMS_OF_NUMBERS = text(
    "SELECT DISTINCT s.serial FROM sims s WHERE s.msisdn = ANY(:msisdns)"
    " AND s.customer_code IN (SELECT customer_code FROM share_groups WHERE id = ANY(:groups))"
)


def groups_of(session: Session, serials: Collection[str], month: date) -> dict[str, int]:
    """The groups that SIMs are in in the month; those in none are left out."""
    rows = session.execute(_GROUPS, {"serials": list(serials), "month": month})
    return {row.serial: row.group_id for row in rows}


def sims_of(session: Session, groups: Collection[int], month: date) -> dict[int, list[str]]:
    """The SIMs that are in the groups in the month."""
    found: dict[int, list[str]] = defaultdict(list)
    if groups:
        for group_id, serial in session.execute(_SIMS, {"groups": list(groups), "month": month}):
            found[group_id].append(serial)
    return found


def sims_of_numbers(session: Session, msisdns: Collection[str], groups: Collection[int]) -> set[str]:
    """The SIMs of the customers of the groups that have one of the numbers."""
    return set(session.scalars(_SIMS_OF_NUMBERS, {"msisdns": list(msisdns), "groups": list(groups)}))


def pools(session: Session, groups: Collection[int], month: date) -> dict[int, int]:
    """The bytes that the members of the month bring to their group: so many for each number."""
    if not groups:
        return {}
    rows = session.execute(_POOLS, {"groups": list(groups), "month": month})
    return {group_id: int(amount) for group_id, amount in rows}


def connected(
    session: Session, serials: Collection[str], groups: Collection[int], since: date
) -> tuple[set[str], set[int]]:
    """All SIMs and groups whose figures of the month of `since` or a later one may depend on those that are given."""
    sims, known = set(serials), set(groups)
    new_sims, new_groups = set(serials), set(groups)
    while new_sims or new_groups:
        if new_sims:
            found = session.scalars(_GROUPS_SINCE, {"serials": list(new_sims), "month": since})
            new_groups |= set(found) - known
        known |= new_groups
        if not new_groups:
            break
        found_sims = session.scalars(_SIMS_SINCE, {"groups": list(new_groups), "month": since})
        new_sims = set(found_sims) - sims
        sims |= new_sims
        new_groups = set()
    return sims, known
