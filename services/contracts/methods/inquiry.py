"""The contract inquiry, and the lines as a file."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.answers import WithText
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.lines_store import Cells
from services.contracts.permissions import INQUIRE, READ
from services.contracts.searching import LineSearch, LineSort, LineStatus
from services.contracts.settings import Settings
from services.contracts.usecases import exporting, inquiry
from services.contracts.viewing import whose

ContractCode = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
AnswerKey = Annotated[str, Field(max_length=1_000)]


class InquiryMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def list_contracts(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return inquiry.list_contracts(uow, self.settings, caller.customer)

    @rpc(INQUIRE)
    def get_contract(self, caller: Caller, *, contract_code: ContractCode) -> dict[str, Any]:
        with self.uow() as uow:
            return inquiry.get_contract(uow, self.settings, whose(caller), contract_code)

    @rpc(INQUIRE)
    def list_lines(
        self,
        caller: Caller,
        *,
        contract_code: ContractCode,
        phone_prefix: str | None = None,
        status: LineStatus = "all",
        start_from: date | None = None,
        start_to: date | None = None,
        sort: LineSort = "number",
        cursor: str | None = None,
        limit: Literal[20, 50, 100] = 20,
    ) -> dict[str, Any]:
        search = LineSearch(phone_prefix, status, start_from, start_to)
        with self.uow() as uow:
            return inquiry.list_lines(
                uow, self.settings, whose(caller), contract_code, search, sort, cursor, limit
            )

    @rpc(INQUIRE)
    def export_lines(
        self,
        caller: Caller,
        *,
        contract_code: ContractCode,
        phone_prefix: str | None = None,
        status: LineStatus = "all",
        start_from: date | None = None,
        start_to: date | None = None,
        cells: Cells = "plain",
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=exporting.LARGEST_PART)] = exporting.LARGEST_PART,
    ) -> WithText:
        search = LineSearch(phone_prefix, status, start_from, start_to)
        with self.uow() as uow:
            return exporting.export_lines(
                uow, self.settings, whose(caller), contract_code, search, cells, cursor, limit
            )

    @rpc(READ, fresh=True)
    def export_lines_in_clear(
        self,
        caller: Caller,
        *,
        contract_code: ContractCode,
        answer_key: AnswerKey,
        phone_prefix: str | None = None,
        status: LineStatus = "all",
        start_from: date | None = None,
        start_to: date | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=5000)] = 2000,
    ) -> dict[str, Any]:
        search = LineSearch(phone_prefix, status, start_from, start_to)
        with self.uow() as uow:
            return exporting.export_lines_in_clear(
                uow, self.settings, caller, contract_code, search, cursor, limit, answer_key
            )
