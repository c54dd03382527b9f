"""Telling which months share groups have begun, so that these are charged for."""

from datetime import datetime, time

from sqlalchemy import text

from chassis.clock import JAPAN, in_japan
from chassis.database import UnitOfWork
from services.sim.events import ShareMonthBegun

# Every month of a group up to the present one that nobody has told of yet. Who is in it is known when no order for
# the month or an earlier one is open any more.
_TELL = text(
    "INSERT INTO share_fees (group_id, month, members, yen_per_member)"
    " SELECT g.id, due.month, count(m.id), :yen"
    " FROM share_groups g"
    " CROSS JOIN LATERAL (SELECT CAST(month AS date) AS month FROM generate_series("
    "   coalesce((SELECT max(f.month) + interval '1 month' FROM share_fees f WHERE f.group_id = g.id),"
    "    CAST(g.starts_on AS timestamp)),"
    "   CAST(least(CAST(:month AS date), g.ends_on - 1) AS timestamp), '1 month') AS month) AS due"
    " JOIN share_members m ON m.group_id = g.id AND m.from_month <= due.month"
    "  AND (m.until_month IS NULL OR m.until_month > due.month)"
    " WHERE g.starts_on <= :month"
    "  AND NOT EXISTS (SELECT FROM orders o WHERE o.group_id = g.id AND o.kind IN ('SG', 'SC', 'SD')"
    "   AND o.status IN ('pending', 'in_progress') AND o.start_date <= due.month)"
    " GROUP BY g.id, due.month ORDER BY g.id, due.month LIMIT :limit"
    " ON CONFLICT DO NOTHING RETURNING group_id, month, members, yen_per_member"
)
_GROUPS = text("SELECT id, customer_code, name FROM share_groups WHERE id = ANY(:ids)")

_BATCH = 200


def tell_begun_months(uow: UnitOfWork, yen_per_member: int, now: datetime) -> int:
    """Emit ShareMonthBegun for a batch of months, each once however many processes do this; how many. Commits."""
    month = in_japan(now).date().replace(day=1)
    told = uow.session.execute(_TELL, {"yen": yen_per_member, "month": month, "limit": _BATCH}).all()
    groups = {
        row.id: row for row in uow.session.execute(_GROUPS, {"ids": [each.group_id for each in told]}).all()
    }
    uow.emit(
        *(
            ShareMonthBegun(
                customer_code=groups[each.group_id].customer_code,
                group_id=each.group_id,
                group_name=groups[each.group_id].name,
                month=each.month,
                members=each.members,
                yen_per_member=each.yen_per_member,
                begun_at=datetime.combine(each.month, time(), JAPAN),
            )
            for each in told
        )
    )
    uow.commit()
    return len(told)
