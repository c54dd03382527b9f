"""People of a console and of the staff at work, for the tests of account administration."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chassis.errors import KaisenError
from tests.integration.auth.system import Person, System


@dataclass
class Member:
    """Somebody of a console or the staff at work: `token_hash` is of their session."""

    auth: System
    person: Person
    token_hash: str

    def call(self, method: str, **arguments: Any) -> Any:
        context = self.auth.resolve(self.token_hash)["context"]
        return self.call_with(context, method, **arguments)

    def call_with(self, context: str, method: str, **arguments: Any) -> Any:
        return self.auth.client.call(
            f"auth.{method}", timeout=60, context=context, sealed=("initial_password",), **arguments
        )

    def create(self, role: str = "viewer", **fields: Any) -> tuple[Person, dict[str, Any]]:
        """A new account and what was answered."""
        login_id = fields.get("login_id", f"K{secrets.token_hex(6)}")
        password = secrets.token_urlsafe(20)
        fields = {"email": f"{login_id}@customer.example", "language": "ja", **fields, "login_id": login_id}
        answer = self.call("create_account", role=role, initial_password=password, **fields)
        return Person(login_id, password, fields["email"] or "", self.person.customer_code), answer

    def change(self, login_id: str, **wish: Any) -> dict[str, Any]:
        item: dict[str, Any] = self.call("change_account", login_id=login_id, **wish)
        return item

    def reset(self, login_id: str, factors: bool = False) -> str:
        """The new password."""
        password = secrets.token_urlsafe(20)
        self.call("reset_account", login_id=login_id, initial_password=password, factors=factors)
        return password

    def get(self, login_id: str) -> dict[str, Any]:
        item: dict[str, Any] = self.call("get_account", login_id=login_id)
        return item


def at_work(auth: System, person: Person, portal: str = "console") -> Member:
    return Member(auth, person, auth.log_in(person, portal))


def colleague(auth: System, person: Person, role: str) -> Person:
    """Another console account of the same customer, past its first login."""
    login_id, password = f"K{secrets.token_hex(6)}", secrets.token_urlsafe(12)
    email = f"{login_id}@customer.example"
    auth.import_accounts(f"{login_id},console,{person.customer_code},{role},{email},,{password},")
    settle(auth, login_id)
    return Person(login_id, password, email, person.customer_code)


def settle(auth: System, login_id: str) -> None:
    """As if the initial password had been changed already."""
    auth.execute(
        "UPDATE accounts SET password_set_at = created_at, password_is_initial = false,"
        " initial_password_ends_at = NULL WHERE login_id = :id",
        id=login_id,
    )


def demote(admin: Member, login_id: str) -> None:
    admin.change(login_id, role="operations" if admin.get(login_id)["kind"] == "staff" else "operator")


def disable(admin: Member, login_id: str) -> None:
    admin.change(login_id, disabled=True)


def delete(admin: Member, login_id: str) -> None:
    admin.call("delete_account", login_id=login_id)


def first_of_staff(auth: System) -> Member:
    """The administrator that the surroundings of the tests work as."""
    auth.staff_context()
    return Member(auth, Person("first-staff", "", "", ""), auth._staff_context)


def refusal(call: Callable[..., Any], *given: Any, **named: Any) -> tuple[type[KaisenError], str]:
    """How `call(*given, **named)` is refused."""
    with pytest.raises(KaisenError) as refused:
        call(*given, **named)
    return type(refused.value), refused.value.code


def last_record(auth: System, login_id: str) -> dict[str, Any]:
    """The newest record about this account."""
    found: dict[str, Any] = auth.value(
        "SELECT to_jsonb(audit) FROM audit WHERE target = :id ORDER BY seq DESC LIMIT 1", id=login_id
    )
    return found


def enabled_administrators(auth: System, customer: str | None) -> int:
    count: int = auth.value(
        "SELECT count(*) FROM accounts WHERE customer_code IS NOT DISTINCT FROM :customer AND kind <> 'selfcare'"
        " AND role = 'administrator' AND NOT disabled AND deleted_at IS NULL",
        customer=customer,
    )
    return count
