"""Importing accounts: an import adds accounts and never changes one."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

from eventlet import GreenPool
from sqlalchemy.orm import Session

from chassis import clock, csvfile, logs
from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.auth import store
from services.auth.hashing import Passwords
from services.auth.imports import AccountRow
from services.auth.models import Account
from services.auth.portals import Kind
from services.auth.settings import Settings
from services.auth.usecases import notices
from services.auth.usecases.audit import Actor, Entry, record

log = logs.get_logger()

Mode = Literal["validate", "apply"]
Rows = list[tuple[int, AccountRow]]
Errors = list[dict[str, Any]]

_RANDOM_BYTES = 15  # 20 characters
_LISTED = 50  # login IDs in the audit record


@dataclass(frozen=True)
class _Password:
    """`mailed` is the password itself where it was made here; None: its owner has it from somewhere else."""

    stored: str
    mailed: str | None


def import_accounts(
    new_uow: Callable[[], UnitOfWork],
    settings: Settings,
    passwords: Passwords,
    caller: Caller,
    mode: Mode,
    text: str,
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

    made = _hash_all(passwords, settings.password_threads, [row for _, row in new])
    with new_uow() as uow:
        store.lock_accounts_for_import(uow.session)
        new, misfits = _compare(uow.session, rows)
        if misfits:
            return _report(mode, total, misfits, rows, new)
        for _, row in new:
            _add(uow.session, settings, row, made.get(row.login_id))
        counts = {"created": len(new), "unchanged": len(rows) - len(new)}
        listed = [row.login_id for _, row in new[:_LISTED]]
        entry = Entry(
            "file.imported",
            Actor.of_caller(caller),
            target="accounts",
            details={**counts, "login_ids": listed},
        )
        record(uow.session, settings, entry)
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
        elif account.deleted_at is not None or _owner(account) != _owner(row):
            errors.append({"row": number, "field": "login_id", "code": "import.key_conflict"})
    return new, errors


def _owner(one: Account | AccountRow) -> tuple[str, str | None]:
    return one.kind, one.customer_code


def _hash_all(passwords: Passwords, at_once: int, rows: list[AccountRow]) -> dict[str, _Password]:
    """By login ID, for the accounts that get a password."""

    def make(row: AccountRow) -> tuple[str, _Password] | None:
        if row.initial_password is not None:
            return row.login_id, _Password(passwords.hash_for_import(row.initial_password), None)
        if row.kind is Kind.SELFCARE or row.email is None:
            return None
        password = secrets.token_urlsafe(_RANDOM_BYTES)
        return row.login_id, _Password(passwords.hash_for_import(password), password)

    return dict(made for made in GreenPool(at_once).imap(make, rows) if made is not None)


def _add(session: Session, settings: Settings, row: AccountRow, password: _Password | None) -> None:
    """Self-care accounts come with a password of their own; others with one that somebody else has made or read."""
    now = clock.now()
    account = Account(
        id=uuid4(),
        login_id=row.login_id,
        kind=row.kind,
        role=row.role,
        customer_code=row.customer_code,
        email=row.email,
        contact_phone=row.contact_phone,
        language=row.language,
        created_at=now,
    )
    session.add(account)
    if password is None:
        return
    account.password_hash = password.stored
    account.password_set_at = now
    account.password_is_initial = row.kind is not Kind.SELFCARE
    if password.mailed is not None:
        account.initial_password_ends_at = now + timedelta(hours=settings.initial_password_hours)
        notices.account_mail(session, settings, account, password.mailed)


def _report(
    mode: Mode, total: int, errors: Errors, rows: Rows, new: Rows, applied: bool = False
) -> ImportReport:
    return csvfile.report(
        "accounts", mode, total, errors, created=len(new), unchanged=len(rows) - len(new), applied=applied
    )
