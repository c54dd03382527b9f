"""Call records as a test writes them, and what the service then knows of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from chassis import clock
from services.contracts.calling import first_month_kept, month_of
from tests.integration.contracts.system import ContractsSystem, as_csv, phones, unique

CALL = {
    "destination": "0312345678",
    "call_type": "domestic",
    "duration_seconds": "60",
    "charge_yen": "8",
}


def this_month() -> date:
    return clock.today().replace(day=1)


def months_ago(count: int) -> date:
    """The first day of a month before this one."""
    return first_month_kept(clock.today(), count + 1)


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), clock.JAPAN)


def call(number: str, started_at: datetime, **changes: str) -> dict[str, str]:
    row = {"record_id": unique("R"), "phone_number": number, "started_at": started_at.isoformat()}
    return row | CALL | changes


@dataclass(frozen=True)
class Caller:
    """A customer with one contract and some lines, in service since 2022."""

    system: ContractsSystem
    customer: str
    contract: str
    numbers: list[str]

    def ask(self, method: str, **arguments: Any) -> Any:
        return self.system.call(method, self.customer, contract_code=self.contract, **arguments)

    def send(self, rows: Iterable[Mapping[str, str]], mode: str = "apply") -> dict[str, Any]:
        return self.system.send("calls", as_csv(rows), mode)

    def refused(self, *rows: Mapping[str, str]) -> list[tuple[int, str, str]]:
        report = self.send(rows)
        assert not report["applied"]
        return [(error["row"], error["field"], error["code"]) for error in report["errors"]]

    def usage(self, month: date | None = None, **arguments: Any) -> Any:
        if month is not None:
            arguments["month"] = f"{month:%Y-%m}"
        return self.ask("list_usage", **arguments)

    def kept(self) -> dict[tuple[str, date], tuple[int, int, int]]:
        """The totals that are kept, by number and month."""
        rows = self.system.sql(
            "SELECT phone_number, month, t.calls, t.duration_seconds, t.charge_yen FROM call_totals t"
            " JOIN lines l ON l.id = line_id JOIN contracts c ON c.id = t.contract_id WHERE code = :code",
            code=self.contract,
        )
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}

    def counted(self) -> dict[tuple[str, date], tuple[int, int, int]]:
        """The same, from the records themselves."""
        found: dict[tuple[str, date], tuple[int, int, int]] = {}
        for row in self.system.sql(
            "SELECT phone_number, started_at, duration_seconds, charge_yen FROM call_records r"
            " JOIN lines l ON l.id = line_id JOIN contracts c ON c.id = r.contract_id WHERE code = :code",
            code=self.contract,
        ):
            key = row[0], month_of(row[1])
            calls, seconds, yen = found.get(key, (0, 0, 0))
            found[key] = calls + 1, seconds + row[2], yen + row[3]
        return found


def new_caller(system: ContractsSystem, lines: int = 2, **changes: str) -> Caller:
    customer = system.new_customer()
    contract = system.new_contract(customer, **changes)
    numbers = phones(lines)
    system.new_lines(contract, numbers)
    return Caller(system, customer, contract, numbers)


def moments(month: date, count: int) -> list[datetime]:
    """Different times of a past month, or of what has passed of the present one."""
    first = at(month, 0)
    last = min(at((month + timedelta(days=31)).replace(day=1), 0), clock.now())
    return [first + (last - first) * (index / count) for index in range(count)]
