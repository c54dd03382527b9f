"""The pool of telephone numbers, as staff see it."""

from datetime import timedelta
from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import pool_store as store
from services.contracts.application_rules import NumberState, free_again, number_state
from services.contracts.events import Audited
from services.contracts.models_applications import PoolNumber
from services.contracts.settings import Settings


def list_numbers(
    uow: UnitOfWork,
    settings: Settings,
    state: NumberState | None,
    prefix: str,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """`{"total", "counts", "items", "next_cursor"}`: numbers that begin with `prefix` and are in `state`, in order.

    `counts` are those of the prefix by family and state. Raises Invalid("page.bad_cursor").
    """
    today, quarantine = clock.today(), timedelta(days=settings.number_quarantine_days)
    counts = store.counts(uow.session, prefix, today, quarantine)
    conditions = [PoolNumber.phone_number.startswith(prefix, autoescape=True)]
    if state is not None:
        conditions.append(store.in_state(state, today, quarantine))
    rows = store.page(uow.session, conditions, _last(cursor), limit + 1)
    return {
        "total": sum(count for of in counts.values() for name, count in of.items() if state in (None, name)),
        "counts": [{"family": family, **of} for family, of in sorted(counts.items())],
        "items": [_described(settings, *row) for row in rows[:limit]],
        "next_cursor": encode_cursor([rows[limit - 1][0].phone_number]) if len(rows) > limit else None,
    }


def remove(uow: UnitOfWork, settings: Settings, caller: Caller, phone_number: str) -> None:
    """Take a free number out of the pool. Raises NotFound("number.unknown"), Conflict("number.not_removable")."""
    number = store.find(uow.session, phone_number)
    if number is None:
        raise NotFound("number.unknown")
    if _state(settings, number) != "free":
        raise Conflict("number.not_removable")
    store.remove(uow.session, phone_number)
    uow.emit(Audited.by(caller, "number.removed", phone_number, {}))
    uow.commit()


def _state(settings: Settings, number: PoolNumber) -> NumberState:
    given = number.line_id is not None
    return number_state(number.ended_on, given, clock.today(), settings.number_quarantine_days)


def _described(
    settings: Settings, number: PoolNumber, contract: str | None, customer: str | None, name: str | None
) -> dict[str, Any]:
    """`free_from` is the day on which a number in quarantine may be given out again."""
    state = _state(settings, number)
    free_from = None
    if state == "quarantined" and number.ended_on is not None:
        free_from = free_again(number.ended_on, settings.number_quarantine_days)
    return {
        "phone_number": number.phone_number,
        "family": number.family,
        "state": state,
        "free_from": free_from,
        "contract_code": contract,
        "customer_code": customer,
        "customer_name": name,
    }


def _last(cursor: str | None) -> str:
    if not cursor:
        return ""
    match decode_cursor(cursor):
        case [str(last)] if last.isascii() and last.isdigit():
            return last
    raise Invalid("page.bad_cursor")
