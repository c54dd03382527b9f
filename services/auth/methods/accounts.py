"""Accounts, by administrators of a customer's console and by staff."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.auth.account_rules import Wish
from services.auth.account_store import Search
from services.auth.arguments import Language
from services.auth.hashing import Passwords
from services.auth.permissions import ADMINISTRATION, CONSOLE_ADMINISTRATION, OVERSIGHT
from services.auth.portals import Kind
from services.auth.settings import Settings
from services.auth.usecases import accounts, accounts_inquiry
from services.auth.usecases.accounts import NewAccount

Condition = Annotated[str, Field(max_length=254, pattern=r"^[^\x00-\x1f\x7f]*$")]
InitialPassword = Annotated[str, Field(min_length=16, max_length=128)]
Limit = Annotated[int, Field(ge=1, le=100)]


class AccountMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings
    passwords: Passwords

    @rpc(OVERSIGHT)
    def list_accounts(
        self,
        caller: Caller,
        *,
        query: Condition = "",
        customer_code: Condition | None = None,
        kind: Kind | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        search = Search(query, kind, customer_code)
        with self.uow() as uow:
            return accounts_inquiry.list_accounts(uow.session, self.settings, caller, search, cursor, limit)

    @rpc(OVERSIGHT)
    def get_account(self, caller: Caller, *, login_id: str) -> dict[str, Any]:
        with self.uow() as uow:
            return accounts_inquiry.get_account(uow.session, self.settings, caller, login_id)

    @rpc(ADMINISTRATION, sealed=("initial_password",))
    def create_account(
        self,
        caller: Caller,
        *,
        login_id: str,
        role: str,
        email: str | None = None,
        initial_password: InitialPassword,
        language: Language,
    ) -> dict[str, Any]:
        new = NewAccount(login_id, role, email, initial_password, language)
        return accounts.create_account(self.uow, self.settings, self.passwords, caller, new)

    @rpc(ADMINISTRATION)
    def change_account(
        self,
        caller: Caller,
        *,
        login_id: str,
        role: str | None = None,
        email: str | None = None,
        disabled: bool | None = None,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return accounts.change_account(uow, self.settings, caller, login_id, Wish(role, email, disabled))

    @rpc(ADMINISTRATION, sealed=("initial_password",))
    def reset_account(
        self, caller: Caller, *, login_id: str, initial_password: InitialPassword, factors: bool = False
    ) -> dict[str, Any]:
        return accounts.reset_account(
            self.uow, self.settings, self.passwords, caller, login_id, initial_password, factors
        )

    @rpc(ADMINISTRATION)
    def delete_account(self, caller: Caller, *, login_id: str) -> dict[str, Any]:
        with self.uow() as uow:
            accounts.delete_account(uow, self.settings, caller, login_id)
        return {}

    @rpc(CONSOLE_ADMINISTRATION, fresh=True)
    def set_factor_policy(self, caller: Caller, *, required: bool) -> dict[str, Any]:
        with self.uow() as uow:
            accounts.set_factor_policy(uow, self.settings, caller, required)
        return {"required": required}

    @rpc(CONSOLE_ADMINISTRATION)
    def get_factor_policy(self, caller: Caller) -> dict[str, Any]:
        with self.uow() as uow:
            return {"required": accounts.get_factor_policy(uow.session, caller)}
