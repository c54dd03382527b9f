"""What the probe writes down: notes it took, and notes it heard of."""

from alembic import op

from chassis import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op)
    tables.let_facts_wait_and_end(op)
    op.execute("CREATE TABLE note (text text NOT NULL)")
    op.execute("CREATE TABLE heard (text text NOT NULL)")
    op.execute("CREATE TABLE obstacle (text text PRIMARY KEY)")
