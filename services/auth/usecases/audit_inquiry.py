"""Reading the audit trail, and checking that nobody has changed it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any

from chassis.clock import JAPAN, in_japan
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Invalid
from chassis.paging import decode_cursor, encode_cursor
from services.auth import audit_store
from services.auth.audit_chain import Anchor, Link, check_end, follow
from services.auth.audit_store import Search
from services.auth.models import AuditRecord
from services.auth.settings import Settings

STEP = 10_000  # records that one call checks, well within its time even on a busy machine
_YIELD_EVERY = 500


@dataclass(frozen=True)
class Asked:
    """What is looked for; days are inclusive, in Japan. `customer_code` is for staff."""

    customer_code: str | None
    login_id: str | None
    action: str | None
    since: date | None
    until: date | None


def list_audit(
    uow: UnitOfWork, caller: Caller, asked: Asked, cursor: str | None, limit: int
) -> dict[str, Any]:
    """`{"total", "total_is_exact", "items", "next_cursor"}`, the newest first: of the caller's customer, for staff of
    all.

    Raises Invalid("audit.range_reversed") and Invalid("page.bad_cursor").
    """
    search = _search(caller, asked)
    total = audit_store.count(uow.session, search)
    counted = {"total": total, "total_is_exact": total < audit_store.COUNTED}
    return counted | _page(uow, caller, search, cursor, limit)


def export_audit(
    uow: UnitOfWork, caller: Caller, asked: Asked, cursor: str | None, limit: int
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the next chunk of the hits, however many they are; raises what list_audit does."""
    return _page(uow, caller, _search(caller, asked), cursor, limit)


def verify_audit(
    uow: UnitOfWork, settings: Settings, after: Anchor, expected: Anchor | None
) -> dict[str, Any]:
    """Check the STEP records after the anchor, and behind the last record that the chain ends there.

    `{"checked", "last_seq", "last_hash", "done", "first_break": None or {"seq", "reason"}}`; until it is done, go on
    with the last place as `after`.
    """
    # one snapshot, so that a record added meanwhile is neither missed nor ahead of the head
    uow.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    head = audit_store.head(uow.session)
    links = _patiently(audit_store.links_after(uow.session, after.seq, STEP))
    walk = follow(links, after, settings.code_pepper, expected)
    at_end = walk.checked < STEP
    broken = walk.broken or (check_end(walk.last, head, expected) if at_end else None)
    return {
        "checked": walk.checked,
        "last_seq": walk.last.seq,
        "last_hash": walk.last.hash,
        "done": at_end or broken is not None,
        "first_break": broken,
    }


def _search(caller: Caller, asked: Asked) -> Search:
    if asked.since is not None and asked.until is not None and asked.since > asked.until:
        raise Invalid("audit.range_reversed")
    is_staff = "staff_support" in caller.roles
    return Search(
        customer_code=asked.customer_code if is_staff else caller.customer or "",
        login_id=asked.login_id,
        action=asked.action,
        since=datetime.combine(asked.since, time_of_day.min, JAPAN) if asked.since else None,
        until=datetime.combine(asked.until, time_of_day.max, JAPAN) if asked.until else None,
    )


def _page(uow: UnitOfWork, caller: Caller, search: Search, cursor: str | None, limit: int) -> dict[str, Any]:
    records = audit_store.page(uow.session, search, _before(cursor), limit + 1)
    shown = records[:limit]
    return {
        "items": [_described(record, caller) for record in shown],
        "next_cursor": encode_cursor([shown[-1].at.isoformat(), shown[-1].seq])
        if len(records) > limit
        else None,
    }


def _described(record: AuditRecord, caller: Caller) -> dict[str, Any]:
    # who of the staff acts for a customer is the customer's business; the staff's own network is not
    is_hidden = record.kind == "staff" and caller.kind != "staff"
    return {
        "seq": record.seq,
        "at": in_japan(record.at),
        "kind": record.kind,
        "login_id": record.login_id,
        "customer_code": record.customer_code,
        "client_ip": "" if is_hidden else record.client_ip,
        "user_agent": "" if is_hidden else record.user_agent,
        "action": record.action,
        "target": record.target,
        "result": record.result,
        "details": record.details,
        "correlation_id": record.correlation_id,
    }


def _before(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    match decode_cursor(cursor):
        case [str(at), int(seq)] if 0 < seq < 2**63:
            with suppress(ValueError, OverflowError):
                return in_japan(datetime.fromisoformat(at)), seq
    raise Invalid("page.bad_cursor")


def _patiently(links: Iterable[Link]) -> Iterator[Link]:
    """The same links, letting others be answered in between: hashing takes the processor."""
    for number, link in enumerate(links):
        if number % _YIELD_EVERY == 0:
            time.sleep(0)
        yield link
