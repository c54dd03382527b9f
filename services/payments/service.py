"""The payments service on the bus: charges and statements."""

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.inbox import on_event
from chassis.rpc import rpc
from chassis.service import Database
from services.payments import permissions, usecases
from services.payments.consumed import RechargeCompleted


class Service:
    name = "payments"

    uow = Database()

    @on_event("sim.recharge_completed")
    def bill_recharge(self, uow: UnitOfWork, event: RechargeCompleted) -> None:
        usecases.bill_recharge(uow, event)

    @rpc(permissions.READ)
    def list_charges(self, caller: Caller, *, month: str) -> usecases.Statement:
        """The charges of the caller's customer for the use of `month` (`YYYY-MM`)."""
        with self.uow() as uow:
            return usecases.list_charges(uow, caller.customer, month)
