"""What the product writes down while it works: enough to follow one order, and never a secret."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.e2e.pages import Pages
from tests.e2e.system import Client, EmbeddedSystem
from tests.e2e.test_flow import active_sim, order_with_status
from tests.harness import until


def test_correlation_id_goes_from_the_request_to_the_charge(embedded_system: EmbeddedSystem) -> None:
    console = embedded_system.client("aoba-admin")
    correlation_id = uuid4().hex
    order = place_with_id(console, correlation_id)
    order_with_status(console, order["number"], "completed")

    def events() -> set[str]:
        lines = [line for line in embedded_system.log_lines() if line.get("correlation_id") == correlation_id]
        return {str(line.get("handler") or line.get("method") or line["event"]) for line in lines}

    until(lambda: "payments.bill_recharge" in events(), message=lambda: str(events()))
    assert "sim.place_order" in events()


def place_with_id(console: Client, correlation_id: str) -> Any:
    body = {"kind": "RC", "sim_serial": active_sim(console)["sim_serial"], "gigabytes": 1}
    headers = {"Idempotency-Key": str(uuid4()), "X-Correlation-Id": correlation_id}
    return console.post("/orders", body, status=201, headers=headers)


def test_no_secret_reaches_a_log(embedded_system: EmbeddedSystem) -> None:
    tokens = [embedded_system.client(login).token for login in ("C900000001", "aoba-admin", "staff-admin")]
    codes = embedded_system.codes("minato@shop.example")
    assert codes
    passwords = [one["password"] for one in embedded_system.logins.values()]
    passwords.append(embedded_system.credentials("aoba-admin")["password"])  # chosen at the first login
    for path in (embedded_system.state / "logs").iterdir():
        written = path.read_text()
        assert [secret for secret in [*tokens, *passwords] if secret and secret in written] == []
        assert [code for code in codes if f'"{code}"' in written or f" {code}" in written] == []


def test_line_breaks_from_outside_forge_no_line(embedded_system: EmbeddedSystem) -> None:
    """A header may be folded over lines, and a form field may hold any character."""
    forged = '{"event": "forged", "level": "info"}'
    login = embedded_system.credentials("aoba-viewer")
    seen = Pages(embedded_system.url).submit("/console/login", login_id=f"x\r\n{forged}", password="y")
    assert seen.status == 401
    body = json.dumps(login).encode()
    head = (
        f"POST /api/v1/auth/login HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nUser-Agent: folded\r\n {forged}\r\nX-Correlation-Id: a\r\n {forged}\r\n\r\n"
    )
    address = urlsplit(embedded_system.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        answer = connection.makefile("rb").read().decode()
    headers, _, content = answer.partition("\r\n\r\n")
    assert " 200 " in headers.splitlines()[0]
    assert "forged" not in headers
    client = Client(embedded_system.url, token=json.loads(content)["token"])
    own = next(one for one in client.get("/account/sessions")["items"] if one["current"])
    assert own["user_agent"].startswith("folded")
    assert own["user_agent"].isprintable()
    assert [line for line in embedded_system.log_lines() if line.get("event") == "forged"] == []
