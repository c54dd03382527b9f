"""The queries of the auth database. Each takes an open session and leaves the transaction to its caller."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from services.auth.codes import AttemptState
from services.auth.models import Account, ContractCopy, Customer, LoginAttempt, LoginSession, OutgoingMail

# accounts


def account_by_login_id(session: Session, login_id: str) -> Account | None:
    return session.scalar(select(Account).where(Account.login_id == login_id))


def lock_account(session: Session, account_id: UUID) -> Account:
    """The account, locked against other logins. NO KEY: rows that merely refer to the account are not held up."""
    return session.scalars(
        select(Account).where(Account.id == account_id).with_for_update(key_share=True)
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


# login attempts


def recent_failures(session: Session, login_digest: str, since: datetime, until: datetime) -> int:
    """Failed logins and wrong codes of this ID after its last completed login, within the given time."""
    of_this_id = (
        LoginAttempt.login_digest == login_digest,
        LoginAttempt.started_at > since,
        LoginAttempt.started_at <= until,
    )
    last_completed = (
        select(func.max(LoginAttempt.started_at))
        .where(*of_this_id, LoginAttempt.state == AttemptState.COMPLETED)
        .scalar_subquery()
    )
    failures = case((LoginAttempt.state == AttemptState.REFUSED, 1), else_=LoginAttempt.wrong_codes)
    counted = select(func.coalesce(func.sum(failures), 0)).where(
        *of_this_id, LoginAttempt.started_at > func.coalesce(last_completed, since)
    )
    return int(session.scalars(counted).one())


def supersede_open_attempt(session: Session, account_id: UUID) -> None:
    session.execute(
        update(LoginAttempt)
        .where(LoginAttempt.account_id == account_id, LoginAttempt.state == AttemptState.OPEN)
        .values(state=AttemptState.SUPERSEDED)
    )


def lock_attempt(session: Session, attempt_id: str) -> LoginAttempt | None:
    """The attempt, locked: codes offered to it at the same time are judged one after the other."""
    return session.scalar(select(LoginAttempt).where(LoginAttempt.id == attempt_id).with_for_update())


def delete_attempts_before(session: Session, started_before: datetime) -> None:
    session.execute(delete(LoginAttempt).where(LoginAttempt.started_at < started_before))


# sessions


def session_with_account(session: Session, token_hash: str) -> LoginSession | None:
    return session.scalar(
        select(LoginSession)
        .where(LoginSession.token_hash == token_hash)
        .options(joinedload(LoginSession.account).joinedload(Account.customer))
    )


def note_use(session: Session, token_hash: str, at: datetime) -> None:
    session.execute(update(LoginSession).where(LoginSession.token_hash == token_hash).values(last_seen_at=at))


def delete_session(session: Session, token_hash: str) -> UUID | None:
    """The account whose session this was, or None."""
    return session.scalar(
        delete(LoginSession).where(LoginSession.token_hash == token_hash).returning(LoginSession.account_id)
    )


def delete_sessions_before(session: Session, authenticated_before: datetime) -> None:
    session.execute(delete(LoginSession).where(LoginSession.authenticated_at < authenticated_before))


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
