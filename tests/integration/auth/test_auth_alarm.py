"""Guessing codes spread over many accounts raises an alarm, and the metrics show it."""

from collections.abc import Callable

import requests

from tests.harness import until
from tests.integration.auth.conftest import UNCAPPED
from tests.integration.auth.system import System
from tests.integration.auth.test_auth_attacks import CHEAP, other_than, outcome


def metric(auth: System, name: str) -> float:
    page = requests.get(f"http://127.0.0.1:{auth.health_port}/metrics", timeout=10)
    assert page.headers["Content-Type"].startswith("text/plain")
    (value,) = [line.split()[1] for line in page.text.splitlines() if line.startswith(f"{name} ")]
    return float(value)


def test_wrong_codes_of_all_accounts_raise_an_alarm(start_system: Callable[..., System]) -> None:
    auth = start_system(**CHEAP, **UNCAPPED, KAISEN_CODE_ALARM_FAILURES="6")
    names = [f"kaisen_auth_code_failures_{name}" for name in ("total", "recent", "alarm")]
    assert [metric(auth, name) for name in names] == [0, 0, 0]
    for _ in range(3):
        person = auth.new_person()
        attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
        code = auth.sandbox.code(person.email)
        for _ in range(2):
            assert outcome(lambda: auth.verify_code(attempt, other_than(code))) == "code.wrong"  # noqa: B023
    until(lambda: metric(auth, "kaisen_auth_code_failures_alarm") == 1, 60)
    assert [metric(auth, name) for name in names] == [6, 6, 1]
    (line,) = auth.log_lines(event="many wrong codes")
    assert (line["level"], line["failures"], line["limit"]) == ("error", 6, 6)
    auth.sandbox.move({"advance_seconds": 700})
    until(lambda: metric(auth, "kaisen_auth_code_failures_alarm") == 0, 60)
    assert [metric(auth, name) for name in names] == [6, 0, 0]
