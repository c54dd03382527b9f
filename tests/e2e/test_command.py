"""The `kaisen` command against the running product."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.system import EmbeddedSystem
from tests.harness import ROOT


def kaisen(
    system: EmbeddedSystem | None, *arguments: str, **changed: str
) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONWARNINGS": "error"}
    if system is not None:
        staff = system.credentials("staff-admin")
        env |= {
            "KAISEN_URL": system.url,
            "KAISEN_LOGIN_ID": staff["login_id"],
            "KAISEN_PASSWORD": staff["password"],
        }
    command = [sys.executable, "-m", "kaisen", *arguments]
    return subprocess.run(command, env=env | changed, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    file = tmp_path / "customers.csv"
    file.write_text(f"customer_code,name\nC9{uuid4().int % 10**8:08d},みほん商会\n", encoding="utf-8")
    return file


def test_import_is_checked_then_stored_then_changes_nothing(
    embedded_system: EmbeddedSystem, customers: Path
) -> None:
    checked = kaisen(embedded_system, "import", "customers", str(customers))
    assert (checked.returncode, "nothing was stored yet" in checked.stdout) == (0, True), checked.stderr
    stored = kaisen(embedded_system, "import", "customers", str(customers), "--mode", "apply", "--json")
    assert json.loads(stored.stdout)["created"] == 1
    again = kaisen(embedded_system, "import", "customers", str(customers), "--mode", "apply")
    assert "new 0, changed 0, unchanged 1" in again.stdout


@pytest.mark.parametrize("mode", ["validate", "apply"])
def test_bad_rows_are_named(embedded_system: EmbeddedSystem, tmp_path: Path, mode: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("customer_code,name\nC1,\nC2,good\nC2,twice\n")
    done = kaisen(embedded_system, "import", "customers", str(file), "--mode", mode)
    assert done.returncode == 1
    assert "row 2, name: " in done.stdout
    assert "row 4, customer_code: " in done.stdout
    assert "nothing was stored" in done.stdout


def test_refusals_say_what_to_do(embedded_system: EmbeddedSystem, customers: Path, tmp_path: Path) -> None:
    good = ("import", "customers", str(customers))
    wrong = kaisen(embedded_system, *good, KAISEN_PASSWORD="not it")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("Error: ")
    away = kaisen(embedded_system, *good, KAISEN_URL="http://127.0.0.1:1")
    assert "is the gateway running there?" in away.stderr
    assert kaisen(embedded_system, "import", "unicorns", str(customers)).returncode == 2
    latin = tmp_path / "latin.csv"
    latin.write_bytes("customer_code,name\nC1,Café\n".encode("latin-1"))
    assert "UTF-8" in kaisen(embedded_system, "import", "customers", str(latin)).stderr
    for refused in (wrong, away):
        assert "Traceback" not in refused.stderr


def test_the_audit_trail_is_verified_and_a_noted_place_is_found_again(
    embedded_system: EmbeddedSystem,
) -> None:
    first = kaisen(embedded_system, "audit", "verify")
    assert first.returncode == 0, first.stderr + first.stdout
    found = re.fullmatch(r"records (\d+), last (\d+:[0-9a-f]{64})\nthe trail is whole\n", first.stdout)
    assert found
    assert found[2].startswith(f"{found[1]}:")
    again = kaisen(embedded_system, "audit", "verify", "--expect", found[2])
    assert (again.returncode, again.stdout.endswith("the trail is whole\n")) == (0, True)
    other = f"{found[1]}:{'0' * 64}"
    missed = kaisen(embedded_system, "audit", "verify", "--expect", other)
    assert missed.returncode == 1
    assert f"record {found[1]}: the expected record is not in the trail" in missed.stdout
    later = kaisen(embedded_system, "audit", "verify", "--expect", f"99999999:{'0' * 64}")
    assert (later.returncode, "the expected record is not in the trail" in later.stdout) == (1, True)


def test_only_administrators_of_staff_verify_the_audit_trail(embedded_system: EmbeddedSystem) -> None:
    malformed = kaisen(embedded_system, "audit", "verify", "--expect", "17")
    assert (malformed.returncode, "SEQ:HASH" in malformed.stderr) == (2, True)
    viewer = embedded_system.credentials("aoba-viewer")
    refused = kaisen(
        embedded_system,
        *("audit", "verify"),
        KAISEN_LOGIN_ID=viewer["login_id"],
        KAISEN_PASSWORD=viewer["password"],
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr


def test_a_login_that_asks_for_more_says_where_to_do_it(
    embedded_system: EmbeddedSystem, tmp_path: Path
) -> None:
    login_id, password = f"support-{uuid4().hex[:8]}", uuid4().hex
    file = tmp_path / "accounts.csv"
    file.write_text(
        "login_id,kind,customer_code,role,email,contact_phone,initial_password,language\n"
        f"{login_id},staff,,support,,,{password},ja\n"
    )
    assert kaisen(embedded_system, "import", "accounts", str(file), "--mode", "apply").returncode == 0
    stopped = kaisen(embedded_system, "audit", "verify", KAISEN_LOGIN_ID=login_id, KAISEN_PASSWORD=password)
    assert stopped.returncode == 1
    assert f"needs a new password; log in at {embedded_system.url}/staff/login" in stopped.stderr


def test_keys_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    out = tmp_path / "secrets"
    made = kaisen(None, "keys", "--out", str(out))
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    kept = {path: path.read_text() for path in out.rglob("*") if path.is_file()}
    assert {path.parent.name for path in kept} == {
        *("auth", "contracts", "payments", "sim", "gateway"),
        *("postgres", "rabbitmq"),
    }
    again = kaisen(None, "keys", "--out", str(out))
    assert again.returncode == 1
    assert "already holds secrets" in again.stderr
    assert {path: path.read_text() for path in kept} == kept
