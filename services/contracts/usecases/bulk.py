"""アップロード・ダウンロード of Mobile Choice 050: the choices of a contract's lines as a file, there and back."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from chassis import clock
from chassis.context import Caller
from chassis.csvfile import MAX_REPORTED
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.contracts import bulk_rows, bulk_store, choice_store
from services.contracts.bulk_difference import Change, Difference, Present, chosen, difference, fingerprint
from services.contracts.bulk_rows import ChoiceRow
from services.contracts.choice_store import Choice
from services.contracts.chosen_line import ChosenLine
from services.contracts.events import Audited
from services.contracts.models import Contract
from services.contracts.models_mobile_choice import BulkUpload
from services.contracts.settings import Settings

KEPT = timedelta(days=1)
"""How long a checked file can be applied."""

Rows = Sequence[tuple[int, ChoiceRow]]


def export(
    uow: UnitOfWork, caller: Caller, contract_code: str, cursor: str | None, limit: int
) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the next chunk of the contract's lines in service, each as a row of the file.

    Raises NotFound("contract.unknown"), Invalid("page.bad_cursor").
    """
    contract = choice_store.find_contract(uow.session, caller.customer, contract_code)
    if contract is None:
        raise NotFound("contract.unknown")
    after = _position(cursor)
    lines = choice_store.page_of_lines(uow.session, contract, clock.today(), after, limit + 1)
    shown = lines[:limit]
    return {
        "items": [{"phone_number": line.phone_number, **chosen(line)._asdict()} for line in shown],
        "next_cursor": encode_cursor([shown[-1].number]) if len(lines) > limit else None,
    }


def check(
    uow: UnitOfWork, settings: Settings, caller: Caller, contract_code: str, text: str
) -> dict[str, Any]:
    """The dry run: `{"rows", "errors", "error_count", "upload"}`.

    `errors` are {"row", "field", "code", …}, the first MAX_REPORTED. Without any, the wishes are kept and `upload` is
    the difference as `_described` gives it; otherwise it is None. Raises NotFound("contract.unknown"),
    Invalid("bulk.too_many_rows", rows, limit), Invalid("bulk.no_rows").
    """
    contract = choice_store.find_contract(uow.session, caller.customer, contract_code)
    if contract is None:
        raise NotFound("contract.unknown")
    rows, errors = bulk_rows.read(text)
    count = len(rows) + len({error["row"] for error in errors if error["row"] > 1})
    if count > settings.bulk_max_rows:
        raise Invalid("bulk.too_many_rows", rows=count, limit=settings.bulk_max_rows)
    if not count and not errors:
        raise Invalid("bulk.no_rows")
    found, lines = _compare(uow, contract, rows)
    errors = sorted([*errors, *found.errors], key=lambda error: error["row"])
    report = {"rows": count, "errors": errors[:MAX_REPORTED], "error_count": len(errors), "upload": None}
    if errors:
        return report
    upload = BulkUpload(
        contract_id=contract.id,
        fingerprint=fingerprint(rows, lines),
        rows=[[number, *row.model_dump().values()] for number, row in rows],
        changes=[change.described() for change in found.changes],
        counts=found.counts(),
        created_at=clock.now(),
        applied_at=None,
    )
    uow.session.add(upload)
    uow.commit()
    return report | {"upload": _described(upload, contract)}


