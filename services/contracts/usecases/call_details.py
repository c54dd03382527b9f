"""Call details (明細照会): closed until the contract applies for them, then every call since."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import call_store as store
from services.contracts.calling import CallSearch, begin, first_month_kept, first_of, read_month
from services.contracts.events import Audited
from services.contracts.models import Contract
from services.contracts.settings import Settings
from services.contracts.usecases.usage import own_contract


def get_details(uow: UnitOfWork, customer: str | None, code: str) -> dict[str, Any]:
    """`{"applied", "since"}`: whether call details are shown, and since when calls are. Raises
    NotFound("contract.unknown").
    """
    return _state(uow, own_contract(uow, customer, code))


def apply(uow: UnitOfWork, caller: Caller, code: str) -> dict[str, Any]:
    """Open the details of all calls from now on; the state. Nothing changes if they are open."""
    contract = own_contract(uow, caller.customer, code)
    if store.apply_for_details(uow.session, contract, clock.now()):
        uow.emit(Audited.by(caller, "call_details.applied", code, {}))
        uow.commit()
    return _state(uow, contract)


def cancel(uow: UnitOfWork, caller: Caller, code: str) -> dict[str, Any]:
    """Close the details; the state. A later application opens them for later calls only."""
    contract = own_contract(uow, caller.customer, code)
    if store.cancel_application(uow.session, contract, clock.now()):
        uow.emit(Audited.by(caller, "call_details.cancelled", code, {}))
        uow.commit()
    return _state(uow, contract)


def list_calls(
    uow: UnitOfWork,
    settings: Settings,
    customer: str | None,
    code: str,
    search: CallSearch,
    month: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"since", "kept_since", "total", "totals", "items", "next_cursor"}`, the latest call first; `totals` sums all
    hits. Without a month or a day it is the present month.

    Raises NotFound("contract.unknown"), Conflict("call_details.not_applied"), Invalid: calls.month_format,
    calls.month_not_kept, page.bad_cursor.
    """
    contract = own_contract(uow, customer, code)
    found, start, end, first = _opened(uow, settings, contract, search, month)
    after = _place(cursor)
    totals = store.sum_of_calls(uow.session, contract, search, start, end)
    return {
        "since": found,
        "kept_since": f"{first:%Y-%m}",
        "total": totals.calls,
        "totals": asdict(totals),
        **_page(uow, contract, search, start, end, after, limit),
    }


def export_calls(
    uow: UnitOfWork,
    settings: Settings,
    customer: str | None,
    code: str,
    search: CallSearch,
    month: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the next chunk of the hits. Raises what `list_calls` does."""
    contract = own_contract(uow, customer, code)
    _, start, end, _ = _opened(uow, settings, contract, search, month)
    return _page(uow, contract, search, start, end, _place(cursor), limit)


def _state(uow: UnitOfWork, contract: Contract) -> dict[str, Any]:
    application = store.open_application(uow.session, contract)
    return {"applied": application is not None, "since": application.applied_at if application else None}


def _opened(
    uow: UnitOfWork, settings: Settings, contract: Contract, search: CallSearch, month: str | None
) -> tuple[datetime, datetime, datetime | None, Any]:
    """(since when details are shown, from and until when calls are asked for, first month kept)"""
    application = store.open_application(uow.session, contract)
    if application is None:
        raise Conflict("call_details.not_applied")
    today = clock.today()
    first = first_month_kept(today, settings.call_months_kept)
    asked = read_month(month, today, first) if month is not None else None
    if asked is None and search.day_from is None and search.day_to is None:
        asked = first_of(today)
    since = max(application.applied_at, begin(first))
    return (application.applied_at, *search.span(asked, since), first)


def _page(
    uow: UnitOfWork,
    contract: Contract,
    search: CallSearch,
    start: datetime,
    end: datetime | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> dict[str, Any]:
    rows = store.page_of_calls(uow.session, contract, search, start, end, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [row._asdict() for row in rows[:limit]],
        "next_cursor": encode_cursor([last.started_at.isoformat(), last.record_id]) if last else None,
    }


def _place(cursor: str | None) -> tuple[datetime, str] | None:
    if not cursor:
        return None
    match decode_cursor(cursor):
        case [str(instant), str(record_id)] if "\0" not in record_id:
            try:
                started_at = datetime.fromisoformat(instant)
            except ValueError:
                pass
            else:
                if started_at.tzinfo is not None:
                    return started_at.astimezone(UTC), record_id
    raise Invalid("page.bad_cursor")
