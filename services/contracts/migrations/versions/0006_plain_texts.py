"""The texts of a line are plain: files of lines need not look for quotes in them."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_check_constraint(
        "lines_plain_texts",
        "lines",
        "account_id ~ '^[A-Za-z0-9._@-]+$'"
        " AND concat(phone_number, notified_number, pilot_number, mobile_number) ~ '^[0-9]+$'",
    )
