"""Orders as their customer sees them, and the mails about them."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.sim.arguments import Limit, Text
from services.sim.order_store import LATEST_FIRST, OrderSearch, OrderSort
from services.sim.orders import OrderStatus
from services.sim.permissions import ADMINISTER, READ
from services.sim.usecases import mail_settings, orders

LARGEST_PART = 2_000
"""Orders in one part of the file."""


class OrderMethods:
    uow: Callable[[], UnitOfWork]

    @rpc(READ)
    def list_orders(
        self,
        caller: Caller,
        *,
        status: OrderStatus | None = None,
        kind: Text | None = None,
        service_type: Text | None = None,
        number: Text | None = None,
        applicant: Text | None = None,
        msisdn: Text | None = None,
        serial: Text | None = None,
        sort: OrderSort = LATEST_FIRST,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        search = OrderSearch(status, kind, service_type, number, applicant, msisdn, serial)
        with self.uow() as uow:
            return orders.list_orders(uow, clock.now(), caller.customer, search, sort, cursor, limit)

    @rpc(READ)
    def export_orders(
        self,
        caller: Caller,
        *,
        status: OrderStatus | None = None,
        kind: Text | None = None,
        service_type: Text | None = None,
        number: Text | None = None,
        applicant: Text | None = None,
        msisdn: Text | None = None,
        serial: Text | None = None,
        sort: OrderSort = LATEST_FIRST,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=LARGEST_PART)] = LARGEST_PART,
    ) -> dict[str, Any]:
        search = OrderSearch(status, kind, service_type, number, applicant, msisdn, serial)
        with self.uow() as uow:
            return orders.export_orders(uow, caller.customer, search, sort, cursor, limit)

    @rpc(READ)
    def get_order(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return orders.get_order(uow, clock.now(), caller.customer, number)

    @rpc(READ)
    def list_order_items(
        self, caller: Caller, *, number: Text, cursor: str | None = None, limit: Limit = 50
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return orders.list_items(uow, caller.customer, number, cursor, limit)

    @rpc(ADMINISTER)
    def get_mail_settings(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return mail_settings.get_mail_settings(uow, caller.customer)

    @rpc(ADMINISTER)
    def set_mail_settings(self, caller: Caller, *, mails: dict[str, dict[str, bool]]) -> dict[str, Any]:
        with self.uow() as uow:
            return mail_settings.set_mail_settings(uow, caller, mails)
