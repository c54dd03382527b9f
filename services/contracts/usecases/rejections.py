"""Rejected callers (着信拒否): listed, registered and deleted, many at once.

Registering what is there, and deleting what is not, changes nothing and is no mistake: the same list can be sent twice.
The report says of which rows that is true.
"""

from collections.abc import Mapping
from typing import Any, Literal

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import choice_store, rejection_rows
from services.contracts import rejection_store as store
from services.contracts.choice_store import ChosenLine
from services.contracts.events import Audited, RejectionsChanged
from services.contracts.models import Contract
from services.contracts.rejection_rows import Pair
from services.contracts.rejection_store import Entry, RejectionSearch
from services.contracts.searching import LineSearch
from services.contracts.settings import Settings
from services.contracts.usecases import masters

Action = Literal["register", "delete"]
Mode = Literal["validate", "apply"]
Fault = dict[str, Any]

MAX_REPORTED = 1_000
_TOLD_AT_ONCE = 500
_UNCHANGED: dict[Action, Fault] = {
    "register": {"field": "rejected_number", "code": "rejection.known"},
    "delete": {"field": "rejected_number", "code": "rejection.absent"},
}
_HIGHEST_NUMBER = 2**31 - 1


def list_entries(
    uow: UnitOfWork,
    caller: Caller,
    contract_code: str,
    search: RejectionSearch,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: what lines in service reject, by line and number.

    Raises NotFound("contract.unknown"), Invalid: page.bad_cursor, rejection.prefix, and what LineSearch does.
    """
    contract = masters.own_contract(uow, caller, contract_code)
    total = store.count(uow.session, contract, _checked(search), clock.today())
    return {"total": total} | _page(uow, contract, search, cursor, limit)


def export_entries(
    uow: UnitOfWork,
    caller: Caller,
    contract_code: str,
    search: RejectionSearch,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the next chunk of what is asked for, however much it is."""
    contract = masters.own_contract(uow, caller, contract_code)
    return _page(uow, contract, _checked(search), cursor, limit)


def change(
    uow: UnitOfWork,
    settings: Settings,
    caller: Caller,
    contract_code: str,
    action: Action,
    mode: Mode,
    text: str,
) -> dict[str, Any]:
    """Check a list, and with mode "apply" register or delete all of it if no row is wrong.

    The report: `rows`, how many of them change something (`changed`) or not (`unchanged`), `errors` and `notes`
    (the rows that change nothing) as `{"row", "field", "code", …}` in the order of the list, the first MAX_REPORTED of
    each, `error_count`, `applied`. Raises NotFound("contract.unknown") and what `rejection_rows.read` does.
    """
    contract = masters.own_contract(uow, caller, contract_code)
    rows = rejection_rows.read(text, settings.max_rejection_rows)
    lines = choice_store.find_lines(
        uow.session,
        caller.customer,
        {pair.phone_number for pair in rows.pairs.values()},
        contract_code=contract.code,
        lock=mode == "apply",
    )
    faults, entries = _of_lines(rows.pairs, lines)
    known = store.known(uow.session, list(entries.values()))
    changing = {row: entry for row, entry in entries.items() if (entry in known) == (action == "delete")}
    if action == "register":
        faults += _beyond_room(uow, settings, changing)
    errors = sorted([*rows.errors, *faults], key=lambda fault: fault["row"])
    wrong = {fault["row"] for fault in errors}
    notes = [{"row": row, **_UNCHANGED[action]} for row in entries if row not in changing]
    applied = mode == "apply" and not errors
    if applied and changing:
        pairs = [rows.pairs[row] for row in changing]
        _store(uow, caller, contract, action, list(changing.values()), pairs)
        uow.commit()
    return {
        "action": action,
        "mode": mode,
        "rows": rows.total,
        "changed": len(changing.keys() - wrong),
        "unchanged": len(notes),
        "errors": errors[:MAX_REPORTED],
        "error_count": len(errors),
        "notes": notes[:MAX_REPORTED],
        "applied": applied,
    }


def delete(uow: UnitOfWork, caller: Caller, contract_code: str, pair: Pair) -> None:
    """Delete one entry. Raises NotFound: contract.unknown, rejection.unknown."""
    contract = masters.own_contract(uow, caller, contract_code)
    lines = choice_store.find_lines(
        uow.session, caller.customer, [pair.phone_number], contract_code=contract.code, lock=True
    )
    line = lines.get(pair.phone_number)
    if line is None or not line.in_service(clock.today()):
        raise NotFound("rejection.unknown")
    entry = (line.line_id, pair.rejected_number)
    if not store.known(uow.session, [entry]):
        raise NotFound("rejection.unknown")
    _store(uow, caller, contract, "delete", [entry], [pair])
    uow.commit()


def _of_lines(
    pairs: Mapping[int, Pair], lines: Mapping[str, ChosenLine]
) -> tuple[list[Fault], dict[int, Entry]]:
    """What is wrong with the lines of the rows, and the entries of the others by row."""
    today = clock.today()
    faults, entries = [], {}
    for row, pair in pairs.items():
        line = lines.get(pair.phone_number)
        if line is None:
            faults.append({"row": row, "field": "phone_number", "code": "rejection.line_unknown"})
        elif not line.in_service(today):
            faults.append({"row": row, "field": "phone_number", "code": "rejection.line_terminated"})
        else:
            entries[row] = (line.line_id, pair.rejected_number)
    return faults, entries


def _beyond_room(uow: UnitOfWork, settings: Settings, new: Mapping[int, Entry]) -> list[Fault]:
    """The rows for which their line has no room any more."""
    most = settings.max_rejections_per_line
    taken = store.counts(uow.session, list({line for line, _ in new.values()}))
    faults = []
    for row, (line, _) in new.items():
        taken[line] = taken.get(line, 0) + 1
        if taken[line] > most:
            faults.append({"row": row, "field": "phone_number", "code": "rejection.line_full", "limit": most})
    return faults


def _store(
    uow: UnitOfWork,
    caller: Caller,
    contract: Contract,
    action: Action,
    entries: list[Entry],
    pairs: list[Pair],
) -> None:
    change, done = (store.add, "registered") if action == "register" else (store.remove, "deleted")
    change(uow.session, entries)
    uow.emit(
        *(
            RejectionsChanged(
                contract.customer_code,
                contract.code,
                action,
                [pair._asdict() for pair in pairs[start : start + _TOLD_AT_ONCE]],
            )
            for start in range(0, len(pairs), _TOLD_AT_ONCE)
        ),
        Audited.by(
            caller,
            f"rejections.{done}",
            contract.code,
            {"numbers": len(pairs), "lines": len({pair.phone_number for pair in pairs})},
        ),
    )


def _checked(search: RejectionSearch) -> RejectionSearch:
    LineSearch(search.phone_prefix)
    if search.number_prefix and not (search.number_prefix.isascii() and search.number_prefix.isdigit()):
        raise Invalid("rejection.prefix", errors=[{"pointer": "number_prefix", "code": "rejection.prefix"}])
    return search


def _page(
    uow: UnitOfWork, contract: Contract, search: RejectionSearch, cursor: str | None, limit: int
) -> dict[str, Any]:
    found = store.page(uow.session, contract, search, clock.today(), _last_entry(cursor), limit + 1)
    shown = found[:limit]
    last = [shown[-1].number, shown[-1].rejected_number] if len(found) > limit else None
    return {
        "items": [
            {"phone_number": one.phone_number, "rejected_number": one.rejected_number} for one in shown
        ],
        "next_cursor": encode_cursor(last) if last else None,
    }


def _last_entry(cursor: str | None) -> Entry:
    """The last entry that the caller has seen: the line's number within the contract, and the rejected number."""
    if not cursor:
        return (0, "")
    match decode_cursor(cursor):
        case [int(number), str(rejected)] if 0 <= number <= _HIGHEST_NUMBER and rejected.isdigit():
            return (number, rejected)
    raise Invalid("page.bad_cursor")
