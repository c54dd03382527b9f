"""A small client of the HTTP API for staff: log in, import a file, check the audit trail."""

from pathlib import Path
from typing import Any

import requests

# What a login may ask for that a terminal cannot answer.
_ON_THE_PAGE = {
    "factor": (
        "this account logs in with a second factor, which only the page {url}/staff/login can ask for; "
        "use a staff account without one here"
    ),
    "password": "this account needs a new password; log in at {url}/staff/login once and set it",
    "enrol": (
        "staff log in with a second factor here, which only the page {url}/staff/login can register and ask for"
    ),
}
_TIMEOUT = (5, 180)  # seconds to connect, to answer: a large import is checked row by row


class Refused(Exception):
    """The API said no; `problem` is its answer (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or "refused")
        self.problem = problem


class Api:
    """One logged-in staff session at the gateway `url`."""

    def __init__(self, url: str, language: str = "en") -> None:
        self._site = url.rstrip("/")
        self._url = f"{self._site}/api/v1"
        self._http = requests.Session()
        self._http.headers["Accept-Language"] = language

    def login(self, login_id: str, password: str) -> None:
        """Log in with ID and password; Refused where the account has to do more than that."""
        answer = self._send(
            "POST", "/auth/login", json={"portal": "staff", "login_id": login_id, "password": password}
        )
        if answer["next"] != "done":
            raise Refused({"title": _ON_THE_PAGE[answer["next"]].format(url=self._site)})
        self._go_in(answer)

    def first_login(self, portal: str, login_id: str, initial_password: str, password: str) -> None:
        """Replace an initial password by the owner's, as the first login asks for, and log out again."""
        typed = {"portal": portal, "login_id": login_id, "password": initial_password}
        step = self._send("POST", "/auth/login", json=typed)
        self._http.cookies.clear()
        chosen = {"attempt": step["attempt"], "password": password}
        self._go_in(self._send("POST", "/auth/password", json=chosen))
        self.logout()

    def _go_in(self, answer: dict[str, Any]) -> None:
        self._http.cookies.clear()  # the token alone identifies us, so that no form token is needed
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"

    def logout(self) -> None:
        self._send("POST", "/auth/logout")

    def import_file(self, kind: str, path: Path, mode: str) -> dict[str, Any]:
        """The report of the import; a file with bad rows gives a report with `applied` false and its errors."""
        try:
            return self._send(
                "POST",
                f"/staff/imports/{kind}",
                params={"mode": mode},
                data=path.read_bytes(),
                headers={"Content-Type": "text/csv"},
            )
        except Refused as refusal:
            if refusal.problem.get("code") != "import.rejected":
                raise
            return {**refusal.problem["details"], "errors": refusal.problem["errors"]}

    def verify_audit(self, after: str | None, expect: str | None) -> dict[str, Any]:
        """Check the next records of the audit trail; places are written SEQ:HASH."""
        return self._send("GET", "/audit/verification", params={"after": after, "expect": expect})

    def _send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self._http.request(method, self._url + path, timeout=_TIMEOUT, **options)
        if answer.status_code == 204:
            return {}
        try:
            body: dict[str, Any] = answer.json()
        except ValueError:
            raise Refused(
                {"title": f"{answer.status_code} from {self._url}: not an answer of Kaisen"}
            ) from None
        if not answer.ok:
            raise Refused(body)
        return body
