"""The contract inquiry (ご契約情報照会): a customer's contracts, their lines, and the lines for a file."""

from datetime import date, datetime
from typing import Any

from pydantic_core import to_jsonable_python

from chassis import clock, sealing
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Forbidden, Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from chassis.sealing import FieldCipher
from services.contracts import password_store, store
from services.contracts.display import masked, shown_end_date, visible
from services.contracts.events import Audited
from services.contracts.models import Contract
from services.contracts.models_passwords import PasswordChange
from services.contracts.passwords import Purpose, decrypt
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


def export_lines_in_clear(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    code: str,
    search: LineSearch,
    cursor: str | None,
    limit: int,
    answer_key: str,
) -> dict[str, Any]:
    """`{"sealed": …}`: what `export_lines` answers, but with the passwords, for the caller's one-time key.

    Raises Forbidden("line_password.hidden") besides.
    """
    contract = _own_contract(uow, caller.customer, code)
    purposes: tuple[Purpose, ...] = ("line_password", "addon_password")
    if not visible(dict.fromkeys(purposes), contract.display_plan, settings.basic_plan_hides):
        raise Forbidden("line_password.hidden")
    page = _page(uow, settings, contract, search, _last_number(cursor), limit)
    items = page["items"]
    stored = password_store.passwords_of(uow.session, contract, [item["number"] for item in items])
    cipher = FieldCipher(settings.field_keys)
    for item in items:
        for purpose, token in zip(purposes, stored[item["number"]], strict=True):
            if purpose in item:
                item[purpose] = decrypt(cipher, item["phone_number"], purpose, token) if token else ""
    answer = {"sealed": sealing.seal_answer(to_jsonable_python(page), answer_key)}
    uow.emit(Audited.by(caller, "line_password.exported", code, {"lines": len(items)}))
    uow.commit()
    return answer


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
    changes = password_store.open_changes(uow.session, contract, [line.number for line in shown])
    now, hides = clock.now(), settings.basic_plan_hides
    items = []
    for line in shown:
        item = visible(_line(line, today), contract.display_plan, hides)
        if "line_password" in item:
            item["password_change"] = _change(changes.get(line.number), now)
        items.append(item)
    return {
        "items": items,
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
