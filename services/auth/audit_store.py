"""The queries of the audit trail. Each takes an open session and leaves the transaction to its caller."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from services.auth.audit_chain import Anchor, Link
from services.auth.models import AuditHead, AuditRecord

COUNTED = 10_000  # more hits are not counted: their number helps nobody and costs a scan

_COLUMNS = [getattr(AuditRecord, field.name) for field in fields(Link)]
_FETCHED = 1_000


@dataclass(frozen=True)
class Search:
    """Conditions that a record must all meet. `action` is the beginning of one; times are inclusive."""

    customer_code: str | None = None
    login_id: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def lock_head(session: Session) -> Anchor:
    """The end of the chain, locked: until the end of the transaction nobody else can add a record."""
    return Anchor(*session.execute(select(AuditHead.seq, AuditHead.hash).with_for_update()).one())


def head(session: Session) -> Anchor:
    return Anchor(*session.execute(select(AuditHead.seq, AuditHead.hash)).one())


def append(session: Session, link: Link) -> None:
    """Add the record after the head, which the caller has locked."""
    session.execute(insert(AuditRecord).values(asdict(link)))
    session.execute(update(AuditHead).values(seq=link.seq, hash=link.hash))


def links_after(session: Session, seq: int, limit: int) -> Iterator[Link]:
    """The records after the `seq`-th in their order; few are in memory at once."""
    statement = select(*_COLUMNS).where(AuditRecord.seq > seq).order_by(AuditRecord.seq).limit(limit)
    for row in session.execute(statement, execution_options={"yield_per": _FETCHED}):
        yield Link(*row)


def page(
    session: Session, search: Search, before: tuple[datetime, int] | None, limit: int
) -> Sequence[AuditRecord]:
    """The newest hits, or those before a record's time and number."""
    statement = _hits(select(AuditRecord), search)
    if before is not None:
        statement = statement.where(tuple_(AuditRecord.at, AuditRecord.seq) < before)
    newest_first = statement.order_by(AuditRecord.at.desc(), AuditRecord.seq.desc())
    return session.scalars(newest_first.limit(limit)).all()


def count(session: Session, search: Search) -> int:
    """The number of hits, COUNTED at most."""
    hits = _hits(select(literal(1)).select_from(AuditRecord), search).limit(COUNTED)
    return session.scalars(select(func.count()).select_from(hits.subquery())).one()


def _hits(statement: Select[Any], search: Search) -> Select[Any]:
    if search.customer_code is not None:
        statement = statement.where(AuditRecord.customer_code == search.customer_code)
    if search.login_id is not None:
        statement = statement.where(AuditRecord.login_id == search.login_id)
    if search.action is not None:
        statement = statement.where(AuditRecord.action.startswith(search.action, autoescape=True))
    if search.since is not None:
        statement = statement.where(AuditRecord.at >= search.since)
    if search.until is not None:
        statement = statement.where(AuditRecord.at <= search.until)
    return statement
