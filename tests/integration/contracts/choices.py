"""Contracts of Mobile Choice 050 for the tests: their lines, their pairs, their files."""

import csv
import io
import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from chassis.errors import KaisenError
from tests.integration.contracts.system import ContractsSystem, phones

HEADER = "050番号,携帯番号,グループコード,利用制限コード"
_mobiles = itertools.count(10_000_000)


def mobiles(count: int) -> list[str]:
    """Mobile numbers that no other test uses."""
    return [f"080{next(_mobiles):08d}" for _ in range(count)]


def key() -> str:
    return uuid.uuid4().hex


def codes(error: KaisenError) -> list[tuple[str, str]]:
    """(pointer, code) of all problems of a refusal."""
    return [(one["pointer"], one["code"]) for one in error.details["errors"]]


@dataclass(frozen=True)
class Choice:
    """A contract of Mobile Choice 050 with its lines, and what its customer does with them."""

    system: ContractsSystem
    customer: str
    contract: str
    numbers: list[str]

    def call(self, method: str, **arguments: Any) -> Any:
        return self.system.call(method, self.customer, **arguments)

    def register(self, *pairs: tuple[str, str], key: str = "") -> Any:
        wishes = [{"phone_number": phone, "mobile_number": mobile} for phone, mobile in pairs]
        return self.call("register_pairs", pairs=wishes, idempotency_key=key or uuid.uuid4().hex)

    def release(self, *numbers: str, key: str = "") -> Any:
        return self.call("release_pairs", phone_numbers=numbers, idempotency_key=key or uuid.uuid4().hex)

    def shown(self) -> dict[str, str | None]:
        """The mobile numbers as the inquiry shows them, by phone number."""
        lines = self.call("list_lines", contract_code=self.contract, limit=100)["items"]
        return {line["phone_number"]: line["mobile_number"] for line in lines}

    def exported(self) -> list[tuple[str, str, str, str]]:
        items: list[dict[str, str]] = []
        cursor = None
        while True:
            chunk = self.call("export_choices", contract_code=self.contract, cursor=cursor, limit=5000)
            items += chunk["items"]
            if (cursor := chunk["next_cursor"]) is None:
                return [tuple(item.values()) for item in items]  # type: ignore[misc]

    def check(self, content: str) -> Any:
        token = self.system.token(customer=self.customer)
        return self.system.client.call(
            "contracts.check_choices",
            timeout=60,
            context=token,
            sealed=("text",),
            contract_code=self.contract,
            text=content,
        )

    def wish(self, *rows: Sequence[str]) -> Any:
        """The dry run of these rows, which must be good."""
        report = self.check(as_file(rows))
        assert report["errors"] == []
        return report["upload"]

    def apply(self, upload: dict[str, Any], fingerprint: str = "") -> Any:
        return self.system.client.call(
            "contracts.apply_choices",
            timeout=60,
            context=self.system.token(customer=self.customer),
            upload_id=upload["upload_id"],
            fingerprint=fingerprint or upload["fingerprint"],
        )

    def masters(self, groups: Sequence[str] = (), limits: Sequence[str] = ()) -> None:
        """Give the contract groups and usage limits with these codes."""
        of_contract = {"contract": self.contract}
        with self.system.engine.begin() as connection:
            for code in groups:
                connection.execute(
                    text(
                        "INSERT INTO line_groups (contract_id, code, name)"
                        " SELECT id, :code, :code FROM contracts WHERE code = :contract"
                    ),
                    of_contract | {"code": code},
                )
            for code in limits:
                connection.execute(
                    text(
                        "INSERT INTO usage_limits"
                        " (contract_id, code, name, bars_international, bars_premium, bars_directory)"
                        " SELECT id, :code, :code, true, false, false FROM contracts WHERE code = :contract"
                    ),
                    of_contract | {"code": code},
                )

    def audited(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(action, target, details) of what the audit trail was told of the contract and its lines."""
        mine = {self.contract, *self.numbers}
        return [
            (one["action"], one["target"], one["details"])
            for one in self.system.audited()
            if one["target"] in mine
        ]


def as_file(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    out.write(f"{HEADER}\r\n")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def new_choice(system: ContractsSystem, lines: int, customer: str = "", **changes: str) -> Choice:
    customer = customer or system.new_customer()
    contract = system.new_contract(customer, family="mobile_choice", service_type="mobile_choice")
    numbers = phones(lines)
    system.new_lines(contract, numbers, **changes)
    return Choice(system, customer, contract, numbers)
