"""Buckets as settling reads and writes them: few statements for any number of SIMs and groups.

Months are named by their first day. An owner is the serial of a SIM or the id of a share group.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.clock import in_japan
from services.sim.accounting import Allowance, first_day, next_month, start_of

Owner = str | int

_PLANS = (
    " SELECT s.serial, coalesce("
    "   (SELECT e.amount_bytes FROM earlier_plans e WHERE e.sim_serial = s.serial AND e.until_month > :month"
    "     ORDER BY e.until_month LIMIT 1), plan.amount) AS amount"
    " FROM sims s LEFT JOIN unnest(CAST(:plans AS text[]), CAST(:amounts AS bigint[])) AS plan (name, amount)"
    "  ON plan.name = s.plan"
    " WHERE s.serial = ANY(:serials)"
)
_GRANTS = text(
    "SELECT p.serial, coalesce(b.amount_bytes, p.amount) FROM (PLANS) AS p"
    " LEFT JOIN buckets b ON b.sim_serial = p.serial AND b.kind = 'plan' AND b.valid_from = :start".replace(
        "PLANS", _PLANS
    )
)
_SETTLE_PLANS = text(
    "INSERT INTO buckets (sim_serial, kind, amount_bytes, used_bytes, used_by_month, valid_from, valid_until)"
    " SELECT serial, 'plan', amount, least(amount, bytes), ARRAY[least(amount, bytes)], :start, :end FROM ("
    "  SELECT p.serial, coalesce(b.amount_bytes, p.amount) AS amount, u.bytes FROM (PLANS) AS p"
    "   JOIN usage_months u ON u.sim_serial = p.serial AND u.month = :month"
    "   LEFT JOIN buckets b ON b.sim_serial = p.serial AND b.kind = 'plan' AND b.valid_from = :start) AS used"
    " ORDER BY serial"
    " ON CONFLICT (sim_serial, valid_from) WHERE kind = 'plan'"
    " DO UPDATE SET used_bytes = excluded.used_bytes, used_by_month = excluded.used_by_month".replace(
        "PLANS", _PLANS
    )
)
_WITHDRAW_PLANS = text(
    "DELETE FROM buckets WHERE sim_serial = ANY(:serials) AND kind = 'plan' AND valid_from = :start"
)
_OPEN = text(
    "SELECT id, coalesce(sim_serial, '') AS serial, group_id, amount_bytes, valid_from, valid_until, used_by_month"
    " FROM buckets WHERE (sim_serial = ANY(:serials) OR group_id = ANY(:groups)) AND kind = 'recharge'"
    " AND valid_from < :end AND valid_until > :start"
)
_STORE_MONTHS = (
    "INSERT INTO buckets (OWNER, kind, amount_bytes, used_bytes, used_by_month, valid_from, valid_until)"
    " SELECT owner, 'KIND', amount, used, ARRAY[used], :start, :end"
    " FROM unnest(CAST(:owners AS TYPE[]), CAST(:amounts AS bigint[]), CAST(:used AS bigint[]))"
    "  AS given (owner, amount, used)"
    " ON CONFLICT (OWNER, valid_from) WHERE kind = 'KIND' DO UPDATE SET amount_bytes = excluded.amount_bytes,"
    "  used_bytes = excluded.used_bytes, used_by_month = excluded.used_by_month"
)
_STORE_PLANS = text(
    _STORE_MONTHS.replace("OWNER", "sim_serial").replace("KIND", "plan").replace("TYPE", "text")
)
_STORE_POOLS = text(
    _STORE_MONTHS.replace("OWNER", "group_id").replace("KIND", "group").replace("TYPE", "bigint")
)
_STORE_USED = text(
    "UPDATE buckets SET used_by_month = given.used, used_bytes = bytes_of(given.used) FROM ("
    "  SELECT id, CAST(parts AS bigint[]) AS used"
    "  FROM unnest(CAST(:ids AS bigint[]), CAST(:parts AS text[])) AS listed (id, parts)"
    " ) AS given WHERE buckets.id = given.id"
)
_LATER_OF_SIMS = text(
    "SELECT DISTINCT b.sim_serial AS owner, u.month FROM buckets b JOIN usage_months u ON u.sim_serial = b.sim_serial"
    " WHERE b.id = ANY(:ids) AND u.month > :month AND u.month < b.valid_until AT TIME ZONE 'Asia/Tokyo'"
)
_LATER_OF_GROUPS = text(
    "SELECT DISTINCT b.group_id AS owner, u.month FROM buckets b JOIN share_groups g ON g.id = b.group_id"
    " JOIN share_members m ON m.group_id = g.id"
    " JOIN sims s ON s.customer_code = g.customer_code AND s.msisdn = m.msisdn"
    " JOIN usage_months u ON u.sim_serial = s.serial AND u.month >= m.from_month"
    "  AND (m.until_month IS NULL OR u.month < m.until_month)"
    " WHERE b.id = ANY(:ids) AND u.month > :month AND u.month < b.valid_until AT TIME ZONE 'Asia/Tokyo'"
)


@dataclass(frozen=True)
class StoredBucket:
    """A recharge of a SIM or a group."""

    id: int
    owner: Owner
    allowance: Allowance
    used_by_month: list[int]

    @property
    def begins_on(self) -> date:
        return in_japan(self.allowance.valid_from).date()

    @property
    def first_month(self) -> date:
        return first_day(self.allowance.valid_from)


@dataclass(frozen=True)
class NewBucket:
    """The month of a plan or a pool as it is to be stored."""

    owner: Owner
    amount: int
    used: int


def open_recharges(
    session: Session, serials: Collection[str], groups: Collection[int], month: date
) -> list[StoredBucket]:
    """The recharges of SIMs and groups that are open at some time of the month."""
    start, end = _bounds(month)
    values = {"serials": list(serials), "groups": list(groups), "start": start, "end": end}
    return [
        StoredBucket(
            row.id,
            row.serial or row.group_id,
            Allowance(row.amount_bytes, row.valid_from, row.valid_until),
            row.used_by_month,
        )
        for row in session.execute(_OPEN, values)
    ]


def plan_grants(
    session: Session, serials: Collection[str], plans: Mapping[str, int], month: date
) -> dict[str, int]:
    """What the plans of SIMs grant in the month; a month that is stored keeps what it was granted."""
    if not serials:
        return {}
    rows = session.execute(_GRANTS, _planned(serials, plans, month) | {"start": start_of(month)})
    return {serial: int(amount) for serial, amount in rows}


def settle_plans(session: Session, serials: Collection[str], plans: Mapping[str, int], month: date) -> None:
    """Settle the month of SIMs that have nothing but their plans."""
    if serials:
        start, end = _bounds(month)
        session.execute(_SETTLE_PLANS, _planned(serials, plans, month) | {"start": start, "end": end})


def withdraw_plans(session: Session, serials: Collection[str], month: date) -> None:
    """Members of a group do not have their plan's allowance: drop what was stored of it before they were members."""
    if serials:
        session.execute(_WITHDRAW_PLANS, {"serials": list(serials), "start": start_of(month)})


