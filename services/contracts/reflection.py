"""When a changed line password (IP加入電話パスワード) takes effect in the network.

Until then the line can neither make nor take calls. Source: the manual of the password change (IP加入電話
パスワード変更 ご利用方法) and its table of reflection times.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from chassis.clock import JAPAN, in_japan

IP_PHONE_WITHIN = timedelta(minutes=15)

BATCH_TIMES: Sequence[tuple[time, time]] = (
    (time(0), time(1, 30)),
    (time(1), time(2, 30)),
    (time(2), time(17, 30)),
    (time(17), time(18, 30)),
    (time(18), time(19, 30)),
    (time(19), time(20, 30)),
    (time(20), time(21, 30)),
    (time(21), time(22, 30)),
    (time(22), time(23, 30)),
    (time(23), time(0, 30)),
)
"""B2BUA services reflect changes in batches: (start of a window that the next row ends, reflected at)."""


def reflected_by(
    service: str,
    changed_at: datetime,
    *,
    within: timedelta = IP_PHONE_WITHIN,
    batch_times: Sequence[tuple[time, time]] = BATCH_TIMES,
) -> datetime:
    """The instant, in Japan time, by which a password changed at `changed_at` (aware, any zone) works.

    `service` is `ip_phone`, `b2bua` or `b2bua_opengate`; another one has no such password and raises
    ValueError, as does a naive datetime. `batch_times` starts at 00:00 and ascends; a reflection time that is
    not after the start of its row is on the next day.
    """
    changed = in_japan(changed_at)
    if service == "ip_phone":
        return changed + within
    if service not in ("b2bua", "b2bua_opengate"):
        raise ValueError(f"no line password in service {service!r}")
    row = bisect_right(batch_times, changed.time(), key=lambda times: times[0]) - 1
    start, reflected = batch_times[row]
    day = changed.date() if reflected > start else changed.date() + timedelta(days=1)
    return datetime.combine(day, reflected, JAPAN)
