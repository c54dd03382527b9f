"""Data usage (トラフィック) by day and by month, of SIMs and share groups, and when their data will be used up."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from chassis.clock import in_japan
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.sim import share_store, store, usage_store
from services.sim.accounting import Balance, first_day, start_of
from services.sim.forecast import first_day_counted, forecast
from services.sim.models_shares import ShareGroup
from services.sim.settings import Settings
from services.sim.usage import MONTHS_SHOWN, first_month_kept, months_before, read_month
from services.sim.usecases.shown import local
from services.sim.usecases.sims import find_sim


def sim_usage(
    uow: UnitOfWork, settings: Settings, now: datetime, customer: str | None, serial: str, month: str | None
) -> dict[str, Any]:
    """The usage of a SIM: the days of a month `YYYY-MM` (None: the present one), its last 12 months, and a forecast.

    The forecast of a member of a share group is its group's. Raises NotFound("sim.unknown"), Invalid("usage.month").
    """
    today = in_japan(now).date()
    asked = read_month(month, today)
    sim = find_sim(uow, customer, serial)
    sums = usage_store.months_of_sim(uow.session, serial, first_month_kept(today, MONTHS_SHOWN))
    days = {
        start + timedelta(days=number): amount
        for start, of_month in sums.items()
        for number, amount in enumerate(of_month.days)
        if amount
    }
    balance = store.balances(uow.session, [sim], settings.plans, now)[serial]
    if balance.group_id is not None and balance.group is not None:
        predicted = _forecast_of_group(uow, balance.group_id, balance.group, now)
    else:
        predicted = _forecast(days, sim.usage_until, balance, now)
    return {
        "sim_serial": serial,
        "msisdn": sim.msisdn,
        **_shown(asked, today, days, {start: each.bytes for start, each in sums.items()}),
        "as_of": local(sim.usage_until),
        "group_id": balance.group_id,
        "forecast": predicted,
    }


def group_usage(
    uow: UnitOfWork, now: datetime, customer: str | None, group_id: int, month: str | None
) -> dict[str, Any]:
    """The usage of a share group: that of its members in the months of their membership, as `sim_usage` has it.

    `members` counts the numbers of the month asked for. Raises NotFound("share.unknown"), Invalid("usage.month").
    """
    session, today = uow.session, in_japan(now).date()
    asked, present = read_month(month, today), today.replace(day=1)
    group = _find_group(uow, customer, group_id)
    balance = store.group_balances(session, [group_id], now)[group_id]
    return {
        "group_id": group_id,
        "name": group.name,
        "members": share_store.member_counts(session, [group_id], asked).get(group_id, 0),
        **_shown(
            asked,
            today,
            usage_store.days_of_group(session, group_id, [asked]),
            usage_store.months_of_group(session, group_id, first_month_kept(today, MONTHS_SHOWN)),
        ),
        "as_of": local(usage_store.reach_of_group(session, group_id, present)),
        "forecast": _forecast_of_group(uow, group_id, balance, now),
    }


def export_usage(
    uow: UnitOfWork,
    now: datetime,
    customer: str | None,
    month: str | None,
    sim_serial: str | None,
    group_id: int | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"month", "items", "next_cursor"}`: every day, until today, of the next `limit` SIMs with usage in the month.

    Of one SIM, of the members of a group, or of all. Raises NotFound("sim.unknown", "share.unknown"),
    Invalid("usage.month", "page.bad_cursor").
    """
    today = in_japan(now).date()
    asked = read_month(month, today)
    if sim_serial is not None:
        find_sim(uow, customer, sim_serial)
    if group_id is not None:
        _find_group(uow, customer, group_id)
    rows = usage_store.page_of_days(
        uow.session,
        customer,
        asked,
        sim_serial=sim_serial,
        group_id=group_id,
        after=_after(cursor),
        limit=limit + 1,
    )
    shown = rows[:limit]
    return {
        "month": f"{asked:%Y-%m}",
        "items": [
            {"sim_serial": row.serial, "msisdn": row.msisdn, "day": day, "bytes": row.days[day.day - 1]}
            for row in shown
            for day in _days_of(asked, today)
        ],
        "next_cursor": encode_cursor([shown[-1].serial]) if len(rows) > limit else None,
    }


def _find_group(uow: UnitOfWork, customer: str | None, group_id: int) -> ShareGroup:
    group = share_store.find_group(uow.session, customer, group_id)
    if group is None:
        raise NotFound("share.unknown")
    return group


def _shown(asked: date, today: date, days: Mapping[date, int], months: Mapping[date, int]) -> dict[str, Any]:
    """The figures as they are told, months and days without usage among them."""
    last = today.replace(day=1)
    shown = [months_before(last, number) for number in reversed(range(MONTHS_SHOWN))]
    return {
        "month": f"{asked:%Y-%m}",
        "first_month": f"{shown[0]:%Y-%m}",
        "last_month": f"{last:%Y-%m}",
        "bytes": months.get(asked, 0),
        "days": [{"day": day, "bytes": days.get(day, 0)} for day in _days_of(asked, today)],
        "months": [{"month": f"{month:%Y-%m}", "bytes": months.get(month, 0)} for month in shown],
    }


def _days_of(month: date, today: date) -> Sequence[date]:
    """The days of a month that have begun."""
    length = calendar.monthrange(month.year, month.month)[1]
    return [day for n in range(length) if (day := month + timedelta(days=n)) <= today]


def _forecast_of_group(uow: UnitOfWork, group_id: int, balance: Balance, now: datetime) -> dict[str, Any]:
    session, present = uow.session, first_day(now)
    as_of = usage_store.reach_of_group(session, group_id, present)
    days: dict[date, int] = {}
    if as_of is not None:
        # months before stand for their days: that there was usage then is all that counts
        days |= usage_store.months_of_group(session, group_id, months_before(present, MONTHS_SHOWN))
        months = {first_day(as_of), first_day_counted(as_of).replace(day=1)}
        days = {day: amount for day, amount in days.items() if day not in months}
        days |= usage_store.days_of_group(session, group_id, months)
    return _forecast(days, as_of, balance, now) | {"group_id": group_id}


def _forecast(
    days: Mapping[date, int], as_of: datetime | None, balance: Balance, now: datetime
) -> dict[str, Any]:
    """What is left now was left at the latest record already, unless the month has begun since."""
    month = first_day(now)
    since = max(as_of or start_of(month), start_of(month))
    through = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    found = forecast(days, as_of, balance.remaining, since, through)
    return {
        "runs_out_on": found.runs_out_on,
        "reason": found.reason,
        "through": found.through,
        "remaining_bytes": found.remaining_bytes,
        "bytes_per_day": found.bytes_per_day,
        "days_counted": found.days_counted,
        "first_day": found.first_day,
        "last_day": found.last_day,
        "method": found.method,
        "group_id": None,
    }


def _after(cursor: str | None) -> str:
    if cursor is None:
        return ""
    match decode_cursor(cursor):
        case [str(serial)] if "\x00" not in serial:
            return serial
    raise Invalid("page.bad_cursor")
