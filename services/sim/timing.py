"""When orders may start, when they run, and how long data is valid: calendar rules as pure functions.

Every instant passed in is an aware datetime of any time zone, every instant returned is in Japan time; a
naive datetime raises ValueError. Days and months are those of Japan. What an operator may set is a keyword
parameter whose default is the value of the console manual (管理コンソールポータル スタートアップガイド).
"""

from calendar import monthrange
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import jpholiday

from chassis.clock import JAPAN, in_japan

SELECTABLE_MONTHS = 3  # how far ahead any start can be chosen
SHARE_CUTOFF = time(22)
YEAR_END_CLOSURE: Set[tuple[int, int]] = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
"""(month, day) of the days closed every year besides weekends and national holidays."""


@dataclass(frozen=True)
class CardDelivery:
    """`estimated` if no day is asked for; a day asked for lies in `earliest`…`latest`, both inclusive."""

    estimated: date
    earliest: date
    latest: date


@dataclass(frozen=True)
class EsimDelivery:
    """`target` if no day is asked for; a day asked for lies in `earliest`…`latest`, both inclusive."""

    target: datetime
    earliest: date
    latest: date


def earliest_share_month(
    requested_at: datetime, *, cutoff: time = SHARE_CUTOFF, cutoff_days: int = 1
) -> date:
    """First day of the first month that a share order placed at `requested_at` can start in.

    That is next month; from `cutoff` on, `cutoff_days` before the last day of the month, the month after next
    (シェア登録: 毎月月末の1日前22時以降).
    """
    requested = in_japan(requested_at)
    closes_on = _month_end(requested.date()) - timedelta(days=cutoff_days)
    closed = requested >= datetime.combine(closes_on, cutoff, JAPAN)
    return _add_months(requested.date(), 2 if closed else 1).replace(day=1)


def latest_share_month(
    requested_at: datetime,
    *,
    months: int = SELECTABLE_MONTHS,
    cutoff: time = SHARE_CUTOFF,
    cutoff_days: int = 1,
) -> date:
    """First day of the last month that a share order placed at `requested_at` can start in."""
    return _add_months(earliest_share_month(requested_at, cutoff=cutoff, cutoff_days=cutoff_days), months)


def share_cancellable_until(start_month: date) -> datetime:
    """A share order can be changed or cancelled before this instant: 00:00 on the 1st of its start month."""
    return datetime.combine(start_month.replace(day=1), time(), JAPAN)


def execution_window(
    requested_at: datetime, start_date: date, *, within: timedelta = timedelta(minutes=30)
) -> tuple[datetime, datetime]:
    """(not before, not after) of the execution of an order placed at `requested_at` for `start_date`.

    For the same day it runs at once, otherwise from 00:00 of its day; either way `within` that time
    (30分以内; 予約は 0:00-0:30). Raises ValueError if the start lies before the day of the request.
    """
    requested = in_japan(requested_at)
    if start_date < requested.date():
        raise ValueError(f"an order placed on {requested.date()} cannot start on {start_date}")
    if start_date == requested.date():
        return requested, requested + within
    midnight = datetime.combine(start_date, time(), JAPAN)
    return midnight, midnight + within


def latest_start_date(requested_on: date, *, months: int = SELECTABLE_MONTHS) -> date:
    """The same day of the month `months` later, or the end of a shorter month (依頼当日から3か月後まで)."""
    return _add_months(requested_on, months)


def recharge_valid_through(recharged_on: date, *, months: int = 3) -> date:
    """Last day on which recharged data can be used: the end of the month `months` later (3カ月後の月末).

    `recharged_on` is the day the recharge starts, not the day it was applied for.
    """
    return _month_end(_add_months(recharged_on, months))


def card_delivery(
    requested_on: date,
    *,
    estimated_days: int = 3,
    earliest_days: int = 5,
    months: int = SELECTABLE_MONTHS,
    closed_days: Set[tuple[int, int]] = YEAR_END_CLOSURE,
) -> CardDelivery:
    """Delivery of a SIM card in business days, the day of the request being day 0 (当日含めず)."""
    return CardDelivery(
        estimated=_business_days_after(requested_on, estimated_days, closed_days),
        earliest=_business_days_after(requested_on, earliest_days, closed_days),
        latest=latest_start_date(requested_on, months=months),
    )


def esim_delivery(
    requested_at: datetime, *, within: timedelta = timedelta(minutes=10), months: int = SELECTABLE_MONTHS
) -> EsimDelivery:
    """Delivery of an eSIM profile: in about ten minutes, or on a day chosen from the request's own on."""
    requested = in_japan(requested_at)
    return EsimDelivery(
        target=requested + within,
        earliest=requested.date(),
        latest=latest_start_date(requested.date(), months=months),
    )


def is_business_day(day: date, *, closed_days: Set[tuple[int, int]] = YEAR_END_CLOSURE) -> bool:
    """Whether `day` is neither at a weekend, nor a national holiday, nor a (month, day) of `closed_days`."""
    return day.weekday() < 5 and (day.month, day.day) not in closed_days and not jpholiday.is_holiday(day)


def _business_days_after(day: date, count: int, closed_days: Set[tuple[int, int]]) -> date:
    while count > 0:
        day += timedelta(days=1)
        if is_business_day(day, closed_days=closed_days):
            count -= 1
    return day


def _add_months(day: date, months: int) -> date:
    """The same day number `months` later, clamped to that month's end."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
