"""The staff's desk for orders."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.sim.arguments import Limit, Text
from services.sim.desk_store import Trouble
from services.sim.order_store import OrderSearch
from services.sim.orders import ItemState, OrderStatus
from services.sim.permissions import LOOK, OPERATE
from services.sim.settings import Settings
from services.sim.usecases import desk

Positions = Annotated[list[Annotated[int, Field(ge=1, lt=2**31)]], Field(min_length=1, max_length=10_000)]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")
]


class DeskMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(LOOK)
    def list_all_orders(
        self,
        caller: Caller,
        *,
        trouble: Trouble | Literal["any"] | None = None,
        customer_code: Text | None = None,
        number: Text | None = None,
        kind: Text | None = None,
        status: OrderStatus | None = None,
        msisdn: Text | None = None,
        serial: Text | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        search = OrderSearch(status, kind, number=number, msisdn=msisdn, serial=serial)
        with self.uow() as uow:
            return desk.list_all_orders(uow, search, customer_code, trouble, cursor, limit)

    @rpc(LOOK)
    def count_order_troubles(self, caller: Caller) -> dict[str, int]:
        with self.uow() as uow:
            return desk.count_troubles(uow)

    @rpc(LOOK)
    def get_any_order(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return desk.get_any_order(uow, number)

    @rpc(LOOK)
    def list_any_order_items(
        self,
        caller: Caller,
        *,
        number: Text,
        state: ItemState | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return desk.list_any_items(uow, number, state, cursor, limit)

    @rpc(OPERATE)
    def retry_order(
        self, caller: Caller, *, number: Text, note: Note, items: Positions | None = None
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return desk.retry(uow, self.settings, caller, number, items, note)

    @rpc(OPERATE)
    def resolve_order(
        self,
        caller: Caller,
        *,
        number: Text,
        outcome: desk.Outcome,
        note: Note,
        items: Positions | None = None,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return desk.resolve(uow, self.settings, caller, number, items, outcome, note)
