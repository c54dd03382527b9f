"""Notices: who is told what by mail."""

import secrets
from typing import Any

from chassis.clock import in_japan, wall
from tests.harness import until
from tests.integration.auth.system import BROWSER, Person, System, new_token

LOGIN = "【ミナト通信】ログインのお知らせ"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0"


def notices(auth: System, address: str, about: str) -> list[dict[str, str]]:
    """The login notices that came to this address about this login ID."""
    return [
        letter
        for letter in auth.sandbox.letters(address)
        if letter["subject"] in (LOGIN, "[Minato Telecom] Login notice")
        and any(
            line.endswith(f" {about}") or line.endswith(f"：{about}") for line in letter["text"].splitlines()
        )
    ]


def colleague(auth: System, person: Person, role: str, email: str, language: str = "") -> Person:
    """Another account of the same customer, or of the staff, that has never logged in."""
    kind = "console" if person.customer_code else "staff"
    login_id, password = f"K{secrets.token_hex(6)}", secrets.token_urlsafe(12)
    row = [login_id, kind, person.customer_code, role, email, "", password, language]
    assert auth.import_accounts(",".join(row))["created"] == 1
    return Person(login_id, password, email, person.customer_code)


def test_s4_04_the_user_is_told_of_a_login(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    until(lambda: len(notices(auth, person.email, person.login_id)) == 1)  # of the first login
    before = in_japan(wall())
    auth.start_login(
        "console",
        person.login_id,
        person.password,
        session_hash=new_token()[1],
        user_agent=FIREFOX,
        client_ip="192.0.2.77",
    )
    letter = until(lambda: notices(auth, person.email, person.login_id)[1:])[0]
    assert letter["from"] == "console-info@minato-telecom.example"
    assert "IPアドレス：192.0.2.77" in letter["text"]
    assert "ブラウザ：Firefox (Linux)" in letter["text"]
    (time,) = [line for line in letter["text"].splitlines() if line.startswith("日時：")]
    assert time.startswith(f"日時：{before.year}年{before.month}月")
    assert time.endswith("（日本時間）")


def test_s4_04_all_administrators_are_told_of_a_user_without_an_address(auth: System) -> None:
    admin = auth.new_person("console", "administrator")
    english = colleague(auth, admin, "administrator", f"en-{admin.email}", "en")
    viewer = colleague(auth, admin, "viewer", f"viewer-{admin.email}")
    disabled = colleague(auth, admin, "administrator", f"disabled-{admin.email}")
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=disabled.login_id)
    colleague(auth, admin, "administrator", "")
    stranger = auth.new_person("console", "administrator")
    silent = auth.first_login(colleague(auth, admin, "operator", ""), "console")
    auth.log_in(silent, "console")
    for reader in (admin, english):
        address = reader.email
        until(lambda: len(notices(auth, address, silent.login_id)) == 2)  # noqa: B023 (is waited for here)
    for other in (viewer, disabled, stranger):
        assert notices(auth, other.email, silent.login_id) == []


def test_s4_04_staff_administrators_are_told_of_staff_without_an_address(auth: System) -> None:
    admin = auth.new_person("staff", "administrator")
    support = auth.new_person("staff", "support")
    silent = auth.first_login(colleague(auth, admin, "support", ""), "staff")
    until(lambda: notices(auth, admin.email, silent.login_id))
    assert notices(auth, support.email, silent.login_id) == []


def test_s4_04_a_login_that_nobody_can_be_told_of_is_a_login_all_the_same(auth: System) -> None:
    lonely = auth.new_person("console", "administrator", email="")
    assert auth.resolve(auth.log_in(lonely, "console"))


def test_s4_04_a_login_that_is_not_complete_is_not_told(auth: System) -> None:
    person = auth.new_person("console", "viewer", initial="yes")
    started: Any = auth.start_login(
        "console", person.login_id, person.password, session_hash=new_token()[1], **BROWSER
    )
    assert started["next"] == "password"
    until(lambda: auth.value("SELECT count(*) FROM outgoing_mail") == 0)
    assert auth.sandbox.letters(person.email) == []


def test_self_care_has_no_login_notices(auth: System) -> None:
    person = auth.new_person()
    auth.log_in(person)
    until(lambda: auth.value("SELECT count(*) FROM outgoing_mail") == 0)
    assert len(auth.sandbox.letters(person.email)) == 1  # the code


def test_a_notice_is_in_the_language_of_its_reader(auth: System) -> None:
    person = auth.new_person("console", "viewer", language="en")
    letters = until(lambda: notices(auth, person.email, person.login_id))
    assert letters[0]["subject"] == "[Minato Telecom] Login notice"
    assert f"Login ID: {person.login_id}" in letters[0]["text"]
