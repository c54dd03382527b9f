"""Proving within a session that it is still its owner."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, Unauthenticated
from tests.integration.auth.system import Person, System, minutes, new_token
from tests.integration.auth.test_auth_sessions import began_at, call, is_alive


def prove(auth: System, token_hash: str, new_token_hash: str, **proof: Any) -> Any:
    return call(auth, token_hash, "prove", new_session_hash=new_token_hash, **proof)


def test_a_proof_makes_the_session_fresh_and_changes_its_token(auth: System) -> None:
    person = auth.new_person()
    old, new = auth.log_in(person), new_token()[1]
    session_id, began = auth.caller(old).session, began_at(auth, old)
    with auth.sandbox.clock_at(began + minutes(12)):
        proved_at = datetime.fromisoformat(prove(auth, old, new, password=person.password)["proved_at"])
        caller = auth.caller(new)
    assert proved_at >= began + minutes(12)
    assert abs(caller.authenticated_at - proved_at) < timedelta(seconds=1)
    assert caller.session == session_id
    assert began_at(auth, new) == began  # the end of its life is still counted from the login
    assert not is_alive(auth, old)


def test_a_refused_proof_changes_nothing(auth: System) -> None:
    person = auth.new_person()
    old, new = auth.log_in(person), new_token()[1]
    before = auth.caller(old).authenticated_at
    for wrong in ("not the password", "", "x" * 10_000):
        with pytest.raises(Forbidden, match=r"proof\.refused"):
            prove(auth, old, new, password=wrong)
    assert auth.caller(old).authenticated_at == before
    assert not is_alive(auth, new)
    refused = "SELECT array_agg(result) FROM audit WHERE action = 'session.proved' AND login_id = :id"
    assert auth.value(refused, id=person.login_id) == ["wrong_password"] * 3


def test_a_right_proof_is_no_failure(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    for _ in range(7):
        new = new_token()[1]
        prove(auth, token_hash, new, password=person.password)
        token_hash = new


def test_the_new_token_must_be_new(auth: System) -> None:
    person = auth.new_person()
    mine, other = auth.log_in(person), auth.log_in(auth.new_person())
    for used in (mine, other):
        with pytest.raises(Conflict, match=r"session\.exists"):
            prove(auth, mine, used, password=person.password)
    assert auth.caller(mine).login_id == person.login_id


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"password": "x", "totp": "123456"},
        {"totp": "123456", "recovery_code": "x"},
        {"password": "x", "assertion": {}},
    ],
)
def test_exactly_one_proof_is_taken(auth: System, proof: dict[str, Any]) -> None:
    token_hash = auth.log_in(auth.new_person())
    with pytest.raises(Invalid, match=r"request\.invalid"):
        prove(auth, token_hash, new_token()[1], **proof)


def add_factor(auth: System, person: Person) -> None:
    auth.execute(
        "INSERT INTO factors (id, account_id, kind, name, secret, sign_count, created_at, confirmed_at)"
        " SELECT gen_random_uuid(), id, 'totp', 'phone', 'unreadable', 0, created_at, created_at"
        " FROM accounts WHERE login_id = :id",
        id=person.login_id,
    )


def test_with_a_second_factor_the_password_is_no_proof(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    token_hash = auth.log_in(person, "console")
    add_factor(auth, person)
    with pytest.raises(Forbidden, match=r"proof\.refused"):
        prove(auth, token_hash, new_token()[1], password=person.password)


def test_guessing_factors_within_a_session_is_slowed_down(auth: System) -> None:
    person = auth.new_person("staff", "support")
    token_hash = auth.log_in(person, "staff")
    add_factor(auth, person)
    auth.fail("staff", person.login_id, 10)
    with pytest.raises(Forbidden, match=r"proof\.refused"):
        prove(auth, token_hash, new_token()[1], recovery_code="AAAA-AAAA-AAAA-AAAA")
    reason = "SELECT result FROM audit WHERE action = 'session.proved' AND login_id = :id"
    assert auth.value(reason, id=person.login_id) == "throttled"


def test_a_slip_of_the_keyboard_is_no_try(auth: System) -> None:
    token_hash = auth.log_in(auth.new_person())
    failed = auth.value("SELECT count(*) FROM login_attempts")
    with pytest.raises(Invalid, match=r"factor\.format"):
        prove(auth, token_hash, new_token()[1], totp="12345")
    assert auth.value("SELECT count(*) FROM login_attempts") == failed


def test_an_ended_session_proves_nothing(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    context = auth.resolve(token_hash)["context"]
    auth.end_session(token_hash)
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.client.call(
            "auth.prove",
            timeout=30,
            context=context,
            sealed=("password",),
            new_session_hash=new_token()[1],
            password=person.password,
        )
