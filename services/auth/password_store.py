"""The queries of passwords past and present. Each takes an open session and leaves the transaction to its caller."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.auth.models import Account, FormerPassword


def recent_hashes(session: Session, account: Account, count: int) -> list[str]:
    """Hashes of the account's last `count` passwords, the latest first, the present one included."""
    former = session.execute(
        select(FormerPassword.password_hash, FormerPassword.set_at)
        .where(FormerPassword.account_id == account.id)
        .order_by(FormerPassword.id.desc())
        .limit(count)
    ).all()
    hashes = [one.password_hash for one in former]
    # by its time, because the hash of the present password may have been renewed since
    if account.password_hash is not None and account.password_set_at not in {one.set_at for one in former}:
        hashes.insert(0, account.password_hash)
    return hashes[:count]


def remember_present(session: Session, account: Account) -> None:
    """Keep the present password from being chosen again once it is replaced."""
    if account.password_hash is None:
        return
    set_at = account.password_set_at or account.created_at
    is_known = session.scalar(
        select(FormerPassword.id).where(
            FormerPassword.account_id == account.id, FormerPassword.set_at == set_at
        )
    )
    if is_known is None:
        session.add(FormerPassword(account_id=account.id, password_hash=account.password_hash, set_at=set_at))
        session.flush()


def store_chosen(session: Session, account: Account, password_hash: str, at: datetime, keep: int) -> None:
    """Replace the password by one that its owner has chosen, and forget all but the last `keep` of them."""
    remember_present(session, account)
    account.password_hash = password_hash
    account.password_set_at = at
    account.password_is_initial = False
    account.initial_password_ends_at = None
    remember_present(session, account)
    kept = (
        select(FormerPassword.id)
        .where(FormerPassword.account_id == account.id)
        .order_by(FormerPassword.id.desc())
        .limit(keep)
    )
    session.execute(
        delete(FormerPassword).where(
            FormerPassword.account_id == account.id, FormerPassword.id.not_in(kept.scalar_subquery())
        )
    )
