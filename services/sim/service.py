"""The SIM service on the bus: who may call what, what happens by itself, and what is heard from others."""

from typing import Annotated, Any

from pydantic import Field, StrictInt

from chassis import clock
from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from chassis.inbox import on_event
from chassis.jobs import job
from chassis.rpc import rpc
from chassis.service import Database, SettingsProvider
from services.sim import restrictions
from services.sim.adapters.carrier import CarrierProvider
from services.sim.consumed import CustomerRegistered
from services.sim.imports import Mode
from services.sim.orders import OrderStatus
from services.sim.permissions import IMPORT, ORDER, READ
from services.sim.scheduler import Scheduler
from services.sim.states import SimStatus
from services.sim.usecases import customers, importing, orders, recharges, sims

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
Key = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
Limit = Annotated[int, Field(ge=1, le=100)]


class Service:
    name = "sim"

    uow = Database()
    settings = SettingsProvider()
    carrier = CarrierProvider()

    @rpc(READ)
    def list_sims(
        self,
        caller: Caller,
        *,
        status: SimStatus | None = None,
        serial: Text | None = None,
        msisdn: Text | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return sims.list_sims(
                uow,
                self.settings.plans,
                clock.now(),
                caller.customer,
                status=status,
                serial=serial,
                msisdn=msisdn,
                cursor=cursor,
                limit=limit,
            )

    @rpc(READ)
    def get_sim(self, caller: Caller, *, sim_serial: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return sims.get_sim(uow, self.settings.plans, clock.now(), caller.customer, sim_serial)

    @rpc(READ)
    def quote_recharge(
        self, caller: Caller, *, sim_serial: Text, gigabytes: StrictInt, start_date: Text | None = None
    ) -> dict[str, Any]:
        wanted = recharges.Wanted(sim_serial, gigabytes, start_date)
        with self.uow() as uow:
            return recharges.quote_recharge(uow, self.settings, caller.customer, wanted, clock.now())

    @rpc(ORDER)
    def place_recharge(
        self,
        caller: Caller,
        *,
        sim_serial: Text,
        gigabytes: StrictInt,
        idempotency_key: Key,
        start_date: Text | None = None,
        fingerprint: Text | None = None,
    ) -> dict[str, Any]:
        wanted = recharges.Wanted(sim_serial, gigabytes, start_date)
        with self.uow() as uow:
            return recharges.place_recharge(
                uow, self.settings, caller, wanted, fingerprint, idempotency_key, clock.now()
            )

    @rpc(READ)
    def list_orders(
        self,
        caller: Caller,
        *,
        status: OrderStatus | None = None,
        kind: Text | None = None,
        number: Text | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return orders.list_orders(
                uow,
                clock.now(),
                caller.customer,
                status=status,
                kind=kind,
                number=number,
                cursor=cursor,
                limit=limit,
            )

    @rpc(READ)
    def get_order(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return orders.get_order(uow, clock.now(), caller.customer, number)

    @rpc(ORDER)
    def cancel_order(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return orders.cancel_order(uow, clock.now(), caller.customer, number, caller.login_id)

    @rpc(IMPORT, sealed=("text",))
    def import_csv(self, caller: Caller, *, kind: importing.Kind, mode: Mode, text: str) -> ImportReport:
        with self.uow() as uow:
            return importing.import_csv(uow, self.settings, caller, kind, mode, text)

    @on_event("contracts.customer_registered")
    def keep_customer(self, uow: UnitOfWork, event: CustomerRegistered) -> None:
        customers.keep_customer(uow, event)

    @job(every=0.5)
    def run_due_jobs(self) -> None:
        Scheduler(self.uow, self.carrier, self.settings).run_due()

    @job(every=5)
    def lift_restrictions_of_earlier_months(self) -> None:
        with self.uow() as uow:
            restrictions.review_after_month_start(uow, self.settings.plans, clock.now())
