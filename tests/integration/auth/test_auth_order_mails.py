"""Mails about orders for SIMs: to whom, in which language, and once."""

import secrets
from typing import Any
from uuid import uuid4

from tests.harness import until
from tests.integration.auth.system import Person, System


def placed(auth: System, person: Person, event_id: str | None = None, **more: Any) -> dict[str, Any]:
    """The fact of an order that this person has placed, told by the SIM service."""
    fact = {
        "customer_code": person.customer_code,
        "number": f"TC1000-00009-CS26{secrets.randbelow(10**6):06}",
        "kind": "CS",
        "happening": "accepted",
        "applicant": person.login_id,
        "start_date": "2026-04-01",
        "cancellable_until": "2026-03-31T15:00:00Z",
        "items_total": 3,
        "items_failed": 0,
        **more,
    }
    auth.tell("sim.order_progressed", event_id, **fact)
    return fact


def about(auth: System, address: str, fact: dict[str, Any]) -> list[dict[str, str]]:
    return [letter for letter in auth.sandbox.letters(address) if fact["number"] in letter["subject"]]


def colleague(auth: System, person: Person, role: str, email: str, language: str = "") -> Person:
    login_id, password = f"K{secrets.token_hex(6)}", secrets.token_urlsafe(12)
    row = [login_id, "console", person.customer_code, role, email, "", password, language]
    assert auth.import_accounts(",".join(row))["created"] == 1
    return Person(login_id, password, email, person.customer_code)


def test_the_applicant_is_told_in_their_language(auth: System) -> None:
    person = auth.new_person("console", "operator", language="en")
    admin = colleague(auth, person, "administrator", f"admin-{person.email}")
    fact = placed(auth, person)
    (letter,) = until(lambda: about(auth, person.email, fact))
    assert letter["subject"].startswith("[Management Console Portal] Your order was accepted")
    assert letter["from"] == "console-info@minato-telecom.example"
    for said in ("Suspend", "2026-04-01", "before 2026-04-01 00:00", f"/console/orders/{fact['number']}"):
        assert said in letter["text"]
    assert about(auth, admin.email, fact) == []


def test_the_same_fact_is_mailed_once(auth: System) -> None:
    person = auth.new_person("console", "operator")
    once = str(uuid4())
    fact = placed(auth, person, once)
    until(lambda: about(auth, person.email, fact))
    auth.tell("sim.order_progressed", once, **fact)
    after = placed(auth, person)  # behind it in the same queue
    until(lambda: about(auth, person.email, after))
    assert len(about(auth, person.email, fact)) == 1


def test_the_administrators_are_told_in_place_of_a_program_or_who_has_no_address(auth: System) -> None:
    admin = auth.new_person("console", "administrator")
    english = colleague(auth, admin, "administrator", f"en-{admin.email}", "en")
    viewer = colleague(auth, admin, "viewer", f"viewer-{admin.email}")
    silent = colleague(auth, admin, "operator", "")
    gone = colleague(auth, admin, "operator", f"gone-{admin.email}")
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=gone.login_id)
    stranger = auth.new_person("console", "operator")
    for applicant in ("key:erp", silent.login_id, gone.login_id, stranger.login_id):
        fact = placed(auth, admin, applicant=applicant)
        (japanese,) = until(lambda: about(auth, admin.email, fact))  # noqa: B023 (is waited for here)
        until(lambda: about(auth, english.email, fact))  # noqa: B023
        assert japanese["subject"].startswith("【管理コンソールポータル】依頼受付")
        for other in (viewer, gone, stranger):
            assert about(auth, other.email, fact) == []


def test_a_fact_that_nobody_can_be_told_of_is_no_failure(auth: System) -> None:
    lonely = auth.new_person("console", "administrator", email="")
    placed(auth, lonely)
    person = auth.new_person("console", "operator")
    fact = placed(auth, person, happening="failed", items_failed=1)
    (letter,) = until(lambda: about(auth, person.email, fact))
    assert "異常終了：1件" in letter["text"]
    assert auth.value("SELECT count(*) FROM inbox WHERE state <> 'done'") == 0
