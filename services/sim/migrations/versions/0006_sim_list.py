"""The SIM list: an index that answers its searches and sorts, and the figures that it is sorted by."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)
FIGURES: dict[str, Any] = {
    "used_bytes": sa.BigInteger,
    "capacity_bytes": sa.BigInteger,
    "figures_until": INSTANT,
    "recharged_until": INSTANT,
}


def upgrade() -> None:
    for name, type_ in FIGURES.items():
        op.add_column("sims", sa.Column(name, type_))
    # figures of the present month are counted from the buckets until usage or a recharge has them kept
    op.execute(
        "UPDATE sims SET recharged_until = last.valid_until FROM (SELECT sim_serial, max(valid_until) AS valid_until"
        " FROM buckets WHERE sim_serial IS NOT NULL GROUP BY sim_serial) AS last WHERE last.sim_serial = serial"
    )
    op.drop_index("sims_of_customer", "sims")
    op.create_index(
        "sims_of_customer",
        "sims",
        ["customer_code", "serial"],
        postgresql_include=["msisdn", "status", "service_type", "project_name", "plan", "sim_type"],
    )
