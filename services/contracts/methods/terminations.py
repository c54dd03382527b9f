"""Terminations of lines, as staff register and complete them."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.permissions import LOOK_AFTER, OPERATE
from services.contracts.termination_rules import TerminationState
from services.contracts.usecases import terminations

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
Id = Annotated[int, Field(ge=1, lt=2**63 - 1)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=500)]


class TerminationMethods:
    uow: Callable[[], UnitOfWork]

    @rpc(LOOK_AFTER)
    def list_terminations(
        self,
        caller: Caller,
        *,
        state: TerminationState | None = None,
        customer_code: Text | None = None,
        phone_prefix: Text | None = None,
        ids: Annotated[list[Id], Field(max_length=500)] | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return terminations.list_some(uow, state, customer_code, phone_prefix, ids or [], cursor, limit)

    @rpc(LOOK_AFTER)
    def get_termination(self, caller: Caller, *, termination_id: Id) -> dict[str, Any]:
        with self.uow() as uow:
            return terminations.get(uow, termination_id)

    @rpc(OPERATE)
    def register_terminations(
        self,
        caller: Caller,
        *,
        phone_numbers: Annotated[list[Text], Field(min_length=1, max_length=1000)],
        wished_date: date,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return terminations.register(uow, caller, phone_numbers, wished_date)

    @rpc(OPERATE)
    def complete_terminations(self, caller: Caller, *, ids: Ids, end_date: date) -> dict[str, Any]:
        with self.uow() as uow:
            return terminations.complete(uow, caller, ids, end_date)

    @rpc(OPERATE)
    def withdraw_terminations(self, caller: Caller, *, ids: Ids) -> dict[str, Any]:
        with self.uow() as uow:
            return terminations.withdraw(uow, caller, ids)