def get(uow: UnitOfWork, caller: Caller, upload_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """A checked file with one page of its changes: `items`, `total`, `next_cursor` beside what `_described` gives.

    Raises NotFound("bulk.unknown"), Invalid("page.bad_cursor").
    """
    upload, contract = _find(uow, caller, upload_id)
    after = _position(cursor)
    changes: list[Any] = upload.changes
    return _described(upload, contract) | {
        "total": len(changes),
        "items": changes[after : after + limit],
        "next_cursor": encode_cursor([after + limit]) if len(changes) > after + limit else None,
    }


def apply(uow: UnitOfWork, caller: Caller, upload_id: str, given: str) -> dict[str, Any]:
    """Make exactly the changes that the dry run has shown; `given` is its fingerprint. Once: then it has been done.

    Raises NotFound("bulk.unknown"), Conflict("bulk.changed_since") if a line of the file, or what it is to have, is
    not any more as it was.
    """
    upload, contract = _find(uow, caller, upload_id)
    choice_store.lock_contract(uow.session, caller.customer, contract.code)
    bulk_store.lock_upload(uow.session, upload)
    if given != upload.fingerprint:
        raise Conflict("bulk.changed_since")
    if upload.applied_at is not None:
        return _described(upload, contract)
    rows = list(_kept(upload))
    found, lines = _compare(uow, contract, rows, lock=True)
    if found.errors or fingerprint(rows, lines) != upload.fingerprint:
        raise Conflict("bulk.changed_since")
    try:
        _store(uow, contract, found.changes, lines)
    except IntegrityError:  # another contract's line has just got one of the mobile numbers
        raise Conflict("bulk.changed_since") from None
    upload.applied_at = clock.now()
    uow.session.flush()
    choice_store.tell(uow, (lines[change.phone_number].line_id for change in found.changes))
    uow.emit(Audited.by(caller, "line_choices.applied", contract.code, found.counts()))
    uow.commit()
    return _described(upload, contract)


def forget(uow: UnitOfWork) -> None:
    """Remove the files that can no longer be applied."""
    bulk_store.remove_uploads(uow.session, clock.now() - KEPT)
    uow.commit()


def _compare(
    uow: UnitOfWork, contract: Contract, rows: Rows, *, lock: bool = False
) -> tuple[Difference, dict[str, ChosenLine]]:
    session, today = uow.session, clock.today()
    lines = choice_store.find_lines(
        session,
        contract.customer_code,
        (row.phone_number for _, row in rows),
        contract_code=contract.code,
        lock=lock,
    )
    mobiles = {row.mobile_number for _, row in rows if row.mobile_number}
    present = Present(
        lines=lines,
        holders=choice_store.holders(session, mobiles, today),
        groups=bulk_store.groups(session, contract, {row.group_code for _, row in rows}),
        limits=bulk_store.limits(session, contract, {row.limit_code for _, row in rows}),
        today=today,
    )
    return difference(rows, present), lines


def _store(
    uow: UnitOfWork, contract: Contract, changes: Sequence[Change], lines: dict[str, ChosenLine]
) -> None:
    session = uow.session
    groups = bulk_store.groups(session, contract, {change.after.group_code for change in changes})
    limits = bulk_store.limits(session, contract, {change.after.limit_code for change in changes})
    mobiles: dict[int, str | None] = {}
    choices = []
    for change in changes:
        line, after = lines[change.phone_number], change.after
        if change.before.mobile_number != after.mobile_number:
            mobiles[line.line_id] = after.mobile_number or None
        if change.before[1:] != after[1:]:
            choices.append(Choice(line.line_id, groups.get(after.group_code), limits.get(after.limit_code)))
    choice_store.set_mobile_numbers(session, mobiles, clock.today())
    choice_store.set_choices(session, choices)


def _find(uow: UnitOfWork, caller: Caller, upload_id: str) -> tuple[BulkUpload, Contract]:
    try:
        known = UUID(upload_id)
    except ValueError:
        raise NotFound("bulk.unknown") from None
    found = bulk_store.find_upload(uow.session, caller.customer, known, clock.now() - KEPT)
    if found is None:
        raise NotFound("bulk.unknown")
    return found


def _kept(upload: BulkUpload) -> Iterator[tuple[int, ChoiceRow]]:
    names = list(ChoiceRow.model_fields)
    for number, *values in upload.rows:
        yield number, ChoiceRow.model_construct(**dict(zip(names, values, strict=True)))


def _described(upload: BulkUpload, contract: Contract) -> dict[str, Any]:
    """`upload_id`, `contract_code`, `fingerprint`, `checked_at`, `usable_until`, `applied_at` (None until it is), and
    `counts` of lines that are added, changed, released and unchanged."""
    until: datetime = upload.created_at + KEPT
    return {
        "upload_id": str(upload.id),
        "contract_code": contract.code,
        "fingerprint": upload.fingerprint,
        "checked_at": upload.created_at,
        "usable_until": until,
        "applied_at": upload.applied_at,
        "counts": upload.counts,
    }


def _position(cursor: str | None) -> int:
    if not cursor:
        return 0
    match decode_cursor(cursor):
        case [int(number)] if 0 <= number < 2**31:
            return number
    raise Invalid("page.bad_cursor")
