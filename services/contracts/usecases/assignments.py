"""Which line has which group and usage limit (グループ・利用制限設定・内容変更)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import assignment_store as store
from services.contracts import choice_store, master_store
from services.contracts.choice_searching import NONE, ChoiceSearch
from services.contracts.choice_store import Choice, ChosenLine
from services.contracts.events import Audited
from services.contracts.master_store import GROUPS, LIMITS
from services.contracts.models import Contract
from services.contracts.usecases import masters

_HIGHEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Assignment:
    """What lines are to have: the code of a group and of a limit, NONE to take it away, None to leave it."""

    group: str | None
    usage_limit: str | None


def list_lines(
    uow: UnitOfWork,
    caller: Caller,
    contract_code: str,
    search: ChoiceSearch,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: one page of the lines in service that are asked for, by their number.

    Raises NotFound("contract.unknown"), Invalid("page.bad_cursor").
    """
    contract = masters.own_contract(uow, caller, contract_code)
    after, today = _last_number(cursor), clock.today()
    found = store.page(uow.session, contract, search, today, after, limit + 1)
    shown = found[:limit]
    return {
        "total": store.count(uow.session, contract, search, today),
        "items": [dict(line._mapping) for line in shown],
        "next_cursor": encode_cursor([shown[-1].number]) if len(found) > limit else None,
    }


def assign(
    uow: UnitOfWork,
    caller: Caller,
    contract_code: str,
    numbers: Sequence[str],
    wish: Assignment,
) -> dict[str, int]:
    """Assign to the lines with these numbers; `{"lines", "changed"}`. All of them or none.

    Raises NotFound("contract.unknown"), and Invalid with line_choice.nothing, line_choice.no_lines,
    line_choice.line_unknown, line_choice.line_terminated, line_choice.group_unknown, line_choice.limit_unknown.
    """
    if not numbers:
        raise Invalid("line_choice.no_lines")
    _demand_wish(wish)
    contract = masters.own_contract(uow, caller, contract_code)
    lines = _locked_lines(uow, caller, contract, numbers)
    errors, today = [], clock.today()
    for place, number in enumerate(numbers):
        at = {"pointer": f"phone_numbers/{place}", "phone_number": number}
        line = lines.get(number)
        if line is None:
            errors.append({**at, "code": "line_choice.line_unknown"})
        elif not line.in_service(today):
            errors.append({**at, "code": "line_choice.line_terminated"})
    masters.refuse(errors)
    return _store(uow, caller, contract, list(lines.values()), wish)


def assign_hits(
    uow: UnitOfWork,
    caller: Caller,
    contract_code: str,
    search: ChoiceSearch,
    expected: int,
    wish: Assignment,
) -> dict[str, int]:
    """Assign to all lines in service that are asked for, if they are still `expected` ones.

    Raises what `assign` does, and Conflict("line_choice.hits_changed", expected, found).
    """
    _demand_wish(wish)
    contract = masters.own_contract(uow, caller, contract_code)
    today = clock.today()
    hits = store.numbers(uow.session, contract, search, today)
    lines = [
        line
        for line in _locked_lines(uow, caller, contract, hits).values()
        if line.in_service(today) and search.finds(line.phone_number, line.group_code, line.limit_code)
    ]
    if len(lines) != expected:
        raise Conflict("line_choice.hits_changed", expected=expected, found=len(lines))
    if not lines:
        raise Invalid("line_choice.no_lines")
    return _store(uow, caller, contract, lines, wish)


def _demand_wish(wish: Assignment) -> None:
    if wish.group is None and wish.usage_limit is None:
        raise Invalid("line_choice.nothing")


def _locked_lines(
    uow: UnitOfWork, caller: Caller, contract: Contract, numbers: Sequence[str]
) -> dict[str, ChosenLine]:
    return choice_store.find_lines(
        uow.session, caller.customer, numbers, contract_code=contract.code, lock=True
    )


def _store(
    uow: UnitOfWork, caller: Caller, contract: Contract, lines: Sequence[ChosenLine], wish: Assignment
) -> dict[str, int]:
    group, usage_limit = _ids(uow, contract, wish)
    choices = []
    for line in lines:
        choice = Choice(
            line.line_id,
            line.group_id if wish.group is None else group,
            line.limit_id if wish.usage_limit is None else usage_limit,
        )
        if (choice.group_id, choice.limit_id) != (line.group_id, line.limit_id):
            choices.append(choice)
    if choices:
        choice_store.set_choices(uow.session, choices)
        choice_store.tell(uow, [choice.line_id for choice in choices])
        details = {"lines": len(choices), "group": wish.group, "usage_limit": wish.usage_limit}
        uow.emit(Audited.by(caller, "line_choice.assigned", contract.code, details))
        uow.commit()
    return {"lines": len(lines), "changed": len(choices)}


def _ids(uow: UnitOfWork, contract: Contract, wish: Assignment) -> tuple[int | None, int | None]:
    """The ids of group and limit, which nobody can delete before the transaction has ended."""
    group = limit = None
    errors = []
    if wish.group is not None and wish.group != NONE:
        group = master_store.keep(uow.session, GROUPS, contract, wish.group)
        if group is None:
            errors.append({"pointer": "group", "code": "line_choice.group_unknown"})
    if wish.usage_limit is not None and wish.usage_limit != NONE:
        limit = master_store.keep(uow.session, LIMITS, contract, wish.usage_limit)
        if limit is None:
            errors.append({"pointer": "usage_limit", "code": "line_choice.limit_unknown"})
    masters.refuse(errors)
    return group, limit


def _last_number(cursor: str | None) -> int:
    """The number of the last line that the caller has seen; 0 before the first."""
    if not cursor:
        return 0
    match decode_cursor(cursor):
        case [int(number)] if 0 <= number <= _HIGHEST_NUMBER:
            return number
    raise Invalid("page.bad_cursor")
