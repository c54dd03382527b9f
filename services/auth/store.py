"""The queries of the auth database. Each takes an open session and leaves the transaction to its caller."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.auth.models import Account, ContractCopy, Customer, OutgoingMail

# accounts


def account_by_login_id(session: Session, login_id: str) -> Account | None:
    """The account, unless it is deleted."""
    return session.scalar(select(Account).where(Account.login_id == login_id, Account.deleted_at.is_(None)))


def lock_account(session: Session, account_id: UUID) -> Account:
    """The account as it is now, locked against other logins. Whoever also locks attempts or sessions does this first.

    NO KEY: rows that merely refer to the account are not held up.
    """
    return session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def accounts_by_login_id(session: Session, login_ids: Iterable[str]) -> dict[str, Account]:
    found = session.scalars(select(Account).where(Account.login_id.in_(login_ids)))
    return {account.login_id: account for account in found}


def lock_accounts_for_import(session: Session) -> None:
    """Until the end of the transaction, let no other import decide which accounts are new."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("auth.import"))))


# copies of contracts


def families(session: Session, customer_code: str) -> frozenset[str]:
    return frozenset(
        session.scalars(
            select(ContractCopy.family).where(ContractCopy.customer_code == customer_code).distinct()
        )
    )


def known_customers(session: Session, customer_codes: Iterable[str]) -> set[str]:
    return set(
        session.scalars(select(Customer.customer_code).where(Customer.customer_code.in_(customer_codes)))
    )


def keep_customer(session: Session, customer_code: str, name: str) -> None:
    row = insert(Customer).values(customer_code=customer_code, name=name)
    session.execute(
        row.on_conflict_do_update(index_elements=[Customer.customer_code], set_={"name": row.excluded.name})
    )


def keep_contract(session: Session, contract_code: str, customer_code: str, family: str) -> None:
    row = insert(ContractCopy).values(contract_code=contract_code, customer_code=customer_code, family=family)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[ContractCopy.contract_code],
            set_={"customer_code": row.excluded.customer_code, "family": row.excluded.family},
        )
    )


# outgoing mail


def claim_mails(session: Session, at: datetime, claim: timedelta, limit: int) -> list[OutgoingMail]:
    """Up to `limit` mails that are due, taken so that no other replica sends them before `at + claim`."""
    due = (
        select(OutgoingMail.id)
        .where(OutgoingMail.next_try_at <= at)
        .order_by(OutgoingMail.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(OutgoingMail)
        .where(OutgoingMail.id.in_(due.scalar_subquery()))
        .values(next_try_at=at + claim, tries=OutgoingMail.tries + 1)
        .returning(OutgoingMail)
    )
    return list(session.scalars(taken))


def delete_mail(session: Session, mail: OutgoingMail) -> None:
    session.execute(delete(OutgoingMail).where(OutgoingMail.id == mail.id))


def postpone_mail(session: Session, mail: OutgoingMail, next_try_at: datetime) -> None:
    """`tries` fences: a replica whose claim ran out does not touch the claim of the next one."""
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == mail.id, OutgoingMail.tries == mail.tries)
        .values(next_try_at=next_try_at)
    )
