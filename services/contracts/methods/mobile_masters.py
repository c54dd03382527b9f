"""The masters of Mobile Choice 050: groups and usage limits of a contract."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.limit_terms import LimitTerms
from services.contracts.permissions import READ
from services.contracts.settings import Settings
from services.contracts.usecases import line_groups, usage_limits

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text


class MasterMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def list_line_groups(self, caller: Caller, *, contract_code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return line_groups.list_groups(uow, self.settings, caller, contract_code)

    @rpc(READ)
    def get_line_group(self, caller: Caller, *, contract_code: Text, code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return line_groups.get(uow, caller, contract_code, code)

    @rpc(READ)
    def add_line_group(
        self, caller: Caller, *, contract_code: Text, code: Text, name: Text
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return line_groups.add(uow, self.settings, caller, contract_code, code, name)

    @rpc(READ)
    def change_line_group(
        self, caller: Caller, *, contract_code: Text, code: Text, name: Text, version: Text
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return line_groups.change(uow, caller, contract_code, code, name, version)

    @rpc(READ)
    def delete_line_group(self, caller: Caller, *, contract_code: Text, code: Text) -> None:
        with self.uow() as uow:
            line_groups.delete(uow, caller, contract_code, code)

    @rpc(READ)
    def list_usage_limits(self, caller: Caller, *, contract_code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return usage_limits.list_limits(uow, self.settings, caller, contract_code)

    @rpc(READ)
    def get_usage_limit(self, caller: Caller, *, contract_code: Text, code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return usage_limits.get(uow, caller, contract_code, code)

    @rpc(READ)
    def add_usage_limit(
        self, caller: Caller, *, contract_code: Text, code: Text, name: Text, terms: LimitTerms
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usage_limits.add(uow, self.settings, caller, contract_code, code, name, terms)

    @rpc(READ)
    def change_usage_limit(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        code: Text,
        name: Text,
        terms: LimitTerms,
        version: Text,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usage_limits.change(uow, caller, contract_code, code, name, terms, version)

    @rpc(READ)
    def delete_usage_limit(self, caller: Caller, *, contract_code: Text, code: Text) -> None:
        with self.uow() as uow:
            usage_limits.delete(uow, caller, contract_code, code)
