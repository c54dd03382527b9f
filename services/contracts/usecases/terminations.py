"""Ending lines (解約): staff register what a customer has asked for, and complete it when it has been carried out.

Until then the line is in service with a blank end date, whatever date was wished. On completion everything that was
chosen for the line is released, and its number goes into quarantine.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from chassis.paging import encode_cursor
from services.contracts import choice_store, pool_store
from services.contracts import termination_store as store
from services.contracts.events import Audited
from services.contracts.models import Contract, Line
from services.contracts.models_applications import Termination
from services.contracts.password_rules import is_number
from services.contracts.termination_rules import TerminationState, is_in_service, may_end_on
from services.contracts.usecases.applications import last_id


def list_some(
    uow: UnitOfWork,
    state: TerminationState | None,
    customer_code: str | None,
    phone_prefix: str | None,
    ids: Sequence[int],
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: terminations that meet all conditions, newest first.

    Raises Invalid("page.bad_cursor").
    """
    conditions = store.search(state, customer_code, phone_prefix, ids)
    rows = store.page(uow.session, conditions, last_id(cursor), limit + 1)
    return {
        "total": store.count(uow.session, conditions),
        "items": [_described(*row) for row in rows[:limit]],
        "next_cursor": encode_cursor([rows[limit - 1][0].id]) if len(rows) > limit else None,
    }


def get(uow: UnitOfWork, termination_id: int) -> dict[str, Any]:
    """One termination. Raises NotFound("termination.unknown")."""
    rows = store.page(uow.session, [Termination.id == termination_id], termination_id + 1, 1)
    if not rows:
        raise NotFound("termination.unknown")
    return _described(*rows[0])


def register(
    uow: UnitOfWork, caller: Caller, phone_numbers: Sequence[str], wished_date: date
) -> dict[str, Any]:
    """Register the lines with these numbers: all of them, or none. `{"registered": how many}`.

    Raises Invalid("termination.rejected") with `row`, `value` and a code for each bad number under
    `details["errors"]`: what `problem` finds, or termination.twice (first_row).
    """
    lines = store.newest_lines(uow.session, phone_numbers, lock=True)
    there = store.open_of(uow.session, [line.id for line in lines.values()])
    errors, seen = [], dict[str, int]()
    for row, phone in enumerate(phone_numbers, 1):
        code = "termination.twice" if phone in seen else problem(phone, lines.get(phone), there, wished_date)
        if code is not None:
            place = {"pointer": "phone_numbers", "row": row, "value": phone, "code": code}
            errors.append(place | ({"first_row": seen[phone]} if phone in seen else {}))
        seen.setdefault(phone, row)
    if errors:
        raise Invalid("termination.rejected", errors=errors)
    add(uow, caller, [(line, wished_date) for line in lines.values()])
    uow.emit(
        *(
            Audited.by(caller, "termination.registered", phone, {"wished_date": wished_date.isoformat()})
            for phone in lines
        )
    )
    uow.commit()
    return {"registered": len(lines)}


def problem(phone: str, line: Line | None, there: dict[int, Termination], wished_date: date) -> str | None:
    """Why the termination of a line cannot be registered; None if it can."""
    if not is_number(phone):
        return "line.number_format"
    if line is None:
        return "termination.unknown_line"
    if not is_in_service(line.end_date, clock.today()):
        return "termination.ended"
    if line.id in there:
        return "termination.registered"
    if wished_date < line.start_date:
        return "termination.before_start"
    return None


def add(uow: UnitOfWork, caller: Caller, wishes: Sequence[tuple[Line, date]]) -> None:
    """Register lines that the caller of this function has checked and holds."""
    now = clock.now()
    uow.session.add_all(
        Termination(line_id=line.id, wished_date=wished, registered_at=now, registered_by=caller.login_id)
        for line, wished in wishes
    )
    uow.session.flush()


def complete(uow: UnitOfWork, caller: Caller, ids: Sequence[int], end_date: date) -> dict[str, Any]:
    """End the lines of these terminations on `end_date`, all of them or none. `{"completed": how many}`.

    Raises NotFound("termination.unknown"), Conflict("termination.not_open", phone_number, state),
    Invalid("termination.end_date", phone_number, start_date): later than today, or before the line's start.
    """
    terminations = _open(uow, ids)
    line_ids = [termination.line_id for termination in terminations]
    pool_store.lock(uow.session, store.numbers_of(uow.session, line_ids))
    lines, now, today = store.lock_lines(uow.session, line_ids), clock.now(), clock.today()
    for line in lines.values():
        if not may_end_on(end_date, line.start_date, today):
            raise Invalid(
                "termination.end_date",
                phone_number=line.phone_number,
                start_date=line.start_date.isoformat(),
            )
    released = store.end_lines(uow.session, line_ids, end_date, now)
    numbers = [line.phone_number for line in lines.values()]
    pool_store.keep_ended(uow.session, line_ids, numbers)
    for termination in terminations:
        termination.state, termination.ended_at, termination.ended_by = "completed", now, caller.login_id
    uow.session.flush()
    choice_store.tell(uow, released)
    details = {"end_date": end_date.isoformat()}
    uow.emit(*(Audited.by(caller, "termination.completed", number, details) for number in numbers))
    uow.commit()
    return {"completed": len(terminations)}


def withdraw(uow: UnitOfWork, caller: Caller, ids: Sequence[int]) -> dict[str, Any]:
    """Take back registrations, all of these or none; the lines stay in service. `{"withdrawn": how many}`.

    Raises NotFound("termination.unknown"), Conflict("termination.not_open", phone_number, state).
    """
    terminations, now = _open(uow, ids), clock.now()
    for termination in terminations:
        termination.state, termination.ended_at, termination.ended_by = "withdrawn", now, caller.login_id
    numbers = store.numbers_of(uow.session, [termination.line_id for termination in terminations])
    uow.emit(*(Audited.by(caller, "termination.withdrawn", number, {}) for number in numbers))
    uow.commit()
    return {"withdrawn": len(terminations)}


def _open(uow: UnitOfWork, ids: Sequence[int]) -> list[Termination]:
    """Terminations that are registered, held until the end of the transaction."""
    terminations = store.lock(uow.session, ids)
    if len(terminations) < len(set(ids)):
        raise NotFound("termination.unknown")
    for termination in terminations:
        if termination.state != "registered":
            [number] = store.numbers_of(uow.session, [termination.line_id])
            raise Conflict("termination.not_open", phone_number=number, state=termination.state)
    return terminations


def _described(termination: Termination, line: Line, contract: Contract, name: str) -> dict[str, Any]:
    """`end_date` is that of the line, once the termination is completed."""
    return {
        "termination_id": termination.id,
        "phone_number": line.phone_number,
        "contract_code": contract.code,
        "customer_code": contract.customer_code,
        "customer_name": name,
        "state": termination.state,
        "start_date": line.start_date,
        "wished_date": termination.wished_date,
        "end_date": line.end_date if termination.state == "completed" else None,
        "registered_at": termination.registered_at,
        "registered_by": termination.registered_by,
        "ended_at": termination.ended_at,
        "ended_by": termination.ended_by,
    }
