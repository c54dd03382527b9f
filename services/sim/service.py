"""The SIM service on the bus: who may call what, what happens by itself, and what is heard from others."""

from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from chassis.inbox import on_event
from chassis.jobs import job
from chassis.rpc import rpc
from chassis.service import Database, SettingsProvider
from services.sim import restrictions, watching
from services.sim.adapters.carrier import CarrierProvider
from services.sim.adapters.smdp import SmdpProvider
from services.sim.arguments import Key, Text
from services.sim.consumed import CustomerRegistered
from services.sim.imports import Mode
from services.sim.jobs import Turns
from services.sim.kinds import AnyRequest
from services.sim.kinds.base import Desk
from services.sim.methods.activations import ActivationMethods
from services.sim.methods.desk import DeskMethods
from services.sim.methods.orders import OrderMethods
from services.sim.methods.sharing import SharingMethods
from services.sim.methods.shipping import ShippingMethods
from services.sim.methods.sims import SimMethods
from services.sim.methods.usage import UsageMethods
from services.sim.permissions import IMPORT, ORDER, READ
from services.sim.scheduler import Scheduler, System
from services.sim.usecases import customers, importing, ordering
from services.sim.work.profile_system import ProfileSystem


class Service(
    OrderMethods, DeskMethods, SimMethods, ActivationMethods, SharingMethods, ShippingMethods, UsageMethods
):
    name = "sim"

    uow = Database()
    settings = SettingsProvider()
    carrier = CarrierProvider()
    smdp = SmdpProvider()
    turns = Turns()  # of this process

    @rpc(READ)
    def order_choices(self, caller: Caller, *, kind: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return ordering.choices(self._desk(uow, caller), kind)

    @rpc(READ)
    def quote_order(self, caller: Caller, *, order: AnyRequest) -> dict[str, Any]:
        with self.uow() as uow:
            return ordering.quote(self._desk(uow, caller), order)

    @rpc(ORDER)
    def place_order(
        self, caller: Caller, *, order: AnyRequest, idempotency_key: Key, fingerprint: Text | None = None
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return ordering.place(self._desk(uow, caller), order, fingerprint, idempotency_key)

    @rpc(ORDER)
    def quote_order_change(self, caller: Caller, *, number: Text, order: AnyRequest) -> dict[str, Any]:
        with self.uow() as uow:
            return ordering.quote_change(self._desk(uow, caller), number, order)

    @rpc(ORDER)
    def change_order(
        self,
        caller: Caller,
        *,
        number: Text,
        order: AnyRequest,
        idempotency_key: Key,
        fingerprint: Text | None = None,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return ordering.change(self._desk(uow, caller), number, order, fingerprint, idempotency_key)

    @rpc(ORDER)
    def cancel_order(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return ordering.cancel(self._desk(uow, caller), number)

    @rpc(IMPORT, sealed=("text",))
    def import_csv(self, caller: Caller, *, kind: importing.Kind, mode: Mode, text: str) -> ImportReport:
        with self.uow() as uow:
            return importing.import_csv(uow, self.settings, caller, kind, mode, text)

    @on_event("contracts.customer_registered")
    def keep_customer(self, uow: UnitOfWork, event: CustomerRegistered) -> None:
        customers.keep_customer(uow, event)

    @job(every=0.5)
    def run_due_jobs(self) -> None:
        systems: dict[str, System] = {
            "carrier": self.carrier,
            "smdp": ProfileSystem(self.uow, self.smdp, self.settings),
        }
        Scheduler(self.uow, systems, self.settings, self.turns).run_due()

    @job(every=5)
    def lift_restrictions_of_earlier_months(self) -> None:
        with self.uow() as uow:
            restrictions.review_after_month_start(uow, self.settings.plans, clock.now())

    @job(every=15)
    def watch_jobs(self) -> None:
        with self.uow() as uow:
            watching.watch_jobs(uow.session, clock.now())

    def _desk(self, uow: UnitOfWork, caller: Caller) -> Desk:
        return Desk(uow, self.settings, caller, clock.now())
