"""Activation codes of eSIMs on the bus."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.sim.arguments import Text
from services.sim.kinds.base import Desk
from services.sim.permissions import ORDER
from services.sim.settings import Settings
from services.sim.usecases import activations

AnswerKey = Annotated[str, Field(max_length=1_000)]


class ActivationMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(ORDER, fresh=True)
    def show_activation(self, caller: Caller, *, number: Text, answer_key: AnswerKey) -> dict[str, Any]:
        with self.uow() as uow:
            return activations.show(Desk(uow, self.settings, caller, clock.now()), number, answer_key)
