"""The payments service on the bus: charges and statements, and the card that pays them."""

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.inbox import on_event
from chassis.rpc import rpc
from chassis.service import Database, SettingsProvider
from services.payments import permissions
from services.payments.adapters.provider import ProviderProvider
from services.payments.consumed import GroupRechargeCompleted, RechargeCompleted, ShareMonthBegun, SimsShipped
from services.payments.methods.cards import CardMethods
from services.payments.usecases import charges


class Service(CardMethods):
    name = "payments"

    uow = Database()
    settings = SettingsProvider()
    provider = ProviderProvider()

    @on_event("sim.recharge_completed")
    def bill_recharge(self, uow: UnitOfWork, event: RechargeCompleted) -> None:
        charges.bill_recharge(uow, event)

    @on_event("sim.group_recharge_completed")
    def bill_group_recharge(self, uow: UnitOfWork, event: GroupRechargeCompleted) -> None:
        charges.bill_group_recharge(uow, event)

    @on_event("sim.sims_shipped")
    def bill_shipment(self, uow: UnitOfWork, event: SimsShipped) -> None:
        charges.bill_shipment(uow, event)

    @on_event("sim.share_month_begun")
    def bill_share_month(self, uow: UnitOfWork, event: ShareMonthBegun) -> None:
        charges.bill_share_month(uow, event)

    @rpc(permissions.READ)
    def list_charges(self, caller: Caller, *, month: str) -> charges.Statement:
        """The charges of the caller's customer for the use of `month` (`YYYY-MM`)."""
        with self.uow() as uow:
            return charges.list_charges(uow, caller.customer, month)
