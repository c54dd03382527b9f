"""Usage by number and month, and the details of calls."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.jobs import job
from chassis.rpc import rpc
from services.contracts.calling import CallSearch, UsageSort
from services.contracts.permissions import READ
from services.contracts.settings import Settings
from services.contracts.usecases import call_details, usage
from services.contracts.usecases.keeping_calls import keep_calls

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
PageSize = Literal[20, 50, 100]
ChunkSize = Annotated[int, Field(ge=1, le=5000)]


class CallMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def list_usage(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        month: Text | None = None,
        phone_prefix: Text | None = None,
        sort: UsageSort = "number",
        cursor: str | None = None,
        limit: PageSize = 20,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usage.list_usage(
                uow, self.settings, caller.customer, contract_code, month, phone_prefix, sort, cursor, limit
            )

    @rpc(READ)
    def export_usage(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        month: Text | None = None,
        phone_prefix: Text | None = None,
        sort: UsageSort = "number",
        cursor: str | None = None,
        limit: ChunkSize = 2000,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usage.list_usage(
                uow, self.settings, caller.customer, contract_code, month, phone_prefix, sort, cursor, limit
            )

    @rpc(READ)
    def usage_history(
        self, caller: Caller, *, contract_code: Text, phone_number: Text | None = None
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usage.usage_history(uow, self.settings, caller.customer, contract_code, phone_number)

    @rpc(READ)
    def get_call_details(self, caller: Caller, *, contract_code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return call_details.get_details(uow, caller.customer, contract_code)

    @rpc(READ)
    def apply_for_call_details(self, caller: Caller, *, contract_code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return call_details.apply(uow, caller, contract_code)

    @rpc(READ)
    def cancel_call_details(self, caller: Caller, *, contract_code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return call_details.cancel(uow, caller, contract_code)

    @rpc(READ)
    def list_calls(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        phone_prefix: Text | None = None,
        destination_prefix: Text | None = None,
        month: Text | None = None,
        day_from: date | None = None,
        day_to: date | None = None,
        cursor: str | None = None,
        limit: PageSize = 20,
    ) -> dict[str, Any]:
        search = CallSearch(phone_prefix, destination_prefix, day_from, day_to)
        with self.uow() as uow:
            return call_details.list_calls(
                uow, self.settings, caller.customer, contract_code, search, month, cursor, limit
            )

    @rpc(READ)
    def export_calls(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        phone_prefix: Text | None = None,
        destination_prefix: Text | None = None,
        month: Text | None = None,
        day_from: date | None = None,
        day_to: date | None = None,
        cursor: str | None = None,
        limit: ChunkSize = 2000,
    ) -> dict[str, Any]:
        search = CallSearch(phone_prefix, destination_prefix, day_from, day_to)
        with self.uow() as uow:
            return call_details.export_calls(
                uow, self.settings, caller.customer, contract_code, search, month, cursor, limit
            )

    @job(every=300)
    def keep_calls(self) -> None:
        with self.uow() as uow:
            keep_calls(uow, self.settings)
