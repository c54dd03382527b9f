"""Passwords of lines: shown and changed by customers, and their way to the SIP switch."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.jobs import job
from chassis.rpc import rpc
from services.contracts.adapters.switch import Switch
from services.contracts.permissions import LOOK_AFTER, READ, RETRY
from services.contracts.settings import Settings
from services.contracts.usecases import failed_reflections, passwords
from services.contracts.usecases.passwords import Wish
from services.contracts.usecases.reflecting import Reflector

Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
AnswerKey = Annotated[str, Field(max_length=1_000)]


class PasswordMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings
    switch: Switch

    @rpc(READ, fresh=True)
    def demand_proof(self, caller: Caller) -> None:
        """Nothing but the check of a fresh proof, so that a form can ask for it before it is filled in."""

    @rpc(READ, fresh=True)
    def show_passwords(self, caller: Caller, *, phone_number: Text, answer_key: AnswerKey) -> dict[str, Any]:
        with self.uow() as uow:
            return passwords.show(uow, self.settings, caller, phone_number, answer_key)

    @rpc(READ, sealed=("current", "new"), fresh=True)
    def change_line_password(
        self, caller: Caller, *, phone_number: Text, current: Text, new: Text
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return passwords.change_line_password(
                uow, self.settings, caller, Wish(phone_number, current, new)
            )

    @rpc(READ, sealed=("current", "new"), fresh=True)
    def change_addon_password(self, caller: Caller, *, phone_number: Text, current: Text, new: Text) -> None:
        with self.uow() as uow:
            passwords.change_addon_password(uow, self.settings, caller, Wish(phone_number, current, new))

    @rpc(READ)
    def get_password_change(self, caller: Caller, *, phone_number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return passwords.get_change(uow, caller, phone_number)

    @rpc(READ)
    def reflection_times(self, caller: Caller) -> dict[str, Any]:
        return passwords.reflection_times()

    @rpc(LOOK_AFTER)
    def list_failed_reflections(
        self, caller: Caller, *, cursor: str | None = None, limit: Annotated[int, Field(ge=1, le=100)] = 50
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return failed_reflections.list_failed(uow, cursor, limit)

    @rpc(RETRY)
    def retry_reflection(self, caller: Caller, *, change_id: Annotated[int, Field(ge=1, lt=2**63)]) -> None:
        with self.uow() as uow:
            failed_reflections.retry(uow, caller, change_id)

    @job(every=0.5)
    def reflect_passwords(self) -> None:
        Reflector(self.uow, self.switch, self.settings).run_due()
