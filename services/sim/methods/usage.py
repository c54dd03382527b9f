"""Data usage by day and month, as figures and as files."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.jobs import job
from chassis.rpc import rpc
from services.sim.arguments import Text
from services.sim.permissions import READ
from services.sim.settings import Settings
from services.sim.usecases import usage
from services.sim.usecases.keeping_usage import keep_usage

GroupId = Annotated[int, Field(ge=1, lt=2**63)]
Sims = Annotated[int, Field(ge=1, le=1000)]


class UsageMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def sim_usage(self, caller: Caller, *, sim_serial: Text, month: Text | None = None) -> dict[str, Any]:
        with self.uow() as uow:
            return usage.sim_usage(uow, self.settings, clock.now(), caller.customer, sim_serial, month)

    @rpc(READ)
    def group_usage(self, caller: Caller, *, group_id: GroupId, month: Text | None = None) -> dict[str, Any]:
        with self.uow() as uow:
            return usage.group_usage(uow, clock.now(), caller.customer, group_id, month)

    @rpc(READ)
    def export_usage(
        self,
        caller: Caller,
        *,
        month: Text | None = None,
        sim_serial: Text | None = None,
        group_id: GroupId | None = None,
        cursor: str | None = None,
        limit: Sims = 500,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return usage.export_usage(
                uow, clock.now(), caller.customer, month, sim_serial, group_id, cursor, limit
            )

    @job(every=300)
    def keep_usage(self) -> None:
        with self.uow() as uow:
            keep_usage(uow, self.settings, clock.today())
