"""API keys of a customer's own programs."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import PUBLIC, rpc
from services.auth.arguments import Language, Remark, SessionHash
from services.auth.permissions import CONSOLE_ADMINISTRATION
from services.auth.settings import Settings
from services.auth.usecases import keys

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"
    ),
]
Hint = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{4}$")]


class KeyMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(CONSOLE_ADMINISTRATION, fresh=True)
    def create_key(
        self, caller: Caller, *, name: Name, role: str, expires_on: date, key_hash: SessionHash, hint: Hint
    ) -> dict[str, Any]:
        wanted = keys.NewKey(name, role, expires_on, key_hash, hint)
        with self.uow() as uow:
            return keys.create_key(uow, self.settings, caller, wanted)

    @rpc(CONSOLE_ADMINISTRATION)
    def list_keys(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return keys.list_keys(uow, self.settings, caller)

    @rpc(CONSOLE_ADMINISTRATION)
    def revoke_key(self, caller: Caller, *, key_id: str) -> dict[str, Any]:
        with self.uow() as uow:
            return keys.revoke_key(uow, self.settings, caller, key_id)

    @rpc(PUBLIC)
    def resolve_key(
        self, caller: Caller, *, key_hash: SessionHash, language: Language, client_ip: Remark
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return keys.resolve_key(uow, self.settings, key_hash, language, client_ip, caller.correlation_id)
