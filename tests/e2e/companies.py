"""Companies of a test's own, whose administrator it is, and the accounts that the administrator makes."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.e2e.members import logged_in, new_member
from tests.e2e.system import Client, EmbeddedSystem, System

INITIAL_PASSWORD = re.compile(r"(?:[a-z2-9]{4}-){4}[a-z2-9]{4}")


@dataclass
class Company:
    """A customer of the console, with its first administrator and a session of theirs."""

    code: str
    login_id: str
    password: str
    client: Client

    def create(self, role: str = "viewer", email: str | None = None) -> tuple[str, dict[str, Any]]:
        """The login ID of a new account, and what was answered."""
        login_id = f"k-{secrets.token_hex(5)}"
        wish = {"login_id": login_id, "role": role, "email": email}
        return login_id, self.client.post("/accounts", wish, 201)


def new_company(system: EmbeddedSystem, folder: Path) -> Company:
    member = new_member(system, folder)
    client = logged_in(system, member)
    code = client.get("/auth/session")["customer_code"]
    return Company(code, member["login_id"], member["password"], client)


def first_login(system: System, portal: str, login_id: str, initial: str) -> tuple[Client, str]:
    """The session of somebody who was given an account, and the password that they chose."""
    client = Client(system.url)
    step = log_in(system, portal, login_id, initial).json()
    assert step["next"] == "password"
    chosen = secrets.token_urlsafe(15)
    client.token = client.post("/auth/password", {"attempt": step["attempt"], "password": chosen})["token"]
    return client, chosen


def log_in(system: System, portal: str, login_id: str, password: str) -> requests.Response:
    """The answer to ID and password at the API."""
    body = {"portal": portal, "login_id": login_id, "password": password}
    return Client(system.url).send("POST", "/auth/login", json=body)
