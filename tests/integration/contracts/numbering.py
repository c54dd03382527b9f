"""Customers who want more numbers, the pool that they come from, and lines that end."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chassis.errors import KaisenError
from tests.integration.contracts.passwords_system import PasswordSystem
from tests.integration.contracts.system import phones, unique

CONTACT = {
    "contact_name": "山田 花子",
    "contact_phone": "0312345678",
    "contact_email": "hanako@yamada.example",
}


def wish(system: PasswordSystem, **changes: Any) -> dict[str, Any]:
    return {"count": 2, "wished_date": in_days(system, 7), "channels": 3, **CONTACT, **changes}


def in_days(system: PasswordSystem, days: int) -> str:
    return (system.sandbox.now() + timedelta(days=days)).date().isoformat()


def add_numbers(system: PasswordSystem, count: int, family: str = "ip_phone") -> list[str]:
    """New numbers in the pool. All others of the family are taken out first, so that a test has its own."""
    system.change_rows("DELETE FROM pool_numbers WHERE family = :family AND line_id IS NULL", family=family)
    numbers = phones(count)
    system.store("numbers", *({"phone_number": number, "family": family} for number in numbers))
    return numbers


@dataclass(frozen=True)
class Applicant:
    """A customer with a contract to which numbers can be added."""

    system: PasswordSystem
    customer: str
    contract: str

    def apply(self, key: str | None = None, **changes: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.system.call(
            "place_application",
            self.customer,
            contract_code=self.contract,
            idempotency_key=key or unique("key"),
            **wish(self.system, **changes),
        )
        return answer

    def shown(self, number: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.system.call("get_application", self.customer, number=number)
        return answer

    def counts(self) -> tuple[int, int, int]:
        """払出し済み, サービス提供中 and 解約済み of the contract."""
        block = self.system.call("get_contract", self.customer, contract_code=self.contract)
        return block["issued"], block["in_service"], block["terminated"]

    def lines(self, status: str = "all") -> list[dict[str, Any]]:
        answer = self.system.call(
            "list_lines", self.customer, contract_code=self.contract, status=status, limit=100
        )
        items: list[dict[str, Any]] = answer["items"]
        return items


def new_applicant(system: PasswordSystem, service_type: str = "ip_phone", **changes: str) -> Applicant:
    family = service_type if service_type in ("mobile_choice", "free_voice", "data_sim") else "ip_phone"
    customer = system.new_customer()
    contract = system.new_contract(customer, family=family, service_type=service_type, **changes)
    return Applicant(system, customer, contract)


def as_operator(system: PasswordSystem, method: str, **arguments: Any) -> Any:
    return system.as_staff(method, **arguments)


def at_once(system: PasswordSystem, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
    """The answers, or refusals, to calls that staff make at the same time."""

    def one(call: tuple[str, dict[str, Any]]) -> Any:
        method, arguments = call
        try:
            return system.client.call(f"contracts.{method}", timeout=30, context=system.staff(), **arguments)
        except KaisenError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def register(system: PasswordSystem, numbers: Sequence[str], wished_date: str | None = None) -> list[int]:
    """Register terminations; their ids in the order of the numbers."""
    as_operator(
        system,
        "register_terminations",
        phone_numbers=list(numbers),
        wished_date=wished_date or in_days(system, 0),
    )
    return [open_termination(system, number) for number in numbers]


def open_termination(system: PasswordSystem, number: str) -> int:
    [found] = as_operator(system, "list_terminations", phone_prefix=number, state="registered")["items"]
    identity: int = found["termination_id"]
    return identity


def in_pool(system: PasswordSystem, number: str) -> dict[str, Any] | None:
    items = as_operator(system, "list_numbers", prefix=number)["items"]
    return items[0] if items else None
