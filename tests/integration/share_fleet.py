"""A customer with numbers for share groups, and the orders for these as tests place them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.clock import JAPAN
from chassis.errors import KaisenError
from services.sim.msisdns import hyphenated
from tests.harness import until
from tests.integration.sim_system import Customer, SimSystem


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), JAPAN)


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[str, str, dict[str, Any]]:
    """The class, code and details of what `call` raises."""
    with pytest.raises(KaisenError) as refused:
        call(*arguments, **named)
    return type(refused.value).__name__, refused.value.code, refused.value.details


class Fleet:
    """A customer and its numbers, hyphenated."""

    def __init__(self, system: SimSystem, customer: Customer) -> None:
        self.system = system
        self.customer = customer

    def numbers(self, count: int, status: str = "active") -> list[str]:
        serials = self.customer.new_sims(count, status=status)
        found = self.system.rows("SELECT msisdn FROM sims WHERE serial = ANY(:s) ORDER BY serial", s=serials)
        return [hyphenated(row.msisdn) for row in found]

    def serial(self, number: str) -> str:
        (row,) = self.system.rows(
            "SELECT serial FROM sims WHERE msisdn = :m ORDER BY (status = 'active') DESC",
            m=number.replace("-", ""),
        )[:1]
        return str(row.serial)

    def months(self) -> list[str]:
        found: list[str] = self.customer.call("order_choices", kind="SG")["months"]
        return found

    def registration(self, numbers: Sequence[str], month: str | None = None, **more: Any) -> dict[str, Any]:
        return {
            "kind": "SG",
            "name": "営業部",
            "numbers": list(numbers),
            "start_month": month or self.months()[0],
            **more,
        }

    def register(self, numbers: Sequence[str], month: str | None = None, **more: Any) -> dict[str, Any]:
        return self.customer.place(self.registration(numbers, month, **more))

    def changing(self, group_id: int, numbers: Sequence[str], month: str, **more: Any) -> dict[str, Any]:
        return {
            "kind": "SC",
            "group_id": group_id,
            "numbers": list(numbers),
            "start_month": month,
            **more,
        }

    def change(self, group_id: int, numbers: Sequence[str], month: str, **more: Any) -> dict[str, Any]:
        return self.customer.place(self.changing(group_id, numbers, month, **more))

    def delete(self, group_id: int, month: str) -> dict[str, Any]:
        return self.customer.place({"kind": "SD", "group_id": group_id, "start_month": month})

    def move_to(self, month: str, minute: int = 0) -> None:
        """To the first of the month."""
        self.system.sandbox.move_clock(at(date.fromisoformat(f"{month}-01"), 0, minute))

    def begun(self, numbers: Sequence[str], **more: Any) -> int:
        """A group that has begun; the clock stands on the first of its first month."""
        order = self.register(numbers, **more)
        self.move_to(order["terms"]["start_month"])
        self.customer.wait_for(order["number"], "completed")
        return int(order["group_id"])

    def group(self, group_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.customer.call("get_group", group_id=group_id)
        return found

    def inside(self, group_id: int) -> list[str]:
        return [each["msisdn"] for each in self.group(group_id)["numbers"]]

    def shareable(self, month: str | None = None) -> list[str]:
        found: list[str] = self.customer.call("shareable_numbers", start_month=month)["numbers"]
        return found

    def at_carrier(self, number: str) -> str | None:
        """The group that the carrier has the number's SIM in."""
        found: str | None = self.system.sandbox.sim(self.serial(number))["group"]
        return found

    def until_carrier_has(self, group_id: int, capacity: int) -> None:
        until(
            lambda: self.system.carrier_group(group_id).get("capacity_bytes") == capacity,
            message=lambda: f"{self.system.carrier_group(group_id)}\n{self.system.tail()}",
        )


def next_month(month: str, count: int = 1) -> str:
    day = date.fromisoformat(f"{month}-01")
    for _ in range(count):
        day = (day + timedelta(days=31)).replace(day=1)
    return f"{day:%Y-%m}"
