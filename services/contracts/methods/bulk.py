"""The choices of a contract's lines as a file (アップロード・ダウンロード)."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.jobs import job
from chassis.rpc import rpc
from services.contracts.permissions import READ
from services.contracts.settings import Settings
from services.contracts.usecases import bulk

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
Chunk = Annotated[int, Field(ge=1, le=5000)]


class BulkMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def export_choices(
        self, caller: Caller, *, contract_code: Text, cursor: str | None = None, limit: Chunk = 2000
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return bulk.export(uow, caller, contract_code, cursor, limit)

    @rpc(READ, sealed=("text",))
    def check_choices(self, caller: Caller, *, contract_code: Text, text: str) -> dict[str, Any]:
        with self.uow() as uow:
            return bulk.check(uow, self.settings, caller, contract_code, text)

    @rpc(READ)
    def get_bulk_upload(
        self, caller: Caller, *, upload_id: Text, cursor: str | None = None, limit: Chunk = 50
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return bulk.get(uow, caller, upload_id, cursor, limit)

    @rpc(READ)
    def apply_choices(self, caller: Caller, *, upload_id: Text, fingerprint: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return bulk.apply(uow, caller, upload_id, fingerprint)

    @job(every=600)
    def forget_bulk_uploads(self) -> None:
        with self.uow() as uow:
            bulk.forget(uow)
