"""Applications for more 050 numbers: placed by customers, decided on by staff."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.contracts.application_rules import ApplicationState, Wish
from services.contracts.permissions import INQUIRE, OPERATE, READ
from services.contracts.settings import Settings
from services.contracts.usecases import applications, issuing

Text = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text
Small = Annotated[int, Field(ge=-(2**31), lt=2**31)]
PageSize = Annotated[int, Field(ge=1, le=100)]


class ApplicationMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(READ)
    def application_rules(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return applications.rules_for(uow, self.settings, caller)

    @rpc(READ)
    def check_application(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        count: Small,
        wished_date: date,
        contact_name: Text,
        contact_phone: Text,
        contact_email: Text,
        channels: Small = 1,
    ) -> dict[str, Any]:
        wish = Wish(count, wished_date, channels, contact_name, contact_phone, contact_email)
        with self.uow() as uow:
            return applications.check(uow, self.settings, caller, contract_code, wish)

    @rpc(READ)
    def place_application(
        self,
        caller: Caller,
        *,
        contract_code: Text,
        count: Small,
        wished_date: date,
        contact_name: Text,
        contact_phone: Text,
        contact_email: Text,
        idempotency_key: Text,
        channels: Small = 1,
    ) -> dict[str, Any]:
        wish = Wish(count, wished_date, channels, contact_name, contact_phone, contact_email)
        with self.uow() as uow:
            return applications.place(uow, self.settings, caller, contract_code, wish, idempotency_key)

    @rpc(READ)
    def withdraw_application(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return applications.withdraw(uow, self.settings, caller, number)

    @rpc(INQUIRE)
    def list_applications(
        self,
        caller: Caller,
        *,
        state: ApplicationState | None = None,
        customer_code: Text | None = None,
        cursor: str | None = None,
        limit: PageSize = 20,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return applications.list_some(uow, self.settings, caller, state, customer_code, cursor, limit)

    @rpc(INQUIRE)
    def get_application(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return applications.get(uow, self.settings, caller, number)

    @rpc(OPERATE)
    def issue_application(
        self,
        caller: Caller,
        *,
        number: Text,
        start_date: date | None = None,
        phone_numbers: Annotated[list[Text], Field(max_length=1000)] | None = None,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return issuing.issue(uow, self.settings, caller, number, start_date, phone_numbers)

    @rpc(OPERATE)
    def decline_application(self, caller: Caller, *, number: Text, reason: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return issuing.decline(uow, self.settings, caller, number, reason)
