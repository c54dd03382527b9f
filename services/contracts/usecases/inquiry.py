"""The contract inquiry (ご契約情報照会): contracts and their lines."""

from datetime import date, datetime
from typing import Any

from chassis import clock
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import lines_store, password_store, store
from services.contracts.display import masked, shown_end_date, visible
from services.contracts.lines_store import Hits, LineRecord
from services.contracts.models import Contract
from services.contracts.models_passwords import PasswordChange
from services.contracts.searching import LineSearch, LineSort
from services.contracts.settings import Settings
from services.contracts.store import ContractBlock
from services.contracts.viewing import Whose

LINE_COLUMNS = (
    "number",
    "phone_number",
    "account_id",
    "line_password",
    "addon_password",
    "start_date",
    "end_date",
    "channels",
    "notified_number",
    "pilot_number",
    "mobile_number",
)
"""No and the ten columns of 回線情報, in the order of the manual."""

_HIGHEST_NUMBER = 2**31 - 1


def list_contracts(uow: UnitOfWork, settings: Settings, customer: str | None) -> dict[str, Any]:
    """`{"items": […]}`: the block (ご契約内容) of every contract of the customer, by contract code."""
    blocks = store.contract_blocks(uow.session, customer, clock.today())
    return {"items": [_block(block, settings) for block in blocks]}


def get_contract(uow: UnitOfWork, settings: Settings, customer: Whose, code: str) -> dict[str, Any]:
    """One block. Raises NotFound("contract.unknown")."""
    blocks = store.contract_blocks(uow.session, customer, clock.today(), code)
    if not blocks:
        raise NotFound("contract.unknown")
    return _block(blocks[0], settings)


def list_lines(
    uow: UnitOfWork,
    settings: Settings,
    customer: Whose,
    code: str,
    search: LineSearch,
    sort: LineSort,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: one page of the hits.

    Raises NotFound("contract.unknown"), Invalid("lines.sort_hidden") for a column that the contract's plan does not
    show, Invalid("page.bad_cursor") also for a cursor of another sort, and for more hits than are shown at all
    Invalid("lines.too_many", total, limit).
    """
    contract = contract_of(uow, customer, code)
    if not visible({sort.removeprefix("-"): None}, contract.display_plan, settings.basic_plan_hides):
        raise Invalid("lines.sort_hidden")
    after = last_number(cursor, sort)
    hits = Hits(contract, search, clock.today())
    total = lines_store.count(uow.session, hits)
    if total > settings.max_lines_shown:
        raise Invalid("lines.too_many", total=total, limit=settings.max_lines_shown)
    return {"total": total} | page_of_lines(uow, settings, hits, sort, after, limit)


def contract_of(uow: UnitOfWork, customer: Whose, code: str) -> Contract:
    """The contract. Raises NotFound("contract.unknown")."""
    contract = store.find_contract(uow.session, customer, code)
    if contract is None:
        raise NotFound("contract.unknown")
    return contract


def last_number(cursor: str | None, sort: LineSort) -> int | None:
    """The number of the last line that the caller has seen; None before the first."""
    if not cursor:
        return None
    match decode_cursor(cursor):
        case [str(of_sort), int(number)] if of_sort == sort and 0 <= number <= _HIGHEST_NUMBER:
            return number
    raise Invalid("page.bad_cursor")


def page_of_lines(
    uow: UnitOfWork, settings: Settings, hits: Hits, sort: LineSort, after: int | None, limit: int
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the hits behind the line with the number `after`, as their contract's plan shows
    them.
    """
    contract = hits.contract
    lines = lines_store.page(uow.session, hits, sort, after, limit + 1)
    shown = lines[:limit]
    changes = password_store.open_changes(uow.session, contract, [line.number for line in shown])
    now, hides = clock.now(), settings.basic_plan_hides
    items = []
    for line in shown:
        item = visible(_line(line, hits.today), contract.display_plan, hides)
        if "line_password" in item:
            item["password_change"] = _change(changes.get(line.number), now)
        items.append(item)
    return {
        "items": items,
        "next_cursor": encode_cursor([sort, shown[-1].number]) if len(lines) > limit else None,
    }


def _block(block: ContractBlock, settings: Settings) -> dict[str, Any]:
    contract = block.contract
    shown = {
        "contract_code": contract.code,
        "customer_name": block.customer_name,
        "service_name": contract.service_name,
        "customer_code": contract.customer_code,
        "sip_proxy": contract.sip_proxy,
        "sip_domain": contract.sip_domain,
        "issued": block.issued,
        "in_service": block.issued - block.terminated,
        "terminated": block.terminated,
        "call_plan": contract.call_plan,
        "family": contract.family,
        "display_plan": contract.display_plan,
    }
    return visible(shown, contract.display_plan, settings.basic_plan_hides)


def _change(change: PasswordChange | None, now: datetime) -> dict[str, Any] | None:
    """A change of the line's password that has not taken effect: while it is pending, the line cannot be used."""
    if change is None:
        return None
    late = change.state == "pending" and now > change.reflected_by
    return {"state": change.state, "reflected_by": change.reflected_by, "late": late}


def _line(line: LineRecord, today: date) -> dict[str, Any]:
    return {
        "number": line.number,
        "phone_number": line.phone_number,
        "account_id": line.account_id,
        "line_password": masked(line.has_line_password),
        "addon_password": masked(line.has_addon_password),
        "start_date": line.start_date,
        "end_date": shown_end_date(line.end_date, today),
        "channels": line.channels,
        "notified_number": line.notified_number,
        "pilot_number": line.pilot_number,
        "mobile_number": line.mobile_number,
    }
