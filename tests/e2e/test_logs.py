"""What the product writes down while it works: enough to follow one order, and never a secret."""

from typing import Any
from uuid import uuid4

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
    assert "sim.place_recharge" in events()


def place_with_id(console: Client, correlation_id: str) -> Any:
    body = {"sim_serial": active_sim(console)["sim_serial"], "gigabytes": 1}
    headers = {"Idempotency-Key": str(uuid4()), "X-Correlation-Id": correlation_id}
    return console.post("/recharges", body, status=201, headers=headers)


def test_no_secret_reaches_a_log(embedded_system: EmbeddedSystem) -> None:
    tokens = [embedded_system.client(login).token for login in ("C900000001", "aoba-admin", "staff-admin")]
    mails = embedded_system.mails("minato@shop.example")
    codes = [line.split(" : ")[1] for mail in mails for line in mail["text"].splitlines() if " : " in line]
    assert codes
    assert all(code.isdigit() for code in codes)
    passwords = [one["password"] for one in embedded_system.logins.values()]
    for path in (embedded_system.state / "logs").iterdir():
        written = path.read_text()
        assert [secret for secret in [*tokens, *passwords] if secret and secret in written] == []
        assert [code for code in codes if f'"{code}"' in written or f" {code}" in written] == []
