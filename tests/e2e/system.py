"""The whole product as its user starts it, and how a customer, a fleet manager and a carrier see it."""

import json
import re
import secrets
import signal
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from tests.harness import Process, free_port, listening, until

# Tests log in more often than a person does.
MANY_LOGINS = {
    "KAISEN_CODE_MAIL_SPACING_SECONDS": "0",
    "KAISEN_CODE_MAILS_PER_20_MINUTES": "1000",
    "KAISEN_CODE_MAILS_PER_4_HOURS": "10000",
}

_CODE = re.compile(r" : (\d{6})$", re.MULTILINE)


@dataclass
class Client:
    """A session at the JSON API."""

    url: str
    token: str | None = field(default=None, repr=False)
    language: str = "en"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Accept-Language": self.language, **options.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return requests.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=60, **options)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.send("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200, **options: Any) -> Any:
        answer = self.send("POST", path, json=body, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@dataclass
class System:
    """A product with the demo data: the portal at `url`, the sandbox at `sandbox_url`."""

    url: str
    sandbox_url: str
    _clients: dict[str, "Client"] = field(default_factory=dict, init=False, repr=False)
    _chosen: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    @property
    def logins(self) -> dict[str, dict[str, str]]:
        """The demo logins by login ID, with their first passwords."""
        raise NotImplementedError

    def credentials(self, login_id: str) -> dict[str, str]:
        """What the person types; the first password of a console or staff account has been changed by then."""
        if self.logins[login_id]["portal"] in ("console", "staff") and login_id not in self._chosen:
            self.client(login_id)
        return self._known(login_id)

    def client(self, login_id: str) -> Client:
        """A logged-in client, the same one until the clock is moved."""
        if login_id not in self._clients:
            self._clients[login_id] = self.log_in(login_id)
        return self._clients[login_id]

    def log_in(self, login_id: str) -> Client:
        """A session of its own, by the mailed code if one is asked for, and with a new password if one is due."""
        client = Client(self.url)
        address = self.logins[login_id]["email"]
        known = len(self.codes(address)) if address else 0
        step = client.post("/auth/login", self._known(login_id))
        if step["next"] == "code":
            code = self.mailed_code(address, known)
            step = client.post("/auth/code", {"attempt": step["attempt"], "code": code})
        if step["next"] == "password":
            self._chosen[login_id] = secrets.token_urlsafe(15)
            choice = {"attempt": step["attempt"], "password": self._chosen[login_id]}
            step = client.post("/auth/password", choice)
        assert step["next"] == "done", f"{login_id} has to give a {step['next']}"
        client.token = step["token"]
        return client

    def _known(self, login_id: str) -> dict[str, str]:
        login = self.logins[login_id]
        typed = {name: login[name] for name in ("portal", "login_id", "password")}
        return typed | ({"password": self._chosen[login_id]} if login_id in self._chosen else {})

    def mails(self, address: str) -> list[dict[str, str]]:
        answer = requests.get(f"{self.sandbox_url}/sandbox/mail", params={"to": address}, timeout=10)
        answer.raise_for_status()
        found: list[dict[str, str]] = answer.json()
        return found

    def codes(self, address: str) -> list[str]:
        """The login codes that were mailed to `address`, oldest first."""
        return [code for mail in self.mails(address) for code in _CODE.findall(mail["text"])]

    def mailed_code(self, address: str, known: int) -> str:
        """The newest code for `address`, once there are more than the `known` ones."""
        codes = until(
            lambda: len(found := self.codes(address)) > known and found, message=f"no code for {address}"
        )
        assert codes
        return codes[-1]

    def clock(self, **change: Any) -> datetime:
        """Move the clock; sessions do not survive a jump, so that the next `client` logs in anew."""
        self._clients.clear()
        answer = requests.post(f"{self.sandbox_url}/sandbox/clock", json=change, timeout=10)
        answer.raise_for_status()
        return datetime.fromisoformat(answer.json()["now"])

    def carrier(self, path: str) -> Any:
        return requests.get(f"{self.sandbox_url}/carrier{path}", timeout=10).json()


@dataclass
class EmbeddedSystem(System):
    """What `make run` starts, with its state in the folder `state`."""

    process: Process
    state: Path

    @property
    def logins(self) -> dict[str, dict[str, str]]:
        known = json.loads((self.state / "demo-logins.json").read_text())["logins"]
        return {one["login_id"]: one for one in known}

    def stop(self) -> None:
        self._clients.clear()
        assert self.process.stop(how=signal.SIGINT, timeout=40) == 0, self.process.tail()

    def log_lines(self) -> list[dict[str, Any]]:
        path = self.state / "logs" / "kaisen.log"
        return [json.loads(line) for line in path.read_text().splitlines()]


def free_ports(count: int) -> int:
    """The first of `count` free ports in a row."""
    while True:
        first = free_port()
        if first + count < 65535 and not any(listening(first + offset) for offset in range(count)):
            return first


def product(state: Path, **env: str) -> EmbeddedSystem:
    """The product on a folder of its own, not started yet."""
    port = free_ports(3)
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        loaded: bool = json.loads((state / "demo-logins.json").read_text())["loaded"]
        return loaded and requests.get(f"{url}/readyz", timeout=5).ok

    process = Process(
        [sys.executable, "-m", "embedded"],
        env={"KAISEN_PORT": str(port), "KAISEN_STATE": str(state), **MANY_LOGINS, **env},
        log=state.with_suffix(".out"),
        ready=ready,
    )
    return EmbeddedSystem(url, f"http://127.0.0.1:{port + 1}", process, state)
