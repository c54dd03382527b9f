"""Queries about files of wished choices: the codes that they may name, and the checked files themselves."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from services.contracts.models import Contract
from services.contracts.models_mobile_choice import BulkUpload, LineGroup, UsageLimit


def groups(session: Session, contract: Contract, codes: Iterable[str]) -> dict[str, int]:
    """The ids of the groups of a contract with these codes, which nobody can delete before this transaction ends."""
    return _ids(session, LineGroup, contract, codes)


def limits(session: Session, contract: Contract, codes: Iterable[str]) -> dict[str, int]:
    """Like `groups`, of usage limits."""
    return _ids(session, UsageLimit, contract, codes)


def find_upload(
    session: Session, customer: str | None, upload_id: UUID, since: datetime
) -> tuple[BulkUpload, Contract] | None:
    """The customer's upload if it was checked after `since`, with its contract."""
    return (
        session.execute(
            select(BulkUpload, Contract)
            .join(Contract, Contract.id == BulkUpload.contract_id)
            .where(
                BulkUpload.id == upload_id,
                BulkUpload.created_at > since,
                Contract.customer_code == customer,
            )
        )
        .tuples()
        .one_or_none()
    )


def lock_upload(session: Session, upload: BulkUpload) -> None:
    """Lock it, and read it as it is then."""
    session.scalars(
        select(BulkUpload)
        .where(BulkUpload.id == upload.id)
        .options(undefer(BulkUpload.rows))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def remove_uploads(session: Session, until: datetime) -> None:
    session.execute(delete(BulkUpload).where(BulkUpload.created_at <= until))


def _ids(
    session: Session, table: type[LineGroup] | type[UsageLimit], contract: Contract, codes: Iterable[str]
) -> dict[str, int]:
    rows = session.execute(
        select(table.code, table.id)
        .where(table.contract_id == contract.id, table.code.in_(set(codes)))
        .order_by(table.id)
        .with_for_update(read=True, key_share=True)
    )
    return dict(rows.tuples().all())
