"""What staff see of customers, their contracts and their lines: everything but passwords."""

from datetime import date
from typing import Any

from chassis import clock
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import customer_store as store
from services.contracts.display import masked
from services.contracts.lookup import wanted
from services.contracts.models import Contract, Customer, Line
from services.contracts.models_passwords import PasswordChange
from services.contracts.store import ContractBlock, contract_blocks

_FOUND = 20
"""How many hits of each kind the search for anything shows."""

_CHANGES = 20


def list_customers(uow: UnitOfWork, query: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: customers whose code begins with the query or whose name has it, by code.

    Raises Invalid("page.bad_cursor").
    """
    text = wanted(query).text
    rows = store.page_of_customers(uow.session, text, _last_code(cursor), limit + 1)
    return {
        "total": store.count_customers(uow.session, text),
        "items": [_customer(code, name, contracts) for code, name, contracts in rows[:limit]],
        "next_cursor": encode_cursor([rows[limit - 1][0]]) if len(rows) > limit else None,
    }


def get_customer(uow: UnitOfWork, code: str) -> dict[str, Any]:
    """A customer with projects and contracts. Raises NotFound("customer.unknown")."""
    customer = uow.session.get(Customer, code)
    if customer is None:
        raise NotFound("customer.unknown")
    blocks = contract_blocks(uow.session, code, clock.today())
    return {
        "customer_code": customer.code,
        "name": customer.name,
        "projects": list(store.projects(uow.session, code)),
        "contracts": [_contract(block) for block in blocks],
    }


def find_line(uow: UnitOfWork, phone_number: str) -> dict[str, Any]:
    """All that is known of a line; its latest changes of password come first. Raises NotFound("line.unknown")."""
    found = store.find_line(uow.session, phone_number)
    if found is None:
        raise NotFound("line.unknown")
    line, contract, customer_name = found
    group, limit = store.choice(uow.session, line)
    return {
        **_line(line, contract, customer_name, clock.today()),
        "number": line.number,
        "service_name": contract.service_name,
        "service_type": contract.service_type,
        "family": contract.family,
        "account_id": line.account_id,
        "line_password": masked(line.line_password is not None),
        "addon_password": masked(line.addon_password is not None),
        "channels": line.channels,
        "notified_number": line.notified_number,
        "pilot_number": line.pilot_number,
        "mobile_number": line.mobile_number,
        "group": None if group is None else {"code": group.code, "name": group.name},
        "usage_limit": None if limit is None else {"code": limit.code, "name": limit.name},
        "rejected_numbers": store.count_rejected(uow.session, line),
        "password_changes": [
            _change(change) for change in store.password_changes(uow.session, line, _CHANGES)
        ],
    }


def look_up(uow: UnitOfWork, query: str) -> dict[str, Any]:
    """`{"customers", "contracts", "lines"}`, each `{"total", "items"}` with the first hits of what was typed.

    A customer is found by code or name, a contract by the beginning of its code, a line by that of its number.
    """
    asked = wanted(query)
    if not asked.text:
        raise Invalid("lookup.empty")
    customers = list_customers(uow, query, None, _FOUND)
    contract_total, contracts = store.contracts_by_code(uow.session, asked.text, _FOUND)
    line_total, lines = (
        store.lines_by_phone(uow.session, asked.phone_prefix, _FOUND) if asked.phone_prefix else (0, ())
    )
    today = clock.today()
    return {
        "customers": {"total": customers["total"], "items": customers["items"]},
        "contracts": {
            "total": contract_total,
            "items": [
                {
                    "contract_code": contract.code,
                    "service_name": contract.service_name,
                    "customer_code": contract.customer_code,
                    "customer_name": name,
                }
                for contract, name in contracts
            ],
        },
        "lines": {
            "total": line_total,
            "items": [_line(line, contract, name, today) for line, contract, name in lines],
        },
    }


def _last_code(cursor: str | None) -> str:
    """The code of the last customer that the caller has seen; every code is above the one before the first."""
    if not cursor:
        return ""
    match decode_cursor(cursor):
        case [str(code)] if "\x00" not in code:
            return code
    raise Invalid("page.bad_cursor")


def _customer(code: str, name: str, contracts: int) -> dict[str, Any]:
    return {"customer_code": code, "name": name, "contracts": contracts}


def _contract(block: ContractBlock) -> dict[str, Any]:
    contract = block.contract
    return {
        "contract_code": contract.code,
        "project_name": contract.project_name,
        "service_name": contract.service_name,
        "service_type": contract.service_type,
        "family": contract.family,
        "display_plan": contract.display_plan,
        "issued": block.issued,
        "in_service": block.issued - block.terminated,
        "terminated": block.terminated,
    }


def _line(line: Line, contract: Contract, customer_name: str, today: date) -> dict[str, Any]:
    """`state`: `ending` is in service with an end date to come, `upcoming` has not begun."""
    return {
        "phone_number": line.phone_number,
        "contract_code": contract.code,
        "customer_code": contract.customer_code,
        "customer_name": customer_name,
        "start_date": line.start_date,
        "end_date": line.end_date,
        "state": _state(line, today),
    }


def _state(line: Line, today: date) -> str:
    if line.end_date is not None and line.end_date <= today:
        return "terminated"
    if line.start_date > today:
        return "upcoming"
    return "in_service" if line.end_date is None else "ending"


def _change(change: PasswordChange) -> dict[str, Any]:
    return {
        "version": change.version,
        "state": change.state,
        "changed_at": change.changed_at,
        "reflected_by": change.reflected_by,
        "ended_at": change.ended_at,
        "attempts": change.attempts,
        "reason": change.reason,
    }
