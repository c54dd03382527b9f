"""New passwords."""

from collections.abc import Callable
from typing import Any

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import PUBLIC, rpc
from services.auth.arguments import Remark, SessionHash
from services.auth.hashing import Passwords
from services.auth.permissions import ANY
from services.auth.settings import Settings
from services.auth.usecases import passwords, sessions


class PasswordMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings
    passwords: Passwords

    @rpc(PUBLIC, sealed=("attempt", "password"))
    def set_password(
        self,
        caller: Caller,
        *,
        attempt: str,
        password: str,
        session_hash: SessionHash,
        client_ip: Remark,
        user_agent: Remark,
    ) -> dict[str, Any]:
        browser = sessions.Browser(client_ip, user_agent)
        return passwords.set_password(
            self.uow, self.settings, self.passwords, attempt, password, session_hash, browser
        )

    @rpc(ANY, sealed=("current", "new"))
    def change_password(self, caller: Caller, *, current: str, new: str) -> dict[str, Any]:
        passwords.change_password(self.uow, self.settings, self.passwords, caller, current, new)
        return {}

    @rpc(ANY)
    def password_rules(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return passwords.password_rules(uow.session, self.settings, caller)
