"""The main flows, the same as everywhere, and what only containers show."""

import json
import subprocess

import pytest
import requests

from tests.compose.conftest import ComposeSystem
from tests.e2e.test_flow import (  # noqa: F401
    active_sim,
    console,
    movable,
    order_with_status,
    place,
    selfcare,
    test_customer_logs_in_with_a_mailed_code_and_looks_up_lines,
    test_lines_as_csv_hold_every_line_and_keep_leading_zeros,
    test_logout_kills_the_session_at_once,
    test_pending_order_is_cancelled_and_never_runs,
    test_recharge_lifts_the_restriction,
    test_reserved_recharge_waits_for_its_day,
    test_s4_61_other_customers_things_look_like_none,
    test_sim_is_recharged_at_once_and_billed,
    test_the_same_key_many_times_at_once_makes_one_order,
)
from tests.harness import until

COMPONENTS = ("auth", "contracts", "payments", "sim", "gateway", "sandbox")


@pytest.mark.parametrize("component", COMPONENTS)
def test_containers_are_not_root_and_cannot_write(system: ComposeSystem, component: str) -> None:
    uid = system.compose("exec", "--no-TTY", component, "id", "-u").strip()
    assert uid == "10001"
    written = system.compose("exec", "--no-TTY", component, "sh", "-c", "touch /app/x 2>&1 || true")
    assert "Read-only file system" in written or "Permission denied" in written
    container = system.compose("ps", "--quiet", component).strip()
    inspected = subprocess.run(
        ["docker", "inspect", container], env=system.environment, capture_output=True, text=True
    )
    host = json.loads(inspected.stdout)[0]["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])


@pytest.mark.parametrize("component", ["auth", "contracts", "payments", "sim"])
def test_an_image_holds_no_other_service(system: ComposeSystem, component: str) -> None:
    listed = system.compose("exec", "--no-TTY", component, "ls", "services").split()
    assert sorted(name for name in listed if not name.startswith("_")) == [component]


def test_each_service_reaches_its_own_database_only(system: ComposeSystem) -> None:
    script = (
        "import os, sqlalchemy as s\n"
        "url = s.make_url(open('/run/secrets/kaisen/kaisen_database_url').read())\n"
        "try: s.create_engine(url.set(database='kaisen_sim')).connect(); print('open')\n"
        "except s.exc.OperationalError as error: print(error.orig)\n"
    )
    said = system.compose("exec", "--no-TTY", "auth", "python3", "-c", script)
    assert "permission denied for database" in said


def test_it_comes_back_when_its_broker_and_database_were_away(system: ComposeSystem) -> None:
    system.compose("restart", "--timeout", "20", "rabbitmq", "postgres")
    until(
        lambda: requests.get(f"{system.url}/readyz", timeout=5).ok,
        timeout=60,
        ignore=requests.RequestException,
    )
    client = until(
        lambda: system.client("aoba-admin"), timeout=60, ignore=(AssertionError, requests.RequestException)
    )
    order = until(
        lambda: place(client, active_sim(client)["sim_serial"], gigabytes=1),
        timeout=60,
        ignore=(AssertionError, StopIteration),
    )
    order_with_status(client, order["number"], "completed")


def test_nobody_is_told_a_secret(system: ComposeSystem) -> None:
    logs = system.compose("logs", "--no-color")
    secrets = [one["password"] for one in system.logins.values()]
    assert [secret for secret in secrets if secret in logs] == []
