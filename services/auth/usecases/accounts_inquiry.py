"""What administrators and staff see of accounts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.context import Caller
from chassis.errors import Invalid, NotFound
from chassis.paging import decode_cursor, encode_cursor
from services.auth import account_store
from services.auth.account_store import Search
from services.auth.contact import is_login_id
from services.auth.models import Account
from services.auth.settings import Settings
from services.auth.usecases.attempts import must_change


def list_accounts(
    session: Session, settings: Settings, caller: Caller, search: Search, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of the accounts that the caller sees, by login ID, with the number of all hits."""
    found = account_store.matching(account_store.accounts_in(caller.customer), search)
    after = None if cursor is None else _after(cursor)
    accounts = account_store.page(session, found, after, limit + 1)
    shown = accounts[:limit]
    return {
        "total": account_store.count(session, found),
        "items": described(session, settings, shown),
        "next_cursor": encode_cursor([shown[-1].login_id]) if len(accounts) > limit else None,
    }


def get_account(session: Session, settings: Settings, caller: Caller, login_id: str) -> dict[str, Any]:
    """One of the accounts that the caller sees. Raises NotFound("account.unknown")."""
    return described(session, settings, [visible_account(session, caller, login_id)])[0]


def visible_account(session: Session, caller: Caller, login_id: str) -> Account:
    """Raises NotFound("account.unknown"), also for accounts that are not the caller's to see."""
    found = account_store.accounts_in(caller.customer).where(Account.login_id == login_id)
    account = session.scalar(found) if is_login_id(login_id) else None
    if account is None:
        raise NotFound("account.unknown")
    return account


def described(session: Session, settings: Settings, accounts: Sequence[Account]) -> list[dict[str, Any]]:
    factors = account_store.factor_kinds(session, [account.id for account in accounts])
    return [
        {
            "login_id": account.login_id,
            "kind": account.kind,
            "customer_code": account.customer_code,
            "role": account.role,
            "email": account.email,
            "language": account.language,
            "disabled": account.disabled,
            "has_password": account.password_hash is not None,
            "must_change_password": must_change(settings, account),
            "factors": factors.get(account.id, []),
            "last_login_at": account.last_login_at,
            "created_at": account.created_at,
        }
        for account in accounts
    ]


def _after(cursor: str) -> str:
    match decode_cursor(cursor):
        case [str(login_id)] if is_login_id(login_id):
            return login_id
    raise Invalid("page.bad_cursor")
