"""The auth service on the bus: who may call what, and with which arguments."""

from typing import Literal

from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from chassis.inbox import on_event
from chassis.jobs import job
from chassis.rpc import rpc
from chassis.service import Database, SettingsProvider
from services.auth import store
from services.auth.adapters.mail import Server, SmtpRelay
from services.auth.consumed import (
    ApplicationProgressed,
    Audited,
    ContractRegistered,
    CustomerRegistered,
    OrderProgressed,
    ProfileReady,
)
from services.auth.methods.accounts import AccountMethods
from services.auth.methods.audit import AuditMethods
from services.auth.methods.factors import FactorMethods
from services.auth.methods.keys import KeyMethods
from services.auth.methods.login import LoginMethods
from services.auth.methods.passwords import PasswordMethods
from services.auth.methods.recovery import RecoveryMethods
from services.auth.methods.sessions import SessionMethods
from services.auth.permissions import IMPORT
from services.auth.providers import PasswordsProvider
from services.auth.usecases import audit, housekeeping, importing, notices, post, watching


class Service(
    LoginMethods,
    SessionMethods,
    KeyMethods,
    AuditMethods,
    FactorMethods,
    AccountMethods,
    PasswordMethods,
    RecoveryMethods,
):
    name = "auth"

    uow = Database()
    settings = SettingsProvider()
    passwords = PasswordsProvider()

    @rpc(IMPORT, sealed=("text",))
    def import_csv(
        self, caller: Caller, *, kind: Literal["accounts"], mode: importing.Mode, text: str
    ) -> ImportReport:
        return importing.import_accounts(self.uow, self.settings, self.passwords, caller, mode, text)

    @on_event("contracts.customer_registered")
    def remember_customer(self, uow: UnitOfWork, event: CustomerRegistered) -> None:
        store.keep_customer(uow.session, event.customer_code, event.name)

    @on_event("contracts.contract_registered")
    def remember_contract(self, uow: UnitOfWork, event: ContractRegistered) -> None:
        store.keep_contract(uow.session, event.contract_code, event.customer_code, event.family)

    @on_event("contracts.application_progressed")
    def tell_contact(self, uow: UnitOfWork, event: ApplicationProgressed) -> None:
        notices.application_progressed(uow.session, self.settings, event)

    @on_event("sim.profile_ready")
    def tell_of_profile(self, uow: UnitOfWork, event: ProfileReady) -> None:
        notices.profile_ready(uow.session, self.settings, event)

    @on_event("sim.order_progressed")
    def tell_applicant(self, uow: UnitOfWork, event: OrderProgressed) -> None:
        notices.order_progressed(uow.session, self.settings, event)

    @on_event("contracts.audited")
    def record_contracts(self, uow: UnitOfWork, event: Audited) -> None:
        audit.record_told(uow.session, self.settings, event)

    @on_event("payments.audited")
    def record_payments(self, uow: UnitOfWork, event: Audited) -> None:
        audit.record_told(uow.session, self.settings, event)

    @on_event("sim.audited")
    def record_sim(self, uow: UnitOfWork, event: Audited) -> None:
        audit.record_told(uow.session, self.settings, event)

    @job(every=0.5)
    def send_mails(self) -> None:
        server = Server(
            self.settings.smtp_host,
            self.settings.smtp_port,
            self.settings.smtp_tls,
            self.settings.smtp_user,
            self.settings.smtp_password,
        )
        relay = SmtpRelay(server, self.settings.smtp_timeout_seconds)
        post.send_mails(self.uow, relay, self.settings)

    @job(every=10)
    def watch_codes(self) -> None:
        with self.uow() as uow:
            watching.watch_codes(uow.session, self.settings)

    @job(every=3600)
    def forget(self) -> None:
        with self.uow() as uow:
            housekeeping.forget(uow, self.settings)
