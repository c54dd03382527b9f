"""Values as people read them: yen, gigabytes, days and times of day in Japan."""

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import format_currency, format_decimal

from chassis.clock import in_japan

_GIGABYTE = 10**9
_HUNDREDTH = Decimal("0.01")


def yen(amount: int) -> str:
    """An amount in whole yen, the way the reader's language writes it."""
    return str(format_currency(amount, "JPY"))


def count(number: int) -> str:
    """A whole number with separated thousands."""
    return str(format_decimal(number))


def gigabytes(size: int) -> str:
    """Bytes as gigabytes with two decimals, as the console manual shows a capacity."""
    return _gigabytes(size, ROUND_HALF_UP)


def used_gigabytes(size: int) -> str:
    """Like `gigabytes`, rounded up: with `left_gigabytes` it adds up to the capacity."""
    return _gigabytes(size, ROUND_CEILING)


def left_gigabytes(size: int) -> str:
    """Like `gigabytes`, rounded down: nobody is promised a byte that is not there."""
    return _gigabytes(size, ROUND_FLOOR)


def _gigabytes(size: int, rounding: str) -> str:
    return f"{(Decimal(size) / _GIGABYTE).quantize(_HUNDREDTH, rounding)}"


def day(value: date | str | None) -> str:
    """A day as YYYY/MM/DD. An instant (aware datetime, or its ISO text) gives its day in Japan; None gives nothing."""
    if value is None or value == "":
        return ""
    return f"{_as_day(value):%Y/%m/%d}"


def moment(value: datetime | str | None) -> str:
    """An instant as YYYY/MM/DD HH:MM in Japan; None gives nothing."""
    return "" if value is None else f"{_as_instant(value):%Y/%m/%d %H:%M}"


def second(value: datetime | str) -> str:
    """An instant as YYYY/MM/DD HH:MM:SS in Japan."""
    return f"{_as_instant(value):%Y/%m/%d %H:%M:%S}"


def time_of_day(value: datetime | str) -> str:
    """An instant as HH:MM in Japan."""
    return f"{_as_instant(value):%H:%M}"


def window(start: datetime | str, end: datetime | str) -> str:
    """A span of time; the day is not repeated when it begins and ends on the same one."""
    first, last = _as_instant(start), _as_instant(end)
    if first.date() == last.date():
        return f"{first:%Y/%m/%d %H:%M} – {last:%H:%M}"
    return f"{first:%Y/%m/%d %H:%M} – {last:%Y/%m/%d %H:%M}"


def month(value: date) -> str:
    """A month as YYYY/MM."""
    return f"{value:%Y/%m}"


def duration(seconds: int) -> str:
    """A length of time as H:MM:SS; the hours may be many."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def percent(part: int, whole: int) -> int:
    """How much of `whole` is used, 0 to 100, for a bar."""
    return min(100, max(0, round(part * 100 / whole))) if whole > 0 else 0


def month_before(value: date) -> date:
    """The first day of the month before."""
    return (value.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_after(value: date) -> date:
    """The first day of the month after."""
    return (value.replace(day=1) + timedelta(days=32)).replace(day=1)


def _as_day(value: date | str) -> date:
    if isinstance(value, str):
        if len(value) == len("2024-03-31"):
            return date.fromisoformat(value)
        value = datetime.fromisoformat(value)
    return in_japan(value).date() if isinstance(value, datetime) else value


def _as_instant(value: datetime | str) -> datetime:
    return in_japan(datetime.fromisoformat(value) if isinstance(value, str) else value)


FILTERS: dict[str, Any] = {
    "yen": yen,
    "count": count,
    "gigabytes": gigabytes,
    "used_gigabytes": used_gigabytes,
    "left_gigabytes": left_gigabytes,
    "day": day,
    "moment": moment,
    "second": second,
    "time_of_day": time_of_day,
    "window": window,
    "month": month,
    "duration": duration,
    "percent": percent,
}
