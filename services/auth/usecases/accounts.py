"""What administrators do to accounts: those of their customer's console or, as staff, to all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.errors import Conflict, Invalid, NotFound
from services.auth import account_store, store
from services.auth.account_rules import (
    Standing,
    Wish,
    changed,
    differences,
    ends_sessions,
    problems_of_change,
    problems_of_new,
)
from services.auth.hashing import Passwords
from services.auth.models import Account
from services.auth.portals import Kind
from services.auth.settings import Settings
from services.auth.usecases.accounts_inquiry import described, visible_account
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.notices import account_mail
from services.auth.usecases.sessions import end_sessions_of

NewUow = Callable[[], UnitOfWork]


@dataclass(frozen=True)
class NewAccount:
    login_id: str
    role: str
    email: str | None
    initial_password: str
    language: str


def create_account(
    new_uow: NewUow, settings: Settings, passwords: Passwords, caller: Caller, new: NewAccount
) -> dict[str, Any]:
    """A console account of the caller's customer or, by staff, an account of staff; as `_handed_out`.

    Raises Invalid("account.invalid", errors=…), Conflict("account.exists").
    """
    kind = Kind.STAFF if caller.customer is None else Kind.CONSOLE
    problems = problems_of_new(kind, new.login_id, new.role, new.email)
    if problems:
        raise Invalid("account.invalid", errors=problems)
    password_hash = passwords.hash(new.initial_password)
    with new_uow() as uow:
        store.lock_accounts_for_import(uow.session)
        if account_store.is_taken(uow.session, new.login_id):
            raise Conflict("account.exists", login_id=new.login_id)
        account = Account(
            id=uuid4(),
            login_id=new.login_id,
            kind=kind,
            role=new.role,
            customer_code=caller.customer,
            email=new.email or None,
            language=new.language,
            created_at=clock.now(),
        )
        _give_password(settings, account, password_hash)
        uow.session.add(account)
        uow.session.flush()
        mailed = account_mail(uow.session, settings, account, new.initial_password)
        _record(uow.session, settings, caller, "account.created", account, role=new.role, mailed=mailed)
        uow.commit()
    return _handed_out(account, mailed)


def change_account(
    uow: UnitOfWork, settings: Settings, caller: Caller, login_id: str, wish: Wish
) -> dict[str, Any]:
    """Another role or address, a lock or its end; the account as it is now. What it lost, its sessions lose at once.

    Raises NotFound("account.unknown"), Invalid("account.invalid", errors=…), Conflict "account.own" or
    "account.last_administrator".
    """
    account = _locked(uow.session, caller, login_id)
    before = _standing(account)
    problems = problems_of_change(account.kind, wish)
    if problems:
        raise Invalid("account.invalid", errors=problems)
    after = changed(before, wish)
    if after.disabled and not before.disabled:
        _refuse_own(caller, account)
    if not after.administers:
        _refuse_last_administrator(uow.session, account)
    found = differences(before, after)
    if found:
        account.role, account.email, account.disabled = after.role, after.email, after.disabled
        if ends_sessions(before, after):
            end_sessions_of(uow.session, account.id)
        _record(uow.session, settings, caller, "account.changed", account, **found)
        uow.commit()
    return described(uow.session, settings, [account])[0]


def reset_account(
    new_uow: NewUow,
    settings: Settings,
    passwords: Passwords,
    caller: Caller,
    login_id: str,
    initial_password: str,
    factors: bool,
) -> dict[str, Any]:
    """Another password for somebody who lost theirs and, with `factors`, their second factors; as `_handed_out`.

    Raises NotFound("account.unknown"), Conflict("account.own"): whoever is logged in changes their own password, which
    asks for the present one.
    """
    password_hash = passwords.hash(initial_password)
    with new_uow() as uow:
        account = _locked(uow.session, caller, login_id)
        _refuse_own(caller, account)
        _give_password(settings, account, password_hash)
        if factors:
            account_store.forget_factors(uow.session, account.id)
        end_sessions_of(uow.session, account.id)
        mailed = account_mail(uow.session, settings, account, initial_password)
        _record(uow.session, settings, caller, "account.reset", account, factors=factors, mailed=mailed)
        uow.commit()
    return _handed_out(account, mailed)


def delete_account(uow: UnitOfWork, settings: Settings, caller: Caller, login_id: str) -> None:
    """Raises NotFound("account.unknown"), Conflict "account.own" or "account.last_administrator"."""
    account = _locked(uow.session, caller, login_id)
    _refuse_own(caller, account)
    _refuse_last_administrator(uow.session, account)
    end_sessions_of(uow.session, account.id)
    account_store.erase(uow.session, account, clock.now())
    _record(uow.session, settings, caller, "account.deleted", account)
    uow.commit()


def set_factor_policy(uow: UnitOfWork, settings: Settings, caller: Caller, required: bool) -> None:
    """Whether the console accounts of the caller's customer need a second factor, from their next login."""
    customer = account_store.lock_customer(uow.session, caller.customer or "")
    if customer.factors_required == required:
        return
    details = {"factors_required": {"from": customer.factors_required, "to": required}}
    customer.factors_required = required
    entry = Entry("policy.changed", Actor.of_caller(caller), target=customer.customer_code, details=details)
    record(uow.session, settings, entry)
    uow.commit()


def get_factor_policy(session: Session, caller: Caller) -> bool:
    return account_store.customer(session, caller.customer or "").factors_required


def _locked(session: Session, caller: Caller, login_id: str) -> Account:
    """The account, locked together with the question who administers its customer, or the staff."""
    seen = visible_account(session, caller, login_id)
    account_store.lock_administrators(session, seen.customer_code)
    account = store.lock_account(session, seen.id)
    if account.deleted_at is not None:  # meanwhile
        raise NotFound("account.unknown")
    return account


def _standing(account: Account) -> Standing:
    return Standing(account.kind, account.role, account.email, account.disabled)


def _refuse_own(caller: Caller, account: Account) -> None:
    if caller.subject == str(account.id):
        raise Conflict("account.own")


def _refuse_last_administrator(session: Session, account: Account) -> None:
    if _standing(account).administers and not account_store.has_other_administrator(session, account):
        raise Conflict("account.last_administrator")


def _give_password(settings: Settings, account: Account, password_hash: str) -> None:
    """A password made by somebody else works once and not for long.

    Not so for self-care accounts, whose login has no step in which to change it: theirs is sent by the customer centre
    and stays good.
    """
    now = clock.now()
    account.password_hash = password_hash
    account.password_set_at = now
    account.password_is_initial = account.kind is not Kind.SELFCARE
    account.initial_password_ends_at = (
        now + timedelta(hours=settings.initial_password_hours) if account.password_is_initial else None
    )


def _handed_out(account: Account, mailed: bool) -> dict[str, Any]:
    """Whether the password went out by mail, and the last instant at which it works; None: without an end."""
    return {"mailed": mailed, "ends_at": account.initial_password_ends_at}


def _record(
    session: Session, settings: Settings, caller: Caller, action: str, account: Account, **details: Any
) -> None:
    entry = Entry(
        action,
        Actor.of_caller(caller),
        target=account.login_id,
        customer_code=account.customer_code,
        details=details,
    )
    record(session, settings, entry)
