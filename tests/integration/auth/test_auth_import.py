"""Importing accounts, the command for the first one, and who may import."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, Unauthenticated
from services.auth.staff_account import create_staff_account
from tests.harness import ROOT, until
from tests.integration.auth.system import Person, System, new_token


def count(auth: System, pattern: str) -> int:
    number: int = auth.value("SELECT count(*) FROM accounts WHERE login_id LIKE :pattern", pattern=pattern)
    return number


def test_a_file_of_accounts(auth: System) -> None:
    customer = auth.new_customer("ip_phone")
    rows = [
        f"file-1,selfcare,{customer},,one@customer.example,0441234567,{new_token()[0]},ja",
        f"file-2,console,{customer},administrator,two@customer.example,,{new_token()[0]},en",
        "file-3,staff,,operations,,,,",
    ]
    report = auth.import_accounts(*rows)
    expected = {"kind": "accounts", "mode": "apply", "rows": 3, "created": 3, "updated": 0, "unchanged": 0}
    assert report == {**expected, "errors": [], "error_count": 0, "applied": True}
    again = auth.import_accounts(*rows)
    assert (again["created"], again["unchanged"], again["applied"]) == (0, 3, True)


def test_a_validated_file_is_not_stored(auth: System) -> None:
    report = auth.import_accounts("validated,staff,,support,,,,", mode="validate")
    assert (report["created"], report["applied"], count(auth, "validated")) == (1, False, 0)


def test_a_file_with_one_bad_row_is_not_stored_at_all(auth: System) -> None:
    customer = auth.new_customer()
    report = auth.import_accounts(
        "partly-1,staff,,support,,,,",
        "partly-2,selfcare,TC0000-00000,,,,,",
        f"partly-3,selfcare,{customer},,not an address,,,",
    )
    errors = [(error["row"], error["field"], error["code"]) for error in report["errors"]]
    assert errors == [(3, "customer_code", "import.unknown_customer"), (4, "email", "import.bad_email")]
    assert (report["rows"], report["error_count"], report["applied"]) == (3, 2, False)
    assert count(auth, "partly-%") == 0


def test_an_import_never_changes_an_account(auth: System) -> None:
    person = auth.new_person()
    report = auth.import_accounts(
        f"{person.login_id},selfcare,{person.customer_code},,other@customer.example,,another password,en"
    )
    assert (report["unchanged"], report["applied"]) == (1, True)
    auth.start_login("ip_phone", person.login_id, person.password)
    auth.sandbox.letter(person.email)


@pytest.mark.parametrize(
    "row", ["{id},selfcare,{other},,,,,", "{id},console,{own},viewer,,,,", "{id},staff,,support,,,,"]
)
def test_an_account_stays_with_its_customer_and_kind(auth: System, row: str) -> None:
    person = auth.new_person()
    line = row.format(id=person.login_id, own=person.customer_code, other=auth.new_customer())
    report = auth.import_accounts(line)
    assert [(error["row"], error["code"]) for error in report["errors"]] == [(2, "import.key_conflict")]
    assert not report["applied"]


def test_a_wrong_header_is_named(auth: System) -> None:
    report = auth.client.call(
        "auth.import_csv",
        timeout=10,
        context=auth.staff_context(),
        sealed=("text",),
        kind="accounts",
        mode="apply",
        text="login_id,kind\n",
    )
    assert {error["code"] for error in report["errors"]} == {"import.column_missing"}


def test_a_long_import_does_not_hold_up_logins(auth: System) -> None:
    customer = auth.new_customer()
    rows = [f"long-{number},selfcare,{customer},,,,{new_token()[0]}," for number in range(100)]
    person = auth.new_person("console", "viewer")
    logins = 0
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(auth.import_accounts, *rows)
        while not running.done():
            auth.log_in(person, "console")
            logins += 1
        assert running.result()["created"] == 100
    assert logins >= 5


def test_what_becomes_of_the_initial_password(auth: System) -> None:
    customer = auth.new_customer("ip_phone")
    rows = [
        f"given-s,selfcare,{customer},,s@customer.example,,{new_token()[0]},",
        f"given-c,console,{customer},viewer,c@customer.example,,{new_token()[0]},",
        "given-t,staff,,support,,,a password of theirs,",
        f"blank-s,selfcare,{customer},,bs@customer.example,,,",
        f"blank-c,console,{customer},viewer,bc@customer.example,,,",
        f"blank-n,console,{customer},viewer,,,,",
    ]
    assert auth.import_accounts(*rows)["created"] == 6
    found = {}
    for row in rows:
        login_id = row.partition(",")[0]
        found[login_id] = auth.value(
            "SELECT array[password_hash IS NOT NULL, password_set_at = created_at, password_is_initial,"
            " initial_password_ends_at = created_at + interval '24 hours'] FROM accounts WHERE login_id = :id",
            id=login_id,
        )
    assert found == {
        "given-s": [True, True, False, None],
        "given-c": [True, True, True, None],
        "given-t": [True, True, True, None],
        "blank-s": [False, None, False, None],
        "blank-c": [True, True, True, True],
        "blank-n": [False, None, False, None],
    }
    auth.sandbox.letter("bc@customer.example")
    until(lambda: auth.value("SELECT count(*) FROM outgoing_mail") == 0)
    assert len(auth.sandbox.letters("bc@customer.example")) == 1
    for untold in ("s@customer.example", "c@customer.example", "bs@customer.example"):
        assert auth.sandbox.letters(untold) == []


def test_a_file_that_was_only_validated_mails_nothing(auth: System) -> None:
    auth.import_accounts("checked,staff,,support,checked@minato.example,,,", mode="validate")
    until(lambda: auth.value("SELECT count(*) FROM outgoing_mail") == 0)
    assert auth.sandbox.letters("checked@minato.example") == []


def test_an_import_is_on_record(auth: System) -> None:
    auth.import_accounts(*(f"listed-{number:02d},staff,,support,,,," for number in range(51)))
    auth.import_accounts("listed-00,staff,,support,,,,", "listed-51,staff,,support,,,,")
    records = auth.value(
        "SELECT json_agg(json_build_array(login_id, target, result, details) ORDER BY seq) FROM audit"
        " WHERE action = 'file.imported' AND details->'login_ids'->>0 LIKE 'listed-%'"
    )
    first, second = records
    assert first[:3] == second[:3] == ["first-staff", "accounts", "done"]
    assert first[3]["created"] == 51
    assert first[3]["login_ids"] == [f"listed-{number:02d}" for number in range(50)]
    assert second[3] == {"created": 1, "unchanged": 1, "login_ids": ["listed-51"]}


def test_nothing_is_on_record_of_an_import_that_was_refused(auth: System) -> None:
    before = auth.value("SELECT count(*) FROM audit WHERE action = 'file.imported'")
    assert not auth.import_accounts("refused-1,staff,,nobody,,,,")["applied"]
    assert auth.value("SELECT count(*) FROM audit WHERE action = 'file.imported'") == before


def test_the_same_file_twice_at_once_makes_each_account_once(auth: System) -> None:
    rows = [f"twice-{number},staff,,support,,,{new_token()[0]}," for number in range(5)]
    with ThreadPoolExecutor(3) as pool:
        reports = [run.result() for run in [pool.submit(auth.import_accounts, *rows) for _ in range(3)]]
    assert sorted(report["created"] for report in reports) == [0, 0, 5]
    assert count(auth, "twice-%") == 5


@pytest.mark.parametrize(
    ("kind", "role", "portal"), [("console", "administrator", "console"), ("staff", "support", "staff")]
)
def test_only_staff_of_operations_may_import(auth: System, kind: str, role: str, portal: str) -> None:
    context = auth.resolve(auth.log_in(auth.new_person(kind, role), portal))["context"]
    with pytest.raises(Forbidden, match=r"role\.missing"):
        auth.import_accounts("nobody,staff,,support,,,,", context=context)
    assert count(auth, "nobody") == 0


def test_the_command_prints_a_password_that_works(auth: System) -> None:
    command = [
        sys.executable,
        "-m",
        "services.auth.staff_account",
        "create",
        "by-command",
        "--role",
        "operations",
    ]
    environment = auth.service.env
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    person = auth.first_login(Person("by-command", done.stdout.strip(), "", ""), "staff")
    assert {"staff_operations", "staff_support"} <= auth.caller(auth.log_in(person, "staff")).roles

    again = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert again.returncode != 0
    assert "account.exists" in again.stderr
    assert again.stdout == ""


def test_the_command_lets_staff_in_again(auth: System) -> None:
    person = auth.new_person("staff", "administrator")
    token_hash = auth.log_in(person, "staff")
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=person.login_id)
    command = [sys.executable, "-m", "services.auth.staff_account", "reset"]

    def reset(login_id: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, login_id], env=auth.service.env, cwd=ROOT, capture_output=True, text=True, timeout=60
        )

    done = reset(person.login_id)
    assert done.returncode == 0, done.stderr
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(token_hash)
    again = auth.first_login(replace(person, password=done.stdout.strip()), "staff")
    assert auth.log_in(again, "staff")
    recorded = "SELECT count(*) FROM audit WHERE action = 'account.reset' AND target = :id"
    assert auth.value(recorded, id=person.login_id) == 1
    for not_of_staff in ("nobody", auth.new_person().login_id):
        refused = reset(not_of_staff)
        assert refused.returncode != 0
        assert "account.unknown" in refused.stderr


def test_a_staff_account_can_be_given_its_password(auth: System) -> None:
    password = new_token()[0]
    assert create_staff_account(auth.database_url, "given", "support", password) == password
    with pytest.raises(Conflict, match=r"account\.exists"):
        create_staff_account(auth.database_url, "given", "support")
    with pytest.raises(Invalid, match=r"account\.invalid"):
        create_staff_account(auth.database_url, "viewer", "viewer")
    with pytest.raises(Unauthenticated, match=r"login\.refused"):
        auth.start_login("console", "given", password, session_hash=new_token()[1])
    assert auth.log_in(Person("given", password, "", ""), "staff")  # its owner has chosen it
