"""SIMs: listed, shown, as files, and picked out for an order."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.sim.permissions import READ
from services.sim.searching import Part, SimSearch, SimSort
from services.sim.settings import Settings
from services.sim.states import ServiceType, SimStatus, SimType
from services.sim.usecases import sims

Serials = Annotated[list[Part], Field(max_length=sims.MOST_SELECTED)]
Statuses = Annotated[list[SimStatus], Field(min_length=1)]
NumbersFile = Annotated[str, Field(max_length=1_000_000, pattern=r"^[^\x00]*$")]
LARGEST_PART = 2_000


class SimMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def list_sims(
        self,
        caller: Caller,
        *,
        status: SimStatus | Statuses | None = None,
        serial: Part | None = None,
        msisdn: Part | None = None,
        service_type: ServiceType | None = None,
        plan: Part | None = None,
        sim_type: SimType | None = None,
        project_name: Part | None = None,
        restricted: bool | None = None,
        sort: SimSort = "sim_serial",
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 50,
    ) -> dict[str, Any]:
        search = SimSearch(status, serial, msisdn, service_type, plan, sim_type, project_name, restricted)
        with self.uow() as uow:
            return sims.list_sims(
                uow, self.settings, clock.now(), caller.customer, search, sort, cursor, limit
            )

    @rpc(READ)
    def export_sims(
        self,
        caller: Caller,
        *,
        status: SimStatus | Statuses | None = None,
        serial: Part | None = None,
        msisdn: Part | None = None,
        service_type: ServiceType | None = None,
        plan: Part | None = None,
        sim_type: SimType | None = None,
        project_name: Part | None = None,
        restricted: bool | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Field(ge=1, le=LARGEST_PART)] = LARGEST_PART,
    ) -> dict[str, Any]:
        search = SimSearch(status, serial, msisdn, service_type, plan, sim_type, project_name, restricted)
        with self.uow() as uow:
            return sims.export_sims(uow, self.settings, clock.now(), caller.customer, search, cursor, limit)

    @rpc(READ)
    def get_sim(self, caller: Caller, *, sim_serial: Part) -> dict[str, Any]:
        with self.uow() as uow:
            return sims.get_sim(uow, self.settings, clock.now(), caller.customer, sim_serial)

    @rpc(READ)
    def describe_sims(self, caller: Caller, *, sim_serials: Serials) -> dict[str, Any]:
        with self.uow() as uow:
            return sims.describe_sims(uow, caller.customer, sim_serials)

    @rpc(READ)
    def match_sims(
        self, caller: Caller, *, text: NumbersFile, status: SimStatus | Statuses | None = None
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return sims.match_sims(uow, caller.customer, text, SimSearch(status))
