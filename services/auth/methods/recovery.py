"""Registering a mail address at a login."""

from collections.abc import Callable
from typing import Any

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import PUBLIC, rpc
from services.auth.arguments import Remark, SessionHash
from services.auth.settings import Settings
from services.auth.usecases import recovery, sessions


class RecoveryMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(PUBLIC, sealed=("attempt", "email", "contact_phone"))
    def start_recovery(
        self,
        caller: Caller,
        *,
        attempt: str,
        email: str,
        contact_phone: str,
        session_hash: SessionHash,
        client_ip: Remark,
        user_agent: Remark,
    ) -> dict[str, Any]:
        browser = sessions.Browser(client_ip, user_agent)
        with self.uow() as uow:
            return recovery.start_recovery(
                uow, self.settings, attempt, email, contact_phone, session_hash, browser
            )
