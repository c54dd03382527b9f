"""The audit trail: what was done, and whether the trail is whole."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.auth.audit_chain import START, Anchor
from services.auth.permissions import OVERSIGHT, STAFF_ADMINISTRATION
from services.auth.settings import Settings
from services.auth.usecases import audit_inquiry
from services.auth.usecases.audit_inquiry import Asked

Word = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
Seq = Annotated[int, Field(ge=1, lt=2**63)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class AuditMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(OVERSIGHT)
    def list_audit(
        self,
        caller: Caller,
        *,
        customer_code: Word | None = None,
        login_id: Word | None = None,
        action: Word | None = None,
        since: date | None = None,
        until: date | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 50,
    ) -> dict[str, Any]:
        asked = Asked(customer_code, login_id, action, since, until)
        with self.uow() as uow:
            return audit_inquiry.list_audit(uow, caller, asked, cursor, limit)

    @rpc(OVERSIGHT)
    def export_audit(
        self,
        caller: Caller,
        *,
        customer_code: Word | None = None,
        login_id: Word | None = None,
        action: Word | None = None,
        since: date | None = None,
        until: date | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=5000)] = 2000,
    ) -> dict[str, Any]:
        asked = Asked(customer_code, login_id, action, since, until)
        with self.uow() as uow:
            return audit_inquiry.export_audit(uow, caller, asked, cursor, limit)

    @rpc(STAFF_ADMINISTRATION)
    def verify_audit(
        self,
        caller: Caller,
        *,
        after_seq: Seq | None = None,
        after_hash: Hash | None = None,
        expect_seq: Seq | None = None,
        expect_hash: Hash | None = None,
    ) -> dict[str, Any]:
        after = Anchor(after_seq, after_hash) if after_seq and after_hash else START
        expected = Anchor(expect_seq, expect_hash) if expect_seq and expect_hash else None
        with self.uow() as uow:
            return audit_inquiry.verify_audit(uow, self.settings, after, expected)
