"""The usage inquiry (ご利用状況照会): calls, duration and charge of each number in a month, and month by month."""

from dataclasses import asdict
from typing import Any

from chassis import clock
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import store as contract_store
from services.contracts import usage_store as store
from services.contracts.call_store import Totals
from services.contracts.calling import (
    UsageSort,
    check_phone_prefix,
    first_month_kept,
    first_of,
    month_after,
    read_month,
)
from services.contracts.models import Contract
from services.contracts.settings import Settings

_HIGHEST = 2**63 - 1


def list_usage(
    uow: UnitOfWork,
    settings: Settings,
    customer: str | None,
    code: str,
    month: str | None,
    phone_prefix: str | None,
    sort: UsageSort,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"month", "kept_since", "total", "totals", "items", "next_cursor"}`; `month` and `kept_since` are `YYYY-MM`,
    and `totals` sums all hits.

    Raises NotFound("contract.unknown"), Invalid: calls.month_format, calls.month_not_kept, page.bad_cursor and those
    of the prefix of a number.
    """
    contract = own_contract(uow, customer, code)
    first = first_month_kept(clock.today(), settings.call_months_kept)
    asked = read_month(month, clock.today(), first)
    check_phone_prefix(phone_prefix)
    after = _place(cursor, sort)
    total, totals = store.count_and_sum(uow.session, contract, asked, phone_prefix)
    rows = store.page_of_usage(uow.session, contract, asked, phone_prefix, sort, after, limit + 1)
    items = [
        {
            "number": row.number,
            "phone_number": row.phone_number,
            "calls": row.calls,
            "duration_seconds": row.duration_seconds,
            "charge_yen": row.charge_yen,
        }
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "month": f"{asked:%Y-%m}",
        "kept_since": f"{first:%Y-%m}",
        "total": total,
        "totals": _summed(totals),
        "items": items,
        "next_cursor": encode_cursor([last.sorted_by, last.number]) if last else None,
    }


def usage_history(
    uow: UnitOfWork, settings: Settings, customer: str | None, code: str, phone_number: str | None
) -> dict[str, Any]:
    """`{"phone_number", "kept_since", "items"}`: every month since the line, or the contract's first one, began, as far
    as months are kept, the oldest first.

    Raises NotFound: contract.unknown, line.unknown.
    """
    contract = own_contract(uow, customer, code)
    start = store.first_start(uow.session, contract, phone_number)
    if start is None and phone_number is not None:
        raise NotFound("line.unknown")
    today = clock.today()
    first = first_month_kept(today, settings.call_months_kept)
    sums = store.sums_by_month(uow.session, contract, first, phone_number)
    month = max(first, min(first_of(start or today), first_of(today)))
    items = []
    while month <= today:
        items.append({"month": f"{month:%Y-%m}", **_summed(sums.get(month, Totals(0, 0, 0)))})
        month = month_after(month)
    return {"phone_number": phone_number, "kept_since": f"{first:%Y-%m}", "items": items}


def own_contract(uow: UnitOfWork, customer: str | None, code: str) -> Contract:
    contract = contract_store.find_contract(uow.session, customer, code)
    if contract is None:
        raise NotFound("contract.unknown")
    return contract


def _summed(totals: Totals) -> dict[str, int]:
    return asdict(totals)


def _place(cursor: str | None, sort: UsageSort) -> store.Place | None:
    if not cursor:
        return None
    match decode_cursor(cursor), sort:
        case [[str(phone), int(number)], "phone_number"] if len(phone) <= 14 and "\0" not in phone:
            return phone, _in_range(number)
        case [[int(value), int(number)], other] if other != "phone_number":
            return _in_range(value), _in_range(number)
    raise Invalid("page.bad_cursor")


def _in_range(value: int) -> int:
    if not 0 <= value <= _HIGHEST:
        raise Invalid("page.bad_cursor")
    return value