def store_months(session: Session, buckets: Sequence[NewBucket], month: date) -> None:
    """Store months of plans and pools, with what is used of them."""
    start, end = _bounds(month)
    for statement, kind in ((_STORE_PLANS, str), (_STORE_POOLS, int)):
        some = [bucket for bucket in buckets if isinstance(bucket.owner, kind)]
        if some:
            values = {
                "owners": [bucket.owner for bucket in some],
                "amounts": [bucket.amount for bucket in some],
                "used": [bucket.used for bucket in some],
                "start": start,
                "end": end,
            }
            session.execute(statement, values)


def store_used(session: Session, used: Sequence[tuple[StoredBucket, list[int]]]) -> None:
    """Store what each month took of recharges."""
    if used:
        ids = [bucket.id for bucket, _ in used]
        parts = ["{" + ",".join(map(str, months)) + "}" for _, months in used]
        session.execute(_STORE_USED, {"ids": ids, "parts": parts})


def later_usage(
    session: Session, buckets: Collection[StoredBucket], month: date
) -> Iterator[tuple[Owner, date]]:
    """The later months, in the life of the buckets, in which their owners have usage: (owner, month)."""
    for statement, kind in ((_LATER_OF_SIMS, str), (_LATER_OF_GROUPS, int)):
        ids = [bucket.id for bucket in buckets if isinstance(bucket.owner, kind) and _lasts(bucket, month)]
        if ids:
            for row in session.execute(statement, {"ids": ids, "month": month}):
                yield row.owner, row.month


def _lasts(bucket: StoredBucket, month: date) -> bool:
    return bucket.allowance.valid_until > start_of(next_month(month))


def _bounds(month: date) -> tuple[datetime, datetime]:
    return start_of(month), start_of(next_month(month))


def _planned(serials: Collection[str], plans: Mapping[str, int], month: date) -> dict[str, object]:
    return {
        "serials": list(serials),
        "plans": list(plans),
        "amounts": list(plans.values()),
        "month": month,
    }
