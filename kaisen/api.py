"""A small client of the HTTP API for staff: log in, import a file."""

from pathlib import Path
from typing import Any

import requests

_TIMEOUT = (5, 180)  # seconds to connect, to answer: a large import is checked row by row


class Refused(Exception):
    """The API said no; `problem` is its answer (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or "refused")
        self.problem = problem


class Api:
    """One logged-in staff session at the gateway `url`."""

    def __init__(self, url: str, language: str = "en") -> None:
        self._url = url.rstrip("/") + "/api/v1"
        self._http = requests.Session()
        self._http.headers["Accept-Language"] = language

    def login(self, login_id: str, password: str) -> None:
        answer = self._send(
            "POST", "/auth/login", json={"portal": "staff", "login_id": login_id, "password": password}
        )
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
