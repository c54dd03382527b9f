"""The pages over HTTP without a browser, and accounts that a test has for itself."""

import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.e2e.system import Client, System

CUSTOMERS = {
    "ip_phone": "C900000001",
    "mobile_choice": "C900000002",
    "free_voice": "C900000003",
    "console": "TC0001-00001",
}
SELFCARE = ("ip_phone", "mobile_choice", "free_voice")
PHONE = "0441234567"  # the contact number of all of them


@dataclass
class Seen:
    """What the reader is shown in the end, all redirects followed."""

    path: str
    status: int
    text: str


class Pages:
    """A reader with cookies of their own."""

    def __init__(self, url: str, language: str = "ja") -> None:
        self._url = url
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = language

    def get(self, path: str) -> Seen:
        return self._seen(self.http.get(f"{self._url}{path}", timeout=30))

    def submit(self, path: str, to: str | None = None, **fields: str) -> Seen:
        """Open the page at `path` and send its form, which goes to `to` or to the page itself."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).text)
        assert found, f"{path} has no form"
        data = {"csrf_token": found[1], **fields}
        came_from = {"Referer": f"{self._url}{path}"}
        answer = self.http.post(f"{self._url}{to or path}", data=data, headers=came_from, timeout=30)
        return self._seen(answer)

    def _seen(self, answer: requests.Response) -> Seen:
        parts = urlsplit(answer.url)
        return Seen(f"{parts.path}?{parts.query}".rstrip("?"), answer.status_code, answer.text)


@dataclass
class Person:
    """Somebody with an account that no other test knows."""

    system: System
    portal: str
    login_id: str
    password: str
    email: str
    code: str = ""  # the one that was mailed last

    @property
    def credentials(self) -> dict[str, str]:
        return {"portal": self.portal, "login_id": self.login_id, "password": self.password}

    @property
    def login_path(self) -> str:
        return "/console/login" if self.portal == "console" else f"/selfcare/{self.portal}/login"

    def pages(self) -> Pages:
        return Pages(self.system.url)

    def try_login(self, pages: Pages) -> Seen:
        """Send ID and password, and wait for the code if there is an address for it."""
        known = len(self.system.codes(self.email)) if self.email else 0
        seen = pages.submit(self.login_path, login_id=self.login_id, password=self.password)
        if self.email and self.portal != "console":
            self.code = self.system.mailed_code(self.email, known)
        return seen

    def log_in(self, pages: Pages) -> Seen:
        """All steps of a self-care login."""
        self.try_login(pages)
        return pages.submit("/selfcare/code", code=self.code)

    def client(self) -> Client:
        """A self-care session at the API."""
        client = Client(self.system.url)
        known = len(self.system.codes(self.email))
        step = client.post("/auth/login", self.credentials)
        code = self.system.mailed_code(self.email, known)
        client.token = client.post("/auth/code", {"attempt": step["attempt"], "code": code})["token"]
        return client


def new_person(system: System, portal: str, has_email: bool = True) -> Person:
    """An account as staff import it."""
    name = secrets.token_hex(6)
    person = Person(
        system,
        portal,
        f"C9{name}" if portal != "console" else f"console-{name}",
        secrets.token_urlsafe(12),
        f"{name}@home.example" if has_email else "",
    )
    row: dict[str, Any] = {
        "login_id": person.login_id,
        "kind": "console" if portal == "console" else "selfcare",
        "customer_code": CUSTOMERS[portal],
        "role": "viewer" if portal == "console" else "",
        "email": person.email,
        "contact_phone": PHONE,
        "initial_password": person.password,
        "language": "ja",
    }
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    answer = system.client("staff-admin").send(
        "POST",
        "/staff/imports/accounts",
        params={"mode": "apply"},
        data=text.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    return person
