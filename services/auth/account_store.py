"""The queries of account administration. A deleted account is found by none of them but `is_taken`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from services.auth.models import (
    Account,
    CodeMail,
    Customer,
    Factor,
    FormerPassword,
    LoginAttempt,
    RecoveryCode,
)
from services.auth.portals import Kind
from services.auth.roles import ADMINISTRATOR

Found = Select[Account]


@dataclass(frozen=True)
class Search:
    """Conditions that an account must all meet; None: any. `query` begins its login ID or its address."""

    query: str = ""
    kind: Kind | None = None
    customer_code: str | None = None


def accounts_in(customer_code: str | None) -> Found:
    """The accounts that an administrator of this customer's console sees; None: of the staff, who see all."""
    existing = select(Account).where(Account.deleted_at.is_(None))
    if customer_code is None:
        return existing
    return existing.where(Account.kind == Kind.CONSOLE, Account.customer_code == customer_code)


def matching(found: Found, search: Search) -> Found:
    if search.query:
        beginning = (
            Account.login_id.istartswith(search.query, autoescape=True),
            Account.email.istartswith(search.query, autoescape=True),
        )
        found = found.where(or_(*beginning))
    if search.kind is not None:
        found = found.where(Account.kind == search.kind)
    if search.customer_code is not None:
        found = found.where(Account.customer_code == search.customer_code)
    return found


def count(session: Session, found: Found) -> int:
    return session.scalars(select(func.count()).select_from(found.subquery())).one()


def page(session: Session, found: Found, after: str | None, limit: int) -> list[Account]:
    """Up to `limit` accounts by login ID, from the one after `after`."""
    if after is not None:
        found = found.where(Account.login_id > after)
    return list(session.scalars(found.order_by(Account.login_id).limit(limit)))


def is_taken(session: Session, login_id: str) -> bool:
    """Has anybody this login ID, or had it?"""
    return session.scalar(select(Account.id).where(Account.login_id == login_id)) is not None


def factor_kinds(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The kinds of confirmed factors by account; those without any are left out."""
    rows = session.execute(
        select(Factor.account_id, Factor.kind)
        .where(Factor.account_id.in_(account_ids), Factor.confirmed_at.is_not(None))
        .distinct()
        .order_by(Factor.kind)
    )
    kinds: dict[UUID, list[str]] = {}
    for account_id, kind in rows:
        kinds.setdefault(account_id, []).append(kind.value)
    return kinds


# administrators


def lock_administrators(session: Session, customer_code: str | None) -> None:
    """Until the end of the transaction, let nobody else change who administers this customer, or the staff (None)."""
    if customer_code is None:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("auth.staff_administrators"))))
    else:
        lock_customer(session, customer_code)


def lock_customer(session: Session, customer_code: str) -> Customer:
    return session.scalars(
        select(Customer)
        .where(Customer.customer_code == customer_code)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def customer(session: Session, customer_code: str) -> Customer:
    return session.scalars(select(Customer).where(Customer.customer_code == customer_code)).one()


def has_other_administrator(session: Session, account: Account) -> bool:
    """Is there another enabled administrator beside this one, of the same customer or of the staff?"""
    others = select(Account.id).where(
        Account.id != account.id,
        Account.kind == account.kind,
        Account.customer_code.is_not_distinct_from(account.customer_code),
        Account.role == ADMINISTRATOR,
        Account.disabled.is_(False),
        Account.deleted_at.is_(None),
    )
    return session.scalar(others.limit(1)) is not None


def reachable_administrators(session: Session, kind: Kind, customer_code: str | None) -> list[Account]:
    """The enabled administrators of this customer's console, or of the staff (None), who have a mail address."""
    wanted = select(Account).where(
        Account.kind == kind,
        Account.customer_code.is_not_distinct_from(customer_code),
        Account.role == ADMINISTRATOR,
        Account.email.is_not(None),
        Account.disabled.is_(False),
        Account.deleted_at.is_(None),
    )
    return list(session.scalars(wanted.order_by(Account.login_id)))


def reachable_account(session: Session, kind: Kind, customer_code: str, login_id: str) -> Account | None:
    """The customer's enabled account of this login ID, if it has a mail address."""
    wanted = select(Account).where(
        Account.login_id == login_id,
        Account.kind == kind,
        Account.customer_code == customer_code,
        Account.email.is_not(None),
        Account.disabled.is_(False),
        Account.deleted_at.is_(None),
    )
    return session.scalar(wanted)


# removal


def forget_factors(session: Session, account_id: UUID) -> None:
    for table in (Factor, RecoveryCode):
        session.execute(delete(table).where(table.account_id == account_id))


def erase(session: Session, account: Account, at: datetime) -> None:
    """Leave nothing of the account but its login ID; what others did with it stays in the audit trail."""
    forget_factors(session, account.id)
    session.execute(delete(FormerPassword).where(FormerPassword.account_id == account.id))
    session.execute(delete(CodeMail).where(CodeMail.account_id == account.id))
    session.execute(update(LoginAttempt).where(LoginAttempt.account_id == account.id).values(new_email=None))
    account.deleted_at = at
    account.email = account.contact_phone = None
    account.password_hash = account.password_set_at = account.initial_password_ends_at = None
    account.password_is_initial = False
    account.last_login_at = None
