"""Pools of share groups, usage records by month and their sums by day, what each month took of a bucket."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.String(collation="C")
JAPAN = ZoneInfo("Asia/Tokyo")


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION bytes_of(bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE"
        " AS 'SELECT coalesce(sum(part), 0)::bigint FROM unnest($1) AS part'"
    )
    op.create_index("share_members_of_number", "share_members", ["msisdn", "from_month"])
    op.create_table(
        "earlier_plans",
        sa.Column("sim_serial", SERIAL, sa.ForeignKey("sims.serial"), primary_key=True),
        sa.Column("until_month", sa.Date, primary_key=True),
        sa.Column("amount_bytes", sa.BigInteger, nullable=False),
    )
    usage()
    buckets()
    # rows that every import of usage writes again: room beside them keeps their indexes untouched
    for table in ("sims", "buckets", "usage_months"):
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 75)")


def usage() -> None:
    op.rename_table("usage_records", "earlier_records")
    op.execute("ALTER INDEX usage_records_pkey RENAME TO earlier_records_pkey")
    op.create_table(
        "usage_records",
        sa.Column("record_id", SERIAL, primary_key=True),
        sa.Column("used_on", sa.Date, primary_key=True),
        sa.Column("sim_serial", SERIAL, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.CheckConstraint("bytes >= 0", name="usage_is_not_negative"),
        sa.CheckConstraint(
            "used_on = CAST(used_at AT TIME ZONE 'Asia/Tokyo' AS date)", name="usage_is_of_a_day_in_japan"
        ),
        postgresql_partition_by="RANGE (used_on)",
    )
    op.create_index("usage_records_of_day", "usage_records", ["used_on", "sim_serial"])
    # The service makes the partitions as months come, and drops them; they stay out of the way of whoever looks at
    # the tables.
    op.execute("CREATE SCHEMA record_months")
    months = (
        "SELECT DISTINCT date_trunc('month', used_at AT TIME ZONE 'Asia/Tokyo')::date FROM earlier_records"
    )
    for month in op.get_bind().scalars(sa.text(months)).all():
        end = (month + timedelta(days=32)).replace(day=1)
        op.execute(
            f"CREATE TABLE record_months.usage_{month:%Y_%m} PARTITION OF usage_records"
            f" FOR VALUES FROM ('{month}') TO ('{end}')"
        )
    op.execute(
        "INSERT INTO usage_records (record_id, used_on, sim_serial, used_at, bytes)"
        " SELECT record_id, CAST(used_at AT TIME ZONE 'Asia/Tokyo' AS date), sim_serial, used_at, bytes"
        " FROM earlier_records"
    )
    op.drop_table("earlier_records")
    op.create_table(
        "usage_months",
        sa.Column("sim_serial", SERIAL, sa.ForeignKey("sims.serial"), primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("days", sa.ARRAY(sa.BigInteger), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.CheckConstraint("cardinality(days) = 31 AND bytes = bytes_of(days)", name="usage_adds_up"),
    )
    op.execute(
        "WITH sums AS (SELECT sim_serial, date_trunc('month', used_on)::date AS month,"
        "   extract(day FROM used_on)::int AS day, sum(bytes)::bigint AS bytes"
        "  FROM usage_records GROUP BY 1, 2, 3)"
        " INSERT INTO usage_months (sim_serial, month, days, bytes)"
        " SELECT sim_serial, month, ARRAY(SELECT coalesce(d.bytes, 0) FROM generate_series(1, 31) AS n (day)"
        "   LEFT JOIN sums d ON d.sim_serial = s.sim_serial AND d.month = s.month AND d.day = n.day ORDER BY n.day),"
        "  sum(bytes) FROM sums s GROUP BY sim_serial, month"
    )


def buckets() -> None:
    op.add_column(
        "buckets", sa.Column("used_by_month", sa.ARRAY(sa.BigInteger), nullable=False, server_default="{}")
    )
    op.execute("UPDATE buckets SET used_by_month = ARRAY[used_bytes] WHERE kind = 'plan'")
    for bucket, used in _used_recharges().items():
        op.get_bind().execute(
            sa.text(
                "UPDATE buckets SET used_by_month = CAST(:used AS bigint[]),"
                " used_bytes = bytes_of(CAST(:used AS bigint[])) WHERE id = :id"
            ),
            {"used": used, "id": bucket},
        )
    op.create_check_constraint("bucket_months_add_up", "buckets", "used_bytes = bytes_of(used_by_month)")
    op.create_check_constraint(
        "bucket_ends_with_a_month",
        "buckets",
        "date_trunc('month', valid_until AT TIME ZONE 'Asia/Tokyo') = valid_until AT TIME ZONE 'Asia/Tokyo'",
    )
    op.create_check_constraint(
        "bucket_of_a_plan_or_pool",
        "buckets",
        "kind = 'recharge' OR (kind = 'plan' AND sim_serial IS NOT NULL)"
        " OR (kind = 'group' AND group_id IS NOT NULL)",
    )
    op.create_index(
        "buckets_of_pool",
        "buckets",
        ["group_id", "valid_from"],
        unique=True,
        postgresql_where=sa.text("kind = 'group'"),
    )


def _used_recharges() -> dict[int, list[int]]:
    """What each month took of the recharges that are used, worked out from the records, earliest expiry first."""
    connection = op.get_bind()
    found: dict[str, list[Any]] = defaultdict(list)
    recharged = sa.text(
        "SELECT * FROM buckets WHERE sim_serial IN (SELECT sim_serial FROM buckets WHERE kind = 'recharge'"
        " AND used_bytes > 0) ORDER BY valid_until, valid_from, id"
    )
    for bucket in connection.execute(recharged):
        found[bucket.sim_serial].append(bucket)
    used: dict[int, list[int]] = {}
    records = sa.text("SELECT used_at, bytes FROM usage_records WHERE sim_serial = :serial ORDER BY used_at")
    for serial, all_of_it in found.items():
        used |= {bucket.id: [] for bucket in all_of_it if bucket.kind == "recharge"}
        left = {bucket.id: bucket.amount_bytes for bucket in all_of_it}
        for at, amount in connection.execute(records, {"serial": serial}):
            for bucket in all_of_it:
                if bucket.valid_from <= at < bucket.valid_until:
                    taken = min(amount, left[bucket.id])
                    left[bucket.id] -= taken
                    amount -= taken
                    if bucket.kind == "recharge":
                        months = used[bucket.id]
                        place = _month(at) - _month(bucket.valid_from)
                        months += [0] * (place + 1 - len(months))
                        months[place] += taken
    return used


def _month(at: datetime) -> int:
    day: date = at.astimezone(JAPAN).date()
    return day.year * 12 + day.month
