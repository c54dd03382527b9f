"""Customers, contracts and lines as staff look them up."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.permissions import LOOK_AFTER
from services.contracts.usecases import customers

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text


class CustomerMethods:
    uow: Callable[[], UnitOfWork]

    @rpc(LOOK_AFTER)
    def list_customers(
        self,
        caller: Caller,
        *,
        query: Text = "",
        cursor: str | None = None,
        limit: Literal[20, 50, 100] = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return customers.list_customers(uow, query, cursor, limit)

    @rpc(LOOK_AFTER)
    def get_customer(self, caller: Caller, *, customer_code: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return customers.get_customer(uow, customer_code)

    @rpc(LOOK_AFTER)
    def find_line(self, caller: Caller, *, phone_number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return customers.find_line(uow, phone_number)

    @rpc(LOOK_AFTER)
    def look_up(self, caller: Caller, *, query: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return customers.look_up(uow, query)
