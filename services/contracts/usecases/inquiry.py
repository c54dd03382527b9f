"""The contract inquiry (ご契約情報照会): a customer's contracts, their lines, and the lines for a file."""

from datetime import date
from typing import Any

from chassis import clock
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import store
from services.contracts.display import masked, shown_end_date, visible
from services.contracts.models import Contract
from services.contracts.searching import LineSearch
from services.contracts.settings import Settings
from services.contracts.store import ContractBlock, LineRecord

_HIGHEST_NUMBER = 2**31 - 1


def list_contracts(uow: UnitOfWork, settings: Settings, customer: str | None) -> dict[str, Any]:
    """`{"items": […]}`: the block (ご契約内容) of every contract of the customer, by contract code."""
    blocks = store.contract_blocks(uow.session, customer, clock.today())
    return {"items": [_block(block, settings) for block in blocks]}


def get_contract(uow: UnitOfWork, settings: Settings, customer: str | None, code: str) -> dict[str, Any]:
    """One block. Raises NotFound("contract.unknown")."""
    blocks = store.contract_blocks(uow.session, customer, clock.today(), code)
    if not blocks:
        raise NotFound("contract.unknown")
    return _block(blocks[0], settings)


def list_lines(
    uow: UnitOfWork,
    settings: Settings,
    customer: str | None,
    code: str,
    search: LineSearch,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: one page of the hits, by their number.

    Raises NotFound("contract.unknown"), Invalid("page.bad_cursor"), and for more hits than are shown at all
    Invalid("lines.too_many", total, limit).
    """
    contract = _own_contract(uow, customer, code)
    after = _last_number(cursor)
    total = store.count_lines(uow.session, contract, search, clock.today())
    if total > settings.max_lines_shown:
        raise Invalid("lines.too_many", total=total, limit=settings.max_lines_shown)
    return {"total": total} | _page(uow, settings, contract, search, after, limit)


def export_lines(
    uow: UnitOfWork,
    settings: Settings,
    customer: str | None,
    code: str,
    search: LineSearch,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the next chunk of the hits, however many they are.

    A line keeps its number, so that chunks neither repeat nor miss one while others change the contract.
    """
    contract = _own_contract(uow, customer, code)
    return _page(uow, settings, contract, search, _last_number(cursor), limit)


def _own_contract(uow: UnitOfWork, customer: str | None, code: str) -> Contract:
    contract = store.find_contract(uow.session, customer, code)
    if contract is None:
        raise NotFound("contract.unknown")
    return contract


def _last_number(cursor: str | None) -> int:
    """The number of the last line that the caller has seen; 0 before the first."""
    if not cursor:
        return 0
    match decode_cursor(cursor):
        case [int(number)] if 0 <= number <= _HIGHEST_NUMBER:
            return number
    raise Invalid("page.bad_cursor")


def _page(
    uow: UnitOfWork, settings: Settings, contract: Contract, search: LineSearch, after: int, limit: int
) -> dict[str, Any]:
    today = clock.today()
    lines = store.page_of_lines(uow.session, contract, search, today, after, limit + 1)
    shown = lines[:limit]
    hides = settings.basic_plan_hides
    return {
        "items": [visible(_line(line, today), contract.display_plan, hides) for line in shown],
        "next_cursor": encode_cursor([shown[-1].number]) if len(lines) > limit else None,
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
