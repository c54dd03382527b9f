"""Callers that lines of Mobile Choice 050 reject."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.permissions import READ
from services.contracts.rejection_rows import Pair
from services.contracts.rejection_store import RejectionSearch
from services.contracts.settings import Settings
from services.contracts.usecases import rejections

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text


class RejectionMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def list_rejections(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        phone_prefix: Text = "",
        number_prefix: Text = "",
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 20,
    ) -> dict[str, Any]:
        search = RejectionSearch(phone_prefix, number_prefix)
        with self.uow() as uow:
            return rejections.list_entries(uow, caller, contract_code, search, cursor, limit)

    @rpc(READ)
    def export_rejections(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        phone_prefix: Text = "",
        number_prefix: Text = "",
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=5_000)] = 5_000,
    ) -> dict[str, Any]:
        search = RejectionSearch(phone_prefix, number_prefix)
        with self.uow() as uow:
            return rejections.export_entries(uow, caller, contract_code, search, cursor, limit)

    @rpc(READ, sealed=("text",))
    def change_rejections(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        action: rejections.Action,
        mode: rejections.Mode,
        text: str,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return rejections.change(uow, self.settings, caller, contract_code, action, mode, text)

    @rpc(READ)
    def delete_rejection(
        self, caller: Caller, *, contract_code: Text, phone_number: Text, rejected_number: Text
    ) -> None:
        with self.uow() as uow:
            rejections.delete(uow, caller, contract_code, Pair(phone_number, rejected_number))
