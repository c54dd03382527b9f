"""Invented calls of the demo's lines."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from chassis.clock import JAPAN

_PER_MONTH = 10  # calls of a line, on average
# how often, call type, beginning of the number called (of blocks that nobody is given), yen a minute
_KINDS = (
    (60, "domestic", "0300000", 3),
    (33, "mobile", "0900000", 16),
    (5, "international", "010100000", 30),
    (2, "other", "0120000", 0),
)


def of(lines: list[dict[str, Any]], months: int, tag: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Records of the last `months` months until `now`, only while a line was in service.

    People call at daytime, on weekdays more than at weekends, and a little more from month to month.
    """
    dice = random.Random(f"calls-{tag}")
    first = _months_before(now.date(), months - 1)
    for line in lines:
        talkative = dice.uniform(0.3, 1.7)
        start = max(first, date.fromisoformat(line["start_date"]) + timedelta(days=1))
        end = date.fromisoformat(line["end_date"]) if line["end_date"] else now.date() + timedelta(days=1)
        for offset in range((end - start).days):
            day = start + timedelta(days=offset)
            growth = 0.6 + 0.4 * (day - first).days / 30 / months
            chance = _PER_MONTH / 22 * talkative * growth * (0.25 if day.weekday() > 4 else 1)
            while dice.random() < chance / 1.5:
                call = _call(dice, line["phone_number"], day)
                if datetime.fromisoformat(call["started_at"]) < now:
                    yield call


def _call(dice: random.Random, number: str, day: date) -> dict[str, Any]:
    [kind] = dice.choices(_KINDS, [share for share, *_ in _KINDS])
    _, call_type, beginning, yen_a_minute = kind
    at = datetime.combine(day, time(8), JAPAN) + timedelta(seconds=dice.randrange(12 * 3600))
    seconds = int(dice.expovariate(1 / 150)) + 5
    return {
        "record_id": f"demo-{number}-{at:%Y%m%d%H%M%S}-{dice.randrange(10**6):06d}",
        "phone_number": number,
        "started_at": at.isoformat(),
        "destination": f"{beginning}{dice.randrange(1000):04d}"[: 10 if call_type == "domestic" else None],
        "call_type": call_type,
        "duration_seconds": seconds,
        "charge_yen": -(-seconds // 60) * yen_a_minute,
    }


def _months_before(day: date, count: int) -> date:
    index = day.year * 12 + day.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)
