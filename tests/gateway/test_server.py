"""The gateway as it is deployed: under gunicorn."""

import json
import secrets
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import ConsoleMessage, sync_playwright

from tests.harness import ROOT, Process, free_port, until
from tests.servers import VirtualHosts

METHODS = {"get", "post", "put", "patch", "delete"}

GUNICORN = ("-m", "gunicorn", "-c", "python:gateway.gunicorn_conf", "gateway.wsgi:app")


class Running:
    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def log_lines(self, correlation_id: str) -> list[dict[str, Any]]:
        """The lines that the request left; the access log's comes last."""

        def found() -> list[dict[str, Any]]:
            lines = [json.loads(line) for line in self.process.output().splitlines() if line.startswith("{")]
            mine = [line for line in lines if line.get("correlation_id") == correlation_id]
            return mine if mine and mine[-1]["event"] == "request" else []

        return until(found)


@pytest.fixture(scope="module")
def server(
    virtual_hosts: VirtualHosts, sealing_keys: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    port = free_port()
    env = {
        "KAISEN_AMQP_URI": virtual_hosts.new(),
        "KAISEN_SEALING_KEYS": sealing_keys,
        "KAISEN_SECRET_KEY": secrets.token_urlsafe(32),
        "KAISEN_RPC_TIMEOUT": "0.5",
        "KAISEN_PORT": str(port),
        "KAISEN_WEB_WORKERS": "1",
    }
    log = tmp_path_factory.mktemp("gateway") / "log"
    with Process(
        (sys.executable, *GUNICORN), env=env, log=log, ready=f"http://127.0.0.1:{port}/livez"
    ) as process:
        yield Running(process, port)


def test_a_request_leaves_one_json_line_without_secrets(server: Running) -> None:
    secret, number = secrets.token_urlsafe(16), "05012345678"
    answer = requests.post(
        f"{server.url}/api/v1/auth/login?phone_prefix={number}",
        json={"portal": "console", "login_id": "somebody", "password": secret},
        headers={"X-Correlation-Id": "one-line", "Authorization": f"Bearer {secret}"},
        timeout=10,
    )
    assert answer.status_code == 504
    lines = server.log_lines("one-line")
    assert [line["event"] for line in lines] == ["refused", "request"]
    access = lines[-1]
    assert (access["method"], access["path"], access["status"]) == ("POST", "/api/v1/auth/login", 504)
    assert access["ms"] >= 500
    assert access["component"] == "gateway"
    for forbidden in (secret, number, "somebody"):
        assert forbidden not in server.process.output()


def test_every_line_of_the_log_is_json(server: Running) -> None:
    server.log_lines(_ask(server))
    lines = [json.loads(line) for line in server.process.output().splitlines()]
    assert {line["component"] for line in lines} == {"gateway"}


def _ask(server: Running) -> str:
    answer = requests.get(f"{server.url}/livez", timeout=5)
    return answer.headers["X-Correlation-Id"]


def _in_chunks(size: int) -> Iterator[bytes]:
    for start in range(0, size, 1024):
        yield b" " * min(1024, size - start)


@pytest.mark.parametrize(
    ("size", "status", "code"), [(65_536, 400, "request.json"), (65_537, 413, "request.too_large")]
)
def test_a_body_without_a_length_is_limited_all_the_same(
    server: Running, size: int, status: int, code: str
) -> None:
    answer = requests.post(
        f"{server.url}/api/v1/auth/login",
        data=_in_chunks(size),
        headers={"Content-Type": "application/json"},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_request_that_is_no_http_is_a_400(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 400")


def test_a_forwarded_scheme_is_not_believed(server: Running) -> None:
    answer = requests.get(f"{server.url}/livez", headers={"X-Forwarded-Proto": "https"}, timeout=5)
    assert "Strict-Transport-Security" not in answer.headers


def test_a_missing_setting_is_named_at_start(tmp_path: Path) -> None:
    process = Process(
        (sys.executable, "-c", "import gateway.wsgi"),
        env={"KAISEN_AMQP_URI": "amqp://x", "PYTHONPATH": str(ROOT)},
        log=tmp_path / "log",
    ).start()
    until(lambda: not process.running)
    said = process.output()
    for name in ("KAISEN_AMQP_URI", "KAISEN_SECRET_KEY", "KAISEN_SEALING_KEYS"):
        assert f"{name}: " in said
    assert "Traceback" not in said


def test_swagger_ui_works_under_our_policy(server: Running, chromium_path: Path) -> None:
    """It renders every operation, and the browser refuses nothing that it does."""
    complaints: list[str] = []
    elsewhere: list[str] = []
    described = requests.get(f"{server.url}/api/v1/openapi.json", timeout=10).json()["paths"]
    operations = [method for path in described.values() for method in path if method in METHODS]
    assert len(operations) > 50

    def note(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", note)
        page.on(
            "request",
            lambda sent: None if sent.url.startswith((server.url, "data:")) else elsewhere.append(sent.url),
        )
        page.goto(f"{server.url}/api/v1/docs")
        page.locator(".opblock").first.wait_for()
        seen: set[str] = set()

        def scrolled_through() -> bool:
            """A long list is rendered only where it is in sight."""
            seen.update(page.locator(".opblock").evaluate_all("all => all.map(each => each.id)"))
            page.mouse.wheel(0, 500)
            return len(seen) == len(operations)

        until(scrolled_through, 60, lambda: f"{len(seen)} of {len(operations)} operations were rendered")
        browser.close()
    assert complaints == []
    assert elsewhere == []
