"""The pool of telephone numbers."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.application_rules import NumberState
from services.contracts.permissions import LOOK_AFTER, OPERATE
from services.contracts.settings import Settings
from services.contracts.usecases import number_pool

Digits = Annotated[str, Field(max_length=14, pattern=r"^[0-9]*$")]
Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text


class NumberMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(LOOK_AFTER)
    def list_numbers(
        self,
        caller: Caller,
        *,
        state: NumberState | None = None,
        prefix: Digits = "",
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return number_pool.list_numbers(uow, self.settings, state, prefix, cursor, limit)

    @rpc(OPERATE)
    def remove_number(self, caller: Caller, *, phone_number: Text) -> None:
        with self.uow() as uow:
            number_pool.remove(uow, self.settings, caller, phone_number)
