"""Account administration: other passwords, removal, and the policy of a customer."""

from typing import Any

import pytest
from sqlalchemy import column, func, select, table

from chassis import clock
from chassis.errors import Conflict, Forbidden, NotFound, Unauthenticated
from services.auth.staff_account import create_staff_account
from tests.harness import until
from tests.integration.auth.members import Member, at_work, colleague, last_record, refusal
from tests.integration.auth.system import Person, System, minutes, new_token


def test_a_reset_account_has_another_password_that_must_be_changed(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "viewer")
    token_hash = auth.log_in(person, "console")
    password = admin.reset(person.login_id)
    assert refusal(auth.resolve, token_hash) == (Unauthenticated, "session.unknown")
    assert refusal(auth.log_in, person, "console") == (Unauthenticated, "login.refused")
    until(lambda: any(password in letter["text"] for letter in auth.sandbox.letters(person.email)), 15)
    step = auth.start_login("console", person.login_id, password, session_hash=new_token()[1])
    assert step["next"] == "password"
    assert admin.get(person.login_id)["must_change_password"] is True


def give_factors(auth: System, login_id: str) -> None:
    """Two one-time passwords, one of them not confirmed, and a recovery code."""
    for name, confirmed in (("phone", True), ("tablet", False)):
        auth.execute(
            "INSERT INTO factors (id, account_id, kind, name, secret, sign_count, created_at, confirmed_at)"
            " SELECT gen_random_uuid(), id, 'totp', :name, 'x', 0, now(), CASE WHEN :confirmed THEN now() END"
            " FROM accounts WHERE login_id = :id",
            id=login_id,
            name=name,
            confirmed=confirmed,
        )
    auth.execute(
        "INSERT INTO recovery_codes (account_id, code_digest) SELECT id, 'x' FROM accounts WHERE login_id = :id",
        id=login_id,
    )


@pytest.mark.parametrize(("factors", "left", "rows"), [(False, ["totp"], 3), (True, [], 0)])
def test_a_reset_leaves_or_removes_the_factors(
    auth: System, admin: Member, factors: bool, left: list[str], rows: int
) -> None:
    person = colleague(auth, admin.person, "viewer")
    give_factors(auth, person.login_id)
    assert admin.get(person.login_id)["factors"] == ["totp"]
    admin.reset(person.login_id, factors=factors)
    assert admin.get(person.login_id)["factors"] == left
    assert (
        rows_of(auth, person.login_id, "factors") + rows_of(auth, person.login_id, "recovery_codes") == rows
    )


def rows_of(auth: System, login_id: str, name: str) -> int:
    account_id = auth.value("SELECT id FROM accounts WHERE login_id = :id", id=login_id)
    rows = select(func.count()).select_from(table(name)).where(column("account_id") == account_id)
    with auth.database.connect() as connection:
        return connection.scalars(rows).one()


def test_s0_06_the_centre_sends_a_self_care_customer_another_password(auth: System, staff: Member) -> None:
    """Self-care has no step to change it in: the password of the centre goes on working."""
    person = auth.new_person()
    password = staff.reset(person.login_id)
    assert refusal(auth.log_in, person) == (Unauthenticated, "login.refused")
    letter = auth.sandbox.letter(person.email)
    assert password in letter["text"]
    assert letter["from"] == "no-reply-otp@minato-telecom.example"
    renewed = Person(person.login_id, password, person.email, person.customer_code)
    assert auth.caller(auth.log_in(renewed)).login_id == person.login_id
    assert staff.get(person.login_id)["must_change_password"] is False
    assert auth.value(
        "SELECT initial_password_ends_at IS NULL AND NOT password_is_initial FROM accounts WHERE login_id = :id",
        id=person.login_id,
    )


def test_s0_06_without_an_address_the_centre_is_told_so(auth: System, staff: Member) -> None:
    person = auth.new_person(email="")
    answer = staff.call("reset_account", login_id=person.login_id, initial_password="x" * 20)
    assert answer == {"mailed": False, "ends_at": None}


def test_a_deleted_account_leaves_its_login_id_alone(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "operator")
    auth.log_in(person, "console")
    give_factors(auth, person.login_id)
    others = auth.log_in(colleague(auth, admin.person, "viewer"), "console")
    auth.execute(
        "INSERT INTO former_passwords (account_id, password_hash, set_at)"
        " SELECT id, 'x', now() FROM accounts WHERE login_id = :id",
        id=person.login_id,
    )
    admin.call("delete_account", login_id=person.login_id)
    left: dict[str, Any] = auth.value(
        "SELECT to_jsonb(accounts) FROM accounts WHERE login_id = :id", id=person.login_id
    )
    assert {name for name, value in left.items() if value is None} == {
        "email",
        "contact_phone",
        "password_hash",
        "password_set_at",
        "initial_password_ends_at",
        "last_login_at",
    }
    for name in ("factors", "recovery_codes", "former_passwords", "code_mails", "sessions"):
        assert rows_of(auth, person.login_id, name) == 0, name
    assert refusal(admin.get, person.login_id) == (NotFound, "account.unknown")
    assert admin.call("list_accounts", query=person.login_id)["total"] == 0
    assert auth.resolve(others), "others work on"


def test_a_deleted_account_is_logged_out_and_cannot_log_in(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "operator")
    token_hash = auth.log_in(person, "console")
    admin.call("delete_account", login_id=person.login_id)
    assert refusal(auth.resolve, token_hash) == (Unauthenticated, "session.unknown")
    assert refusal(auth.log_in, person, "console") == (Unauthenticated, "login.refused")


def test_a_deleted_login_id_is_not_made_anew_by_import_or_command(auth: System, admin: Member) -> None:
    person = colleague(auth, admin.person, "operator")
    admin.call("delete_account", login_id=person.login_id)
    report = auth.import_accounts(f"{person.login_id},console,{person.customer_code},operator,,,,")
    assert [error["code"] for error in report["errors"]] == ["import.key_conflict"]
    again = refusal(create_staff_account, auth.database_url, person.login_id, "support")
    assert again == (Conflict, "account.exists")


def test_the_customers_administrators_decide_whether_a_second_factor_is_needed(
    auth: System, admin: Member
) -> None:
    foreign = at_work(auth, auth.new_person("console", "administrator"))
    assert admin.call("get_factor_policy") == {"required": False}
    assert admin.call("set_factor_policy", required=True) == {"required": True}
    assert admin.call("get_factor_policy") == {"required": True}
    assert foreign.call("get_factor_policy") == {"required": False}
    record = last_record(auth, admin.person.customer_code)
    assert (record["action"], record["customer_code"]) == ("policy.changed", admin.person.customer_code)
    assert record["details"] == {"factors_required": {"from": False, "to": True}}


def test_a_policy_that_stays_is_no_change(auth: System, admin: Member) -> None:
    admin.call("set_factor_policy", required=False)
    assert last_record(auth, admin.person.customer_code) is None


def test_changing_the_policy_needs_a_fresh_proof(auth: System, admin: Member) -> None:
    with auth.sandbox.clock_at(clock.wall() + minutes(11)):
        outcome = refusal(admin.call, "set_factor_policy", required=True)
    assert outcome == (Forbidden, "proof.required")
    assert admin.call("get_factor_policy") == {"required": False}
