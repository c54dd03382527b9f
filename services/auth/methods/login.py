"""The steps of a login."""

from collections.abc import Callable
from typing import Any

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import PUBLIC, rpc
from services.auth.arguments import Language, Remark, SessionHash
from services.auth.hashing import Passwords
from services.auth.portals import Portal
from services.auth.settings import Settings
from services.auth.usecases import login, sessions, verification


class LoginMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings
    passwords: Passwords

    @rpc(PUBLIC, sealed=("password",))
    def start_login(
        self,
        caller: Caller,
        *,
        portal: Portal,
        login_id: str,
        password: str,
        session_hash: SessionHash,
        client_ip: Remark,
        user_agent: Remark,
        language: Language,  # of the page; the mail goes out in the account's own
    ) -> dict[str, Any]:
        browser = sessions.Browser(client_ip, user_agent)
        asked = login.Login(portal, login_id, password, session_hash, browser)
        return login.start_login(self.uow, self.settings, self.passwords, asked)

    @rpc(PUBLIC, sealed=("attempt", "code"))
    def verify_code(
        self,
        caller: Caller,
        *,
        attempt: str,
        code: str,
        session_hash: SessionHash,
        client_ip: Remark,
        user_agent: Remark,
    ) -> dict[str, Any]:
        browser = sessions.Browser(client_ip, user_agent)
        with self.uow() as uow:
            return verification.verify_code(uow, self.settings, attempt, code, session_hash, browser)
