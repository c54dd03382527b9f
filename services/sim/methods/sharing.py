"""Share groups: lists of them, one with its members, and the files of numbers."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.jobs import job
from chassis.rpc import rpc
from services.sim.arguments import Limit, Text
from services.sim.kinds.base import Desk
from services.sim.kinds.share_terms import GroupId
from services.sim.permissions import READ
from services.sim.settings import Settings
from services.sim.usecases import share_fees, shares

File = Annotated[str, Field(max_length=2_000_000, pattern=r"^[^\x00]*$")]


class SharingMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def list_groups(
        self,
        caller: Caller,
        *,
        name: Text | None = None,
        creator: Text | None = None,
        msisdn: Text | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return shares.list_groups(
                self._sharing(uow, caller),
                name=name,
                creator=creator,
                msisdn=msisdn,
                cursor=cursor,
                limit=limit,
            )

    @rpc(READ)
    def get_group(self, caller: Caller, *, group_id: GroupId) -> dict[str, Any]:
        with self.uow() as uow:
            return shares.get_group(self._sharing(uow, caller), group_id)

    @rpc(READ)
    def shareable_numbers(self, caller: Caller, *, start_month: Text | None = None) -> dict[str, Any]:
        with self.uow() as uow:
            return shares.shareable_numbers(self._sharing(uow, caller), start_month)

    @rpc(READ)
    def shared_numbers(self, caller: Caller, *, group_id: GroupId) -> dict[str, Any]:
        with self.uow() as uow:
            return shares.shared_numbers(self._sharing(uow, caller), group_id)

    @rpc(READ)
    def read_numbers(
        self, caller: Caller, *, text: File, group_id: GroupId | None = None, start_month: Text | None = None
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return shares.read_numbers(self._sharing(uow, caller), text, group_id, start_month)

    @job(every=5)
    def tell_begun_share_months(self) -> None:
        with self.uow() as uow:
            share_fees.tell_begun_months(uow, self.settings.share_fee_yen, clock.now())

    def _sharing(self, uow: UnitOfWork, caller: Caller) -> Desk:
        return Desk(uow, self.settings, caller, clock.now())
