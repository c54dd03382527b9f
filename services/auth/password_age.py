"""When a password is too old. Source: the console guide, "login": a password is valid for 90 days."""

from datetime import date, datetime, timedelta

from chassis.clock import in_japan


def is_over(set_at: datetime | None, valid_days: int, today: date) -> bool:
    """Must a password set at `set_at` be changed on the day `today` in Japan?

    Set on 2024-01-01, one of 90 days is good through 2024-03-31. 0 days: never. An unknown age is too old.
    """
    if valid_days == 0:
        return False
    return set_at is None or today > in_japan(set_at).date() + timedelta(days=valid_days)
