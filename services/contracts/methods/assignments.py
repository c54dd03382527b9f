"""The group and the usage limit of lines of Mobile Choice 050."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.choice_searching import ChoiceSearch
from services.contracts.permissions import READ
from services.contracts.usecases import assignments
from services.contracts.usecases.assignments import Assignment

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text


class AssignmentMethods:
    uow: Callable[[], UnitOfWork]

    @rpc(READ)
    def list_line_choices(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        phone_prefix: Text | None = None,
        group: Text | None = None,
        usage_limit: Text | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 20,
    ) -> dict[str, Any]:
        search = ChoiceSearch(phone_prefix, group, usage_limit)
        with self.uow() as uow:
            return assignments.list_lines(uow, caller, contract_code, search, cursor, limit)

    @rpc(READ)
    def assign_to_lines(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        phone_numbers: Annotated[list[Text], Field(max_length=1_000)],
        group: Text | None = None,
        usage_limit: Text | None = None,
    ) -> dict[str, int]:
        with self.uow() as uow:
            wish = Assignment(group, usage_limit)
            return assignments.assign(uow, caller, contract_code, phone_numbers, wish)

    @rpc(READ)
    def assign_to_hits(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        expected: Annotated[int, Field(ge=0)],
        phone_prefix: Text | None = None,
        having_group: Text | None = None,
        having_usage_limit: Text | None = None,
        group: Text | None = None,
        usage_limit: Text | None = None,
    ) -> dict[str, int]:
        search = ChoiceSearch(phone_prefix, having_group, having_usage_limit)
        with self.uow() as uow:
            wish = Assignment(group, usage_limit)
            return assignments.assign_hits(uow, caller, contract_code, search, expected, wish)
