"""The queries about API keys. Each takes an open session and leaves the transaction to its caller."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.auth.models import ApiKey, Customer


def keys_of(session: Session, customer_code: str) -> list[ApiKey]:
    """All keys of a customer, the newest first."""
    found = select(ApiKey).where(ApiKey.customer_code == customer_code)
    return list(session.scalars(found.order_by(ApiKey.created_at.desc(), ApiKey.id)))


def lock_key(session: Session, customer_code: str, key_id: UUID) -> ApiKey | None:
    """A key of this customer; somebody else's is None."""
    found = select(ApiKey).where(ApiKey.id == key_id, ApiKey.customer_code == customer_code)
    return session.scalar(found.with_for_update())


def key_by_hash(session: Session, key_hash: str) -> tuple[ApiKey, str] | None:
    """The key and the name of its customer."""
    found = select(ApiKey, Customer.name).join(Customer, Customer.customer_code == ApiKey.customer_code)
    row = session.execute(found.where(ApiKey.key_hash == key_hash)).one_or_none()
    return (row[0], row[1]) if row else None


def note_use(session: Session, key_id: UUID, noted: datetime | None, at: datetime) -> None:
    """Write down a use at `at`, unless another request has done so since `noted` was read."""
    unchanged = ApiKey.last_used_at.is_not_distinct_from(noted)
    session.execute(update(ApiKey).where(ApiKey.id == key_id, unchanged).values(last_used_at=at))
