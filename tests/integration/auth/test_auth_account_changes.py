"""Account administration: changes, and what they mean for those who are logged in."""

import base64
import json
from typing import Any

import pytest

from chassis.errors import Invalid, Unauthenticated
from tests.integration.auth.members import Member, colleague, disable, last_record, refusal
from tests.integration.auth.system import BROWSER, System


def test_a_change_says_what_it_made_of_the_account(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "viewer")
    item = admin.change(person.login_id, role="operator", email="new@customer.example")
    assert (item["role"], item["email"]) == ("operator", "new@customer.example")
    assert admin.change(person.login_id, email="")["email"] is None
    assert admin.get(person.login_id) == admin.change(person.login_id)


def test_a_wrong_change_is_named_and_changes_nothing(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "viewer")
    with pytest.raises(Invalid) as refused:
        admin.change(person.login_id, role="support", email="nobody", disabled=True)
    assert refused.value.code == "account.invalid"
    named = {problem["pointer"]: problem["code"] for problem in refused.value.details["errors"]}
    assert named == {"role": "account.role", "email": "email.format"}
    item = admin.get(person.login_id)
    assert (item["role"], item["email"], item["disabled"]) == ("viewer", person.email, False)


def test_a_self_care_account_has_no_role_to_give(auth: System, staff: Member) -> None:
    person = auth.new_person()
    with pytest.raises(Invalid) as refused:
        staff.change(person.login_id, role="administrator")
    assert refused.value.details["errors"][0]["code"] == "account.role"


def test_s4_06_a_disabled_account_is_refused_at_once(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "operator")
    token_hash = auth.log_in(person, "console")
    context = auth.resolve(token_hash)["context"]
    disable(admin, person.login_id)
    assert refusal(auth.resolve, token_hash) == (Unauthenticated, "session.unknown")
    assert refusal(auth.log_in, person, "console") == (Unauthenticated, "login.refused")
    claims = json.loads(base64.urlsafe_b64decode(context.split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] <= 60, "what was granted before is over within a minute"
    admin.change(person.login_id, disabled=False)
    assert auth.caller(auth.log_in(person, "console")).login_id == person.login_id
    assert refusal(auth.resolve, token_hash)[0] is Unauthenticated, "the old session stays dead"


def test_s4_06_a_disabled_account_cannot_go_on_with_its_login(auth: System, staff: Member) -> None:
    person = auth.new_person()
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    code = auth.sandbox.code(person.email)
    disable(staff, person.login_id)
    staff.change(person.login_id, disabled=False)
    assert refusal(auth.verify_code, attempt, code) == (Unauthenticated, "code.unusable")


def test_a_demoted_account_has_lost_its_role_at_once(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "administrator")
    token_hash = auth.log_in(person, "console")
    assert "console_administrator" in auth.caller(token_hash).roles
    admin.change(person.login_id, role="viewer")
    assert refusal(auth.resolve, token_hash) == (Unauthenticated, "session.unknown")
    roles = auth.caller(auth.log_in(person, "console")).roles
    assert "console_viewer" in roles
    assert roles.isdisjoint({"console_operator", "console_administrator"})


def test_a_promoted_account_works_on_and_has_its_role_at_the_next_request(
    auth: System, admin: Member
) -> None:
    person = colleague(auth, admin.person, "viewer")
    token_hash = auth.log_in(person, "console")
    admin.change(person.login_id, role="operator", email="")
    assert "console_operator" in auth.caller(token_hash).roles


def test_everything_is_on_record_under_the_accounts_customer(auth: System, admin: Member) -> None:
    person, _ = admin.create("operator")
    login_id = person.login_id

    def newest() -> tuple[str, dict[str, Any]]:
        record = last_record(auth, login_id)
        assert (record["login_id"], record["kind"]) == (admin.person.login_id, "console")
        assert record["customer_code"] == admin.person.customer_code
        assert (record["result"], record["client_ip"]) == ("done", BROWSER["client_ip"])
        assert "@" not in json.dumps(record["details"])
        return record["action"], record["details"]

    assert newest() == ("account.created", {"role": "operator", "mailed": True})
    admin.change(login_id, role="viewer", disabled=True, email="other@customer.example")
    assert newest() == (
        "account.changed",
        {
            "role": {"from": "operator", "to": "viewer"},
            "disabled": {"from": False, "to": True},
            "email": "changed",
        },
    )
    admin.reset(login_id, factors=True)
    assert newest() == ("account.reset", {"factors": True, "mailed": True})
    admin.call("delete_account", login_id=login_id)
    assert newest() == ("account.deleted", {})


def test_a_change_by_staff_is_on_the_customers_record(auth: System, staff: Member) -> None:
    person = auth.new_person("console", "viewer")
    staff.change(person.login_id, disabled=True)
    record = last_record(auth, person.login_id)
    assert (record["login_id"], record["kind"]) == (staff.person.login_id, "staff")
    assert record["customer_code"] == person.customer_code


def test_a_change_that_changes_nothing_is_not_on_record(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "viewer")
    admin.change(person.login_id, role="viewer", email=person.email, disabled=False)
    assert last_record(auth, person.login_id) is None
