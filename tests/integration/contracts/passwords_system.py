"""Replicas of the contracts service with a SIP switch and a clock that can be moved: the sandbox's."""

import json
import secrets
import string
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from chassis import clock, sealing
from tests.harness import Process, free_port, until
from tests.integration.contracts.system import ContractsSystem, phones

OLD = "fVFZ29"  # as the manual of the inquiry shows them: mixed case, six characters

Secrets = dict[str, str | None]


def new_password() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))


class Sandbox:
    def __init__(self, url: str) -> None:
        self.url = url

    def fault(self, kind: str, number: str, **more: Any) -> None:
        body = {"kind": kind, "match": {"phone_number": number}, **more}
        requests.post(f"{self.url}/sandbox/faults", json=body, timeout=10).raise_for_status()

    def no_faults(self) -> None:
        requests.delete(f"{self.url}/sandbox/faults", timeout=10).raise_for_status()

    def move_clock(self, now: datetime) -> None:
        """Every process that follows the clock has moved when this returns."""
        body = {"now": now.isoformat()}
        requests.post(f"{self.url}/sandbox/clock", json=body, timeout=10).raise_for_status()

    def reset_clock(self) -> None:
        requests.post(f"{self.url}/sandbox/clock", json={"reset": True}, timeout=10).raise_for_status()

    def now(self) -> datetime:
        answer = requests.get(f"{self.url}/sandbox/clock", timeout=10)
        return clock.in_japan(datetime.fromisoformat(answer.json()["now"]))

    def held(self, number: str) -> str | None:
        """The password that the switch holds of a line."""
        answer = requests.get(f"{self.url}/switch/lines/{number}", timeout=10)
        return answer.json()["password"] if answer.ok else None

    def effects(self, number: str) -> list[tuple[int, int]]:
        """What the switch has taken, oldest first: (version, number of effects)."""
        answer = requests.get(f"{self.url}/switch/operations", params={"phone_number": number}, timeout=10)
        return [(each["version"], each["effects"]) for each in answer.json()]

    def requests(self, number: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/switch/requests", params={"phone_number": number}, timeout=10)
        found: list[dict[str, Any]] = answer.json()
        return found


@dataclass(frozen=True)
class OwnLine:
    """A line of a customer of its own, and what its owner does with it."""

    system: "PasswordSystem"
    customer: str
    contract: str
    number: str

    def call(self, method: str, **arguments: Any) -> Any:
        return self.system.call(method, self.customer, phone_number=self.number, **arguments)

    def change(self, new: str, current: str = OLD, method: str = "change_line_password") -> dict[str, Any]:
        answer: dict[str, Any] = self.call(method, sealed=("current", "new"), current=current, new=new)
        return answer

    def shown(self) -> Secrets:
        """The passwords, as the gateway gets them."""
        public, private = sealing.one_time_key()
        answer = self.call("show_passwords", answer_key=public)
        opened: Secrets = sealing.unseal(answer["sealed"], private)
        return opened

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("get_password_change")
        return found

    def listed(self) -> dict[str, Any]:
        """The line as the inquiry shows it."""
        answer = self.system.call("list_lines", self.customer, contract_code=self.contract)
        [line] = [each for each in answer["items"] if each["phone_number"] == self.number]
        found: dict[str, Any] = line
        return found

    def wait_for(self, state: str, timeout: float = 20) -> dict[str, Any]:
        until(
            lambda: self.state()["state"] == state, timeout, lambda: f"{self.state()}\n{self.system.tail()}"
        )
        return self.state()

    def audited(self) -> list[dict[str, Any]]:
        """What the audit trail was told of the line and its contract, oldest first."""
        return [each for each in self.system.audited() if each["target"] in (self.number, self.contract)]

    def stored(self) -> list[tuple[int, str]]:
        """(version, state) of every change of the line, oldest first."""
        rows = self.system.sql(
            "SELECT version, state FROM password_changes JOIN lines ON lines.id = line_id"
            " WHERE phone_number = :number ORDER BY version",
            number=self.number,
        )
        return [tuple(row) for row in rows]


class PasswordSystem(ContractsSystem):
    sandbox: Sandbox
    replicas: list[Process]

    def token(self, **changes: Any) -> str:
        """A caller who has just proved who they are, at the time that the sandbox's clock shows."""
        return super().token(**{"authenticated_at": self.sandbox.now(), **changes})

    def new_line(self, service_type: str = "ip_phone", **changes: str) -> OwnLine:
        family = service_type if service_type in ("mobile_choice", "free_voice") else "ip_phone"
        customer = self.new_customer()
        display_plan = changes.pop("display_plan", "standard")
        contract = self.new_contract(
            customer, family=family, service_type=service_type, display_plan=display_plan
        )
        [number] = phones(1)
        passwords = {"line_password": OLD, "addon_password": "nZx73q"}
        self.new_lines(contract, [number], **(passwords | changes))
        return OwnLine(self, customer, contract, number)

    def as_staff(self, method: str, **arguments: Any) -> Any:
        return self.client.call(f"contracts.{method}", timeout=10, context=self.staff(), **arguments)

    def failures(self, number: str) -> list[dict[str, Any]]:
        items = self.as_staff("list_failed_reflections", limit=100)["items"]
        return [item for item in items if item["phone_number"] == number]

    def output(self) -> str:
        return "\n".join(replica.output() for replica in self.replicas)

    def tail(self) -> str:
        return "\n".join(replica.tail() for replica in self.replicas)

    def lines(self, replica: Process) -> list[dict[str, Any]]:
        return [json.loads(line) for line in replica.output().splitlines() if line.startswith("{")]


@contextmanager
def password_system(
    folder: Path, amqp_uri: str, database_url: str, replicas: int = 1, **settings: str
) -> Iterator[PasswordSystem]:
    """The service in some replicas, with a sandbox of its own."""
    port, smtp_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    ports = ["--port", str(port), "--smtp-port", str(smtp_port)]
    sandbox = Process(
        [sys.executable, "-m", "sandbox", *ports, "--state", folder / "sandbox"],
        env={},
        log=folder / "sandbox.log",
        ready=f"{url}/livez",
    )
    quick = {
        "KAISEN_SWITCH_URL": url,
        "KAISEN_SWITCH_TIMEOUT_SECONDS": "0.5",
        "KAISEN_SWITCH_LEASE_SECONDS": "3",
        "KAISEN_SANDBOX_CLOCK_URL": f"{url}/sandbox/clock",
    }
    with sandbox:
        system = PasswordSystem(amqp_uri, database_url, folder, **(quick | settings))
        system.sandbox = Sandbox(url)
        system.replicas = [system.process]
        for number in range(1, replicas):
            health = free_port()
            more = Process(
                [sys.executable, "-m", "chassis", "serve", "services.contracts"],
                env=system.process.env | {"KAISEN_HEALTH_PORT": str(health)},
                log=folder / f"contracts-{number}.log",
                ready=f"http://127.0.0.1:{health}/readyz",
            )
            system.replicas.append(more)
        with system:
            try:
                for replica in system.replicas[1:]:
                    replica.start()
                yield system
            finally:
                for replica in system.replicas[1:]:
                    if replica.running:
                        replica.stop()
