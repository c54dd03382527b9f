"""Working out again what is consumed of stored buckets, for any number of SIMs at once."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.sim import store
from services.sim.accounting import Usage, consume, plan_allowance, settled_before
from services.sim.models import Bucket, Sim

# Between two starts of a bucket and within one month every record finds the same buckets open, because buckets end
# with a month: their sum consumes what they would consume one by one.
_USAGE = text(
    "SELECT u.sim_serial, min(u.used_at) AS at, sum(u.bytes) AS amount"
    " FROM unnest(CAST(:serials AS text[]), CAST(:starts AS timestamptz[])) AS since (serial, start)"
    " JOIN usage_records u ON u.sim_serial = since.serial AND u.used_at >= since.start"
    " CROSS JOIN LATERAL (SELECT count(*) AS begun FROM buckets b WHERE b.sim_serial = u.sim_serial"
    "  AND b.kind = 'recharge' AND b.valid_from <= u.used_at) AS recharges"
    " GROUP BY u.sim_serial, date_trunc('month', u.used_at, 'Asia/Tokyo'), recharges.begun"
)


def settle(session: Session, changed: Mapping[str, datetime], plans: Mapping[str, int]) -> None:
    """Store what is consumed of the buckets of SIMs, given the instant from which usage or buckets of each changed.

    The caller holds the locks of these SIMs. `plans` has the monthly bytes by plan; a month that is stored already
    keeps the amount that it was granted.
    """
    recharges = store.buckets_by_sim(session, changed, Bucket.kind == "recharge")
    starts = {
        serial: settled_before(at, [bucket.allowance for bucket in recharges[serial]])
        for serial, at in changed.items()
    }
    months = store.buckets_by_sim(
        session, changed, Bucket.kind == "plan", Bucket.valid_from >= min(starts.values())
    )
    usage = _usage_since(session, starts)
    plans_held = session.execute(select(Sim.serial, Sim.plan).where(store.is_any(Sim.serial, changed)))
    plan_of = dict(plans_held.tuples().all())
    for serial, start in starts.items():
        buckets = [each for each in (*months[serial], *recharges[serial]) if each.valid_from >= start]
        buckets += _missing_months(serial, usage[serial], buckets, plans[plan_of[serial]])
        consumed = consume([bucket.allowance for bucket in buckets], usage[serial])
        for bucket, used in zip(buckets, consumed, strict=True):
            bucket.used_bytes = used
        session.add_all(buckets)
    session.flush()


def _usage_since(session: Session, starts: Mapping[str, datetime]) -> dict[str, list[Usage]]:
    usage: dict[str, list[Usage]] = defaultdict(list)
    for row in session.execute(_USAGE, {"serials": list(starts), "starts": list(starts.values())}):
        usage[row.sim_serial].append(Usage(row.at, int(row.amount)))
    return usage


def _missing_months(serial: str, usage: list[Usage], buckets: list[Bucket], amount: int) -> list[Bucket]:
    """New buckets for the months that have usage and no bucket of the plan yet."""
    stored = {bucket.valid_from for bucket in buckets if bucket.kind == "plan"}
    needed = {plan_allowance(amount, used.at) for used in usage}
    return [
        Bucket(
            sim_serial=serial,
            kind="plan",
            amount_bytes=month.amount,
            used_bytes=0,
            valid_from=month.valid_from,
            valid_until=month.valid_until,
        )
        for month in needed
        if month.valid_from not in stored
    ]
