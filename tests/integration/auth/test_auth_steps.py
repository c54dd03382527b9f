"""Steps of a login out of order, skipped, replayed, or with what belongs to somebody else."""

from typing import Any

import pytest

from chassis.errors import Conflict
from tests.integration.auth.system import BROWSER, Person, System, new_token
from tests.integration.auth.test_auth_attacks import outcome


def later_steps(auth: System, attempt: str) -> dict[str, str]:
    """What comes of every later step of a login with this attempt."""

    def call(method: str, sealed: tuple[str, ...], **arguments: Any) -> str:
        return outcome(
            lambda: auth.client.call(f"auth.{method}", timeout=30, sealed=("attempt", *sealed), **arguments)
        )

    last = {"attempt": attempt, "session_hash": new_token()[1], **BROWSER}
    return {
        "code": call("verify_code", ("code",), code="123456", **last),
        "factor": call("verify_factor", ("totp",), totp="123456", **last),
        "password": call("set_password", ("password",), password="correct horse battery staple", **last),
        "enrol": call("enrol_totp", ("secret",), attempt=attempt, secret="A" * 32, name="phone"),
        "recovery": call(
            "start_recovery",
            ("email", "contact_phone"),
            email="thief@example.com",
            contact_phone="0441234567",
            **last,
        ),
    }


def person_at(auth: System, stage: str) -> tuple[Person, str]:
    """Somebody whose next login stops at this stage, and the portal."""
    if stage == "code":
        return auth.new_person(), "ip_phone"
    person = auth.new_person("console", "administrator")
    change = {
        "factor": "INSERT INTO factors (id, account_id, kind, name, secret, sign_count, created_at, confirmed_at)"
        " SELECT gen_random_uuid(), id, 'totp', 'phone', 'unreadable', 0, created_at, created_at"
        " FROM accounts WHERE login_id = :id",
        "password": "UPDATE accounts SET password_set_at = '2014-01-01' WHERE login_id = :id",
        "enrol": "UPDATE customers SET factors_required = true WHERE customer_code ="
        " (SELECT customer_code FROM accounts WHERE login_id = :id)",
    }[stage]
    auth.execute(change, id=person.login_id)
    return person, "console"


@pytest.mark.parametrize("stage", ["code", "factor", "password", "enrol"])
def test_no_stage_takes_the_step_of_another(auth: System, stage: str) -> None:
    person, portal = person_at(auth, stage)
    started = auth.start_login(portal, person.login_id, person.password)
    assert started["next"] == stage
    found = later_steps(auth, started["attempt"])
    own = {
        "code": ("code", "recovery"),
        "factor": ("factor",),
        "password": ("password",),
        "enrol": ("enrol",),
    }
    refused = {
        step: "code.unusable" if step == "code" else "attempt.unusable"
        for step in found
        if step not in own[stage]
    }
    assert {step: found[step] for step in refused} == refused


def test_no_attempt_works_after_its_step(auth: System) -> None:
    """The token changes at each stage: what was seen on the way is worth nothing."""
    person, portal = person_at(auth, "password")
    and_enrol = "UPDATE customers SET factors_required = true WHERE customer_code = :code"
    auth.execute(and_enrol, code=person.customer_code)
    first = auth.start_login(portal, person.login_id, person.password)["attempt"]
    token, token_hash = new_token()
    assert auth.set_password(first, "a much better one than that", token_hash)["next"] == "enrol"
    assert set(later_steps(auth, first).values()) == {"code.unusable", "attempt.unusable"}
    assert outcome(lambda: auth.resolve(token_hash)) == "session.unknown"
    assert later_steps(auth, token)["enrol"] == "done"


def test_the_token_of_an_attempt_never_becomes_that_of_the_session(auth: System) -> None:
    """What somebody has seen of a login under way opens nothing once it is over."""
    person = auth.new_person()
    _, token_hash = new_token()
    attempt = auth.start_login("ip_phone", person.login_id, person.password, session_hash=token_hash)[
        "attempt"
    ]
    code = auth.sandbox.code(person.email)
    with pytest.raises(Conflict, match=r"session\.exists"):
        auth.verify_code(attempt, code, token_hash)
    assert outcome(lambda: auth.resolve(token_hash)) == "session.unknown"
    assert outcome(lambda: auth.verify_code(attempt, code)) == "done"


def test_a_login_cannot_take_over_a_session_in_use(auth: System) -> None:
    """Session fixation: the token that a login opens is never one that somebody has already."""
    victim, attacker = auth.new_person(), auth.new_person()
    in_use = auth.log_in(attacker)
    attempt = auth.start_login("ip_phone", victim.login_id, victim.password)["attempt"]
    code = auth.sandbox.code(victim.email)
    with pytest.raises(Conflict, match=r"session\.exists"):
        auth.verify_code(attempt, code, in_use)
    assert auth.caller(in_use).login_id == attacker.login_id
    assert outcome(lambda: auth.verify_code(attempt, code)) == "done"


def test_an_attempt_is_of_no_use_to_other_accounts(auth: System) -> None:
    """The session is that of the attempt, whoever brings the code."""
    person = auth.new_person()
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    _, token_hash = new_token()
    auth.verify_code(attempt, auth.sandbox.code(person.email), token_hash)
    assert auth.caller(token_hash).login_id == person.login_id
