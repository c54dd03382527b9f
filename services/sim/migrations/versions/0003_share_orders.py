"""What is promised of share groups, one order a month and group, and the months that groups are charged for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "share_places",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("group_id", sa.BigInteger, sa.ForeignKey("share_groups.id"), nullable=False),
        sa.Column("msisdn", sa.String, nullable=False),
        sa.Column("from_month", sa.Date, nullable=False),
        sa.Column("until_month", sa.Date),
        sa.Column("joined_by", sa.BigInteger, sa.ForeignKey("orders.id"), nullable=False, index=True),
        sa.Column("left_by", sa.BigInteger, sa.ForeignKey("orders.id"), index=True),
    )
    op.create_index("share_places_of_group", "share_places", ["group_id", "from_month"])
    op.create_index("share_places_of_number", "share_places", ["msisdn", "from_month"])
    op.execute(
        "ALTER TABLE share_places ADD CONSTRAINT share_places_in_one_group"
        " EXCLUDE USING gist (int8range(msisdn::bigint, msisdn::bigint, '[]') WITH &&,"
        "  daterange(from_month, until_month) WITH &&)"
    )
    op.create_table(
        "share_fees",
        sa.Column(
            "group_id",
            sa.BigInteger,
            sa.ForeignKey("share_groups.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("members", sa.BigInteger, nullable=False),
        sa.Column("yen_per_member", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "orders_once_a_month",
        "orders",
        ["group_id", "start_date"],
        unique=True,
        postgresql_where=sa.text("kind IN ('SG', 'SC') AND status <> 'cancelled'"),
    )
    op.create_index("sims_by_number", "sims", ["customer_code", "msisdn"])
