"""Starting, stopping and starting again on embedded parts."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.system import EmbeddedSystem, product
from tests.e2e.test_flow import active_sim, order_with_status, place
from tests.harness import ROOT, until


@pytest.fixture
def system(server_folder: Path) -> Iterator[EmbeddedSystem]:
    system = product(server_folder / f"restart-{os.urandom(4).hex()}")
    yield system
    if system.process.running:
        system.stop()


def children(system: EmbeddedSystem) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(system.state) in " ".join(process.info["cmdline"] or [])
    ]


def test_a_second_start_finds_the_state_and_nothing_is_left_running(system: EmbeddedSystem) -> None:
    system.process.start(timeout=120)
    logins = system.logins
    console = system.client("aoba-admin")
    order = place(console, active_sim(console)["sim_serial"])
    order_with_status(console, order["number"], "completed")
    mails = system.mails("admin@aoba.example")
    system.stop()
    until(lambda: children(system) == [], message=lambda: str(children(system)))
    system.process.start()
    assert system.logins == logins
    console = system.client("aoba-admin")
    assert console.get(f"/orders/{order['number']}")["status"] == "completed"
    assert system.mails("admin@aoba.example")[: len(mails)] == mails


def test_a_crash_loses_nothing(system: EmbeddedSystem) -> None:
    system.process.start(timeout=120)
    console = system.client("aoba-admin")
    orders = [place(console, active_sim(console)["sim_serial"], gigabytes=1) for _ in range(5)]
    system.process.kill()
    until(lambda: not any("sandbox" in " ".join(child.info["cmdline"]) for child in children(system)))
    system.process.start(timeout=60)
    console = system.client("aoba-admin")
    for order in orders:
        # one that was being carried out belongs to the process that is gone until its lease ends
        order_with_status(console, order["number"], "completed", timeout=90)
    month = orders[0]["start_date"][:7]
    numbers = {order["number"] for order in orders}

    def billed() -> list[str]:
        items = console.get("/charges", month=month)["items"]
        return sorted(item["order_number"] for item in items if item["order_number"] in numbers)

    until(lambda: billed() == sorted(numbers), message=lambda: f"billed: {billed()}")


def test_two_on_one_state_and_a_taken_port_are_refused_with_advice(system: EmbeddedSystem) -> None:
    system.process.start(timeout=120)

    def attempt(**changed: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "embedded"],
            env={**system.process.env, **changed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode != 0
        return done.stderr

    assert "KAISEN_STATE" in attempt()
    assert "KAISEN_PORT" in attempt(KAISEN_STATE=f"{system.state}-other")
    assert "KAISEN_PORT" in attempt(KAISEN_PORT="eighty")


def test_sigterm_stops_it_too(system: EmbeddedSystem) -> None:
    system.process.start(timeout=120)
    assert system.process.stop(how=signal.SIGTERM, timeout=40) == 0
    assert children(system) == []
