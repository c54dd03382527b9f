"""Importing accounts: an import adds accounts and never changes one."""

from collections.abc import Callable
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy.orm import Session

from chassis import clock, csvfile, logs
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.auth import store
from services.auth.hashing import Passwords
from services.auth.imports import AccountRow
from services.auth.models import Account

log = logs.get_logger()

Mode = Literal["validate", "apply"]
Rows = list[tuple[int, AccountRow]]
Errors = list[dict[str, Any]]


def import_accounts(
    new_uow: Callable[[], UnitOfWork], passwords: Passwords, mode: Mode, text: str
) -> ImportReport:
    """Check a file of accounts and, with `apply`, store the new ones: all of them or, with any error, none.

    Passwords are hashed between two transactions; what is new is decided again in the second, alone.
    """
    rows, errors = csvfile.read(text, AccountRow, key=("login_id",))
    total = len(rows) + len({error["row"] for error in errors if error["row"] > 1})
    with new_uow() as uow:
        new, misfits = _compare(uow.session, rows)
    errors += misfits
    if errors or mode == "validate":
        return _report(mode, total, errors, rows, new)

    hashes = {
        row.login_id: passwords.hash_for_import(row.initial_password)
        for _, row in new
        if row.initial_password
    }
    with new_uow() as uow:
        store.lock_accounts_for_import(uow.session)
        new, misfits = _compare(uow.session, rows)
        if misfits:
            return _report(mode, total, misfits, rows, new)
        uow.session.add_all(_account(row, hashes.get(row.login_id)) for _, row in new)
        uow.commit()
    log.info("accounts imported", created=len(new), unchanged=len(rows) - len(new))
    return _report(mode, total, [], rows, new, applied=True)


def _compare(session: Session, rows: Rows) -> tuple[Rows, Errors]:
    """The rows of new accounts, and what does not fit what is stored."""
    customers = store.known_customers(session, {row.customer_code for _, row in rows if row.customer_code})
    existing = store.accounts_by_login_id(session, [row.login_id for _, row in rows])
    new: Rows = []
    errors: Errors = []
    for number, row in rows:
        account = existing.get(row.login_id)
        if row.customer_code is not None and row.customer_code not in customers:
            errors.append({"row": number, "field": "customer_code", "code": "import.unknown_customer"})
        elif account is None:
            new.append((number, row))
        elif (account.kind, account.customer_code) != (row.kind, row.customer_code):
            errors.append({"row": number, "field": "login_id", "code": "import.key_conflict"})
    return new, errors


def _account(row: AccountRow, password_hash: str | None) -> Account:
    return Account(
        id=uuid4(),
        login_id=row.login_id,
        kind=row.kind,
        role=row.role,
        customer_code=row.customer_code,
        email=row.email,
        contact_phone=row.contact_phone,
        language=row.language,
        password_hash=password_hash,
        created_at=clock.now(),
    )


def _report(
    mode: Mode, total: int, errors: Errors, rows: Rows, new: Rows, applied: bool = False
) -> ImportReport:
    return csvfile.report(
        "accounts", mode, total, errors, created=len(new), unchanged=len(rows) - len(new), applied=applied
    )
