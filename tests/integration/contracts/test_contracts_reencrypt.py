"""Changing the key that passwords are encrypted with, while the service runs."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from threading import Event, Thread

import pytest

from chassis.clock import JAPAN
from chassis.sealing import FieldCipher
from services.contracts.reencrypt import reencrypt
from tests.harness import ROOT, make_database
from tests.integration.contracts.passwords_system import (
    OLD,
    PasswordSystem,
    new_password,
    password_system,
)
from tests.servers import VirtualHosts

AFTERNOON = datetime(2026, 12, 1, 14, 0, tzinfo=JAPAN)
DUE = datetime(2026, 12, 1, 17, 30, tzinfo=JAPAN)

OLD_KEY = {"f1": base64.b64encode(os.urandom(32)).decode()}
NEW_KEY = {"f2": base64.b64encode(os.urandom(32)).decode()}
NEW_FIRST = json.dumps(NEW_KEY | OLD_KEY)
OLD_FIRST = json.dumps(OLD_KEY | NEW_KEY)


@pytest.fixture
def system(
    virtual_hosts: VirtualHosts, database_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PasswordSystem]:
    """The service with the old key first, as at the beginning of the change."""
    folder = tmp_path_factory.mktemp("reencrypt")
    database = make_database(database_server_url, "contracts_reencrypt")
    with password_system(folder, virtual_hosts.new(), database, KAISEN_FIELD_KEYS=OLD_FIRST) as running:
        yield running


def run_command(system: PasswordSystem, keys: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.contracts.reencrypt", "--batch", "3"]
    env = system.process.env | {"KAISEN_FIELD_KEYS": keys}
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)


def restart(system: PasswordSystem, keys: str) -> None:
    system.process.stop()
    system.process.env["KAISEN_FIELD_KEYS"] = keys
    system.process.start()


def keys_in_use(system: PasswordSystem) -> set[str]:
    rows = system.sql(
        "SELECT line_password FROM lines UNION SELECT addon_password FROM lines"
        " UNION SELECT new_password FROM password_changes"
    )
    return {token.partition(".")[0] for (token,) in rows if token is not None}


def test_all_passwords_come_under_the_first_key_and_the_old_one_can_go(system: PasswordSystem) -> None:
    lines = [system.new_line() for _ in range(10)]
    partly, waiting = system.new_line(addon_password=""), system.new_line("b2bua")
    system.sandbox.move_clock(AFTERNOON)
    new = new_password()
    waiting.change(new)
    assert keys_in_use(system) == {"f1"}

    restart(system, NEW_FIRST)
    assert [each.shown()["line_password"] for each in (*lines, partly)] == [OLD] * 11
    done = run_command(system, NEW_FIRST)
    assert (done.returncode, done.stdout) == (0, "13 re-encrypted\n"), done.stderr
    assert keys_in_use(system) == {"f2"}
    assert run_command(system, NEW_FIRST).stdout == "0 re-encrypted\n"

    restart(system, json.dumps(NEW_KEY))
    assert [each.shown() for each in lines] == [{"line_password": OLD, "addon_password": "nZx73q"}] * 10
    assert partly.shown() == {"line_password": OLD, "addon_password": None}
    system.sandbox.move_clock(DUE)
    waiting.wait_for("reflected")
    assert waiting.shown()["line_password"] == system.sandbox.held(waiting.number) == new


def test_nothing_is_lost_while_the_service_changes_passwords(system: PasswordSystem) -> None:
    """Both keys are known to everybody, and each side keeps writing under its own."""
    lines = [system.new_line() for _ in range(12)]
    stop = Event()
    unreadable: list[str] = []

    def again_and_again() -> None:
        while not stop.is_set():
            unreadable.extend(reencrypt(system.engine, FieldCipher(NEW_FIRST), batch=2).unreadable)

    worker = Thread(target=again_and_again)
    worker.start()
    try:
        wanted = {}
        for line in lines:
            wanted[line.number] = new_password()
            line.change(wanted[line.number])
            line.change("zzzzzzz9", "nZx73q", "change_addon_password")
        for line in lines:
            line.wait_for("reflected")
    finally:
        stop.set()
        worker.join()
    assert unreadable == []
    for line in lines:
        assert line.shown() == {"line_password": wanted[line.number], "addon_password": "zzzzzzz9"}
        assert system.sandbox.held(line.number) == wanted[line.number]


def test_a_password_that_no_key_opens_is_named_and_left_alone(system: PasswordSystem) -> None:
    line = system.new_line()
    done = run_command(system, json.dumps(NEW_KEY))
    assert done.returncode == 1
    assert line.number in done.stderr
    assert OLD not in done.stderr
    assert line.shown()["line_password"] == OLD


def test_a_change_that_no_key_opens_fails_and_works_again_with_its_key(system: PasswordSystem) -> None:
    line, new = system.new_line("b2bua"), new_password()
    system.sandbox.move_clock(AFTERNOON)
    line.change(new)
    restart(system, json.dumps(NEW_KEY))
    system.sandbox.move_clock(DUE)
    line.wait_for("failed")
    [failure] = system.failures(line.number)
    assert failure["reason"] == "switch.unreadable"
    restart(system, OLD_FIRST)
    system.as_staff("retry_reflection", change_id=failure["change_id"])
    line.wait_for("reflected")
    assert line.shown()["line_password"] == new
