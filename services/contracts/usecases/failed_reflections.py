"""New passwords that the SIP switch has not taken: staff look at them and try again."""

from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import password_store as store
from services.contracts.events import Audited


def list_failed(uow: UnitOfWork, cursor: str | None, limit: int) -> dict[str, Any]:
    """`{"total", "items", "next_cursor"}`: failed changes of all customers, oldest first.

    Raises Invalid("page.bad_cursor").
    """
    rows = store.failed_changes(uow.session, _last_id(cursor), limit + 1)
    return {
        "total": store.count_failed(uow.session),
        "items": [
            {
                "change_id": change.id,
                "customer_code": contract.customer_code,
                "customer_name": customer_name,
                "contract_code": contract.code,
                "phone_number": line.phone_number,
                "changed_at": change.changed_at,
                "reflected_by": change.reflected_by,
                "failed_at": change.ended_at,
                "reason": change.reason,
                "attempts": change.attempts,
            }
            for change, line, contract, customer_name in rows[:limit]
        ],
        "next_cursor": encode_cursor([rows[limit - 1][0].id]) if len(rows) > limit else None,
    }


def retry(uow: UnitOfWork, caller: Caller, change_id: int) -> None:
    """Tell the switch once more, at once, as the same operation.

    Raises NotFound("password_change.unknown"), Conflict("password_change.not_failed").
    """
    change = store.lock_change(uow.session, change_id)
    if change is None:
        raise NotFound("password_change.unknown")
    if change.state != "failed":
        raise Conflict("password_change.not_failed")
    change.state, change.due_at = "pending", clock.now()
    change.started_at = change.ended_at = change.next_attempt_at = change.reason = None
    details = {"version": change.version}
    uow.emit(Audited.by(caller, "line_password.retried", change.line.phone_number, details))
    uow.commit()


def _last_id(cursor: str | None) -> int:
    if not cursor:
        return 0
    match decode_cursor(cursor):
        case [int(last)] if 0 <= last < 2**63:
            return last
    raise Invalid("page.bad_cursor")
