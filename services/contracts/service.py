"""The contracts service on the bus: who may call what, and with which arguments."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.rpc import rpc
from chassis.sealing import FieldCipher
from chassis.service import Database, SettingsProvider
from services.contracts.adapters.switch import SwitchProvider
from services.contracts.methods.passwords import PasswordMethods
from services.contracts.permissions import IMPORT, READ
from services.contracts.searching import LineSearch, LineStatus
from services.contracts.usecases import importing, inquiry

ContractCode = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text


class Service(PasswordMethods):
    name = "contracts"

    uow = Database()
    settings = SettingsProvider()
    switch = SwitchProvider()

    @rpc(READ)
    def list_contracts(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return inquiry.list_contracts(uow, self.settings, caller.customer)

    @rpc(READ)
    def get_contract(self, caller: Caller, *, contract_code: ContractCode) -> dict[str, Any]:
        with self.uow() as uow:
            return inquiry.get_contract(uow, self.settings, caller.customer, contract_code)

    @rpc(READ)
    def list_lines(
        self,
        caller: Caller,
        *,
        contract_code: ContractCode,
        phone_prefix: str | None = None,
        status: LineStatus = "all",
        start_from: date | None = None,
        start_to: date | None = None,
        cursor: str | None = None,
        limit: Literal[20, 50, 100] = 20,
    ) -> dict[str, Any]:
        search = LineSearch(phone_prefix, status, start_from, start_to)
        with self.uow() as uow:
            return inquiry.list_lines(
                uow, self.settings, caller.customer, contract_code, search, cursor, limit
            )

    @rpc(READ)
    def export_lines(
        self,
        caller: Caller,
        *,
        contract_code: ContractCode,
        phone_prefix: str | None = None,
        status: LineStatus = "all",
        start_from: date | None = None,
        start_to: date | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=5000)] = 5000,
    ) -> dict[str, Any]:
        search = LineSearch(phone_prefix, status, start_from, start_to)
        with self.uow() as uow:
            return inquiry.export_lines(
                uow, self.settings, caller.customer, contract_code, search, cursor, limit
            )

    @rpc(IMPORT, sealed=("text",))
    def import_csv(
        self, caller: Caller, *, kind: importing.Kind, mode: importing.Mode, text: str
    ) -> ImportReport:
        with self.uow() as uow:
            cipher = FieldCipher(self.settings.field_keys)
            return importing.import_csv(uow, cipher, caller, kind, mode, text)
