"""Sessions: who is behind one, which there are, a new proof of the person, and their end."""

from collections.abc import Callable
from typing import Any

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import PUBLIC, rpc
from services.auth.arguments import Language, Remark, SessionHash
from services.auth.hashing import Passwords
from services.auth.permissions import ANY
from services.auth.settings import Settings
from services.auth.usecases import proof, sessions
from services.auth.usecases.factor_checks import Offered


class SessionMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings
    passwords: Passwords

    @rpc(PUBLIC)
    def resolve(
        self, caller: Caller, *, session_hash: SessionHash, language: Language, client_ip: Remark
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return sessions.resolve(
                uow, self.settings, session_hash, language, client_ip, caller.correlation_id
            )

    @rpc(PUBLIC)
    def end_session(
        self,
        caller: Caller,
        *,
        session_hash: SessionHash,
        client_ip: Remark = "",
        user_agent: Remark = "",
    ) -> dict[str, Any]:
        browser = sessions.Browser(client_ip, user_agent)
        with self.uow() as uow:
            sessions.end_session(uow, self.settings, session_hash, browser)
        return {}

    @rpc(ANY)
    def list_sessions(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return {"items": sessions.list_sessions(uow.session, self.settings, caller)}

    @rpc(ANY)
    def end_other_session(self, caller: Caller, *, session_id: str) -> dict[str, Any]:
        with self.uow() as uow:
            sessions.end_other_session(uow, self.settings, caller, session_id)
        return {}

    @rpc(ANY)
    def end_other_sessions(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return {"ended": sessions.end_other_sessions(uow, self.settings, caller)}

    @rpc(ANY, sealed=("password", "totp", "recovery_code"))
    def prove(
        self,
        caller: Caller,
        *,
        new_session_hash: SessionHash,
        password: str | None = None,
        totp: str | None = None,
        recovery_code: str | None = None,
        assertion: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        offered = proof.Proof(password, Offered(totp, recovery_code, assertion))
        proved_at = proof.prove(self.uow, self.settings, self.passwords, caller, new_session_hash, offered)
        return {"proved_at": proved_at}
