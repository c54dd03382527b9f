"""The auth service on the bus: who may call what, and with which arguments."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from chassis.inbox import on_event
from chassis.jobs import job
from chassis.rpc import PUBLIC, rpc
from chassis.service import Database, SettingsProvider
from services.auth import store
from services.auth.adapters.mail import SmtpRelay
from services.auth.consumed import ContractRegistered, CustomerRegistered
from services.auth.permissions import IMPORT
from services.auth.portals import Portal
from services.auth.providers import PasswordsProvider
from services.auth.usecases import housekeeping, importing, login, post, sessions, verification


def _printable(text: str) -> str:
    return "".join(letter for letter in text[:300] if letter.isprintable())


SessionHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # SHA-256 of the session token
Remark = Annotated[str, AfterValidator(_printable)]  # what a client says of itself: kept, never relied on
Language = Literal["ja", "en"]


class Service:
    name = "auth"

    uow = Database()
    settings = SettingsProvider()
    passwords = PasswordsProvider()

    @rpc(PUBLIC, sealed=("password",))
    def start_login(
        self,
        caller: Caller,
        *,
        portal: Portal,
        login_id: str,
        password: str,
        session_hash: SessionHash | None = None,
        client_ip: Remark,
        user_agent: Remark,
        language: Language,  # of the page; the mail goes out in the account's own
    ) -> dict[str, Any]:
        browser = sessions.Browser(client_ip, user_agent)
        asked = login.Login(portal, login_id, password, session_hash, browser, caller.correlation_id)
        return login.start_login(self.uow, self.settings, self.passwords, asked)

    @rpc(PUBLIC, sealed=("code",))
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

    @rpc(PUBLIC)
    def resolve(self, caller: Caller, *, session_hash: SessionHash, language: Language) -> dict[str, Any]:
        with self.uow() as uow:
            return sessions.resolve(uow, self.settings, session_hash, language, caller.correlation_id)

    @rpc(PUBLIC)
    def end_session(self, caller: Caller, *, session_hash: SessionHash) -> dict[str, Any]:
        with self.uow() as uow:
            sessions.end_session(uow, session_hash)
        return {}

    @rpc(IMPORT, sealed=("text",))
    def import_csv(
        self, caller: Caller, *, kind: Literal["accounts"], mode: importing.Mode, text: str
    ) -> ImportReport:
        return importing.import_accounts(self.uow, self.passwords, mode, text)

    @on_event("contracts.customer_registered")
    def remember_customer(self, uow: UnitOfWork, event: CustomerRegistered) -> None:
        store.keep_customer(uow.session, event.customer_code, event.name)

    @on_event("contracts.contract_registered")
    def remember_contract(self, uow: UnitOfWork, event: ContractRegistered) -> None:
        store.keep_contract(uow.session, event.contract_code, event.customer_code, event.family)

    @job(every=0.5)
    def send_mails(self) -> None:
        relay = SmtpRelay(
            self.settings.smtp_host,
            self.settings.smtp_port,
            self.settings.smtp_timeout_seconds,
            self.settings.mail_from,
        )
        post.send_mails(self.uow, relay, self.settings)

    @job(every=3600)
    def forget(self) -> None:
        with self.uow() as uow:
            housekeeping.forget(uow, self.settings)
