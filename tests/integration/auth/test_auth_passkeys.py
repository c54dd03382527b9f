"""Passkeys: registered and used by a software authenticator, and by all who are not its owner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from chassis.errors import Conflict, Invalid
from tests.integration.auth.authenticator import (
    ORIGIN,
    REQUIRE,
    Member,
    Passkey,
    call,
    from_base64url,
    in_base64url,
    join,
    new_recovery_codes,
    refusal,
    step,
)
from tests.integration.auth.system import System, new_token

CHANGED_ANSWERS: list[dict[str, Any]] = [
    {"origin": "https://portal.evil.example"},
    {"origin": ORIGIN.replace("http:", "https:")},
    {"origin": "http://localhost:8001"},
    {"challenge": in_base64url(b"x" * 64)},
    {"challenge": ""},
    {"host": "evil.example"},
    {"type": "webauthn.nothing"},
    {"flags": 0x40},  # nobody was present
]


def log_in(member: Member, passkey: Passkey, **changes: Any) -> str:
    """What becomes of a login with the passkey."""
    started = member.start()
    asked = call(member.system, "challenge_factor", attempt=started["attempt"])["options"]
    return finish(member, started["attempt"], passkey.get(asked, **changes))


def finish(member: Member, attempt: str, assertion: dict[str, Any]) -> str:
    act = lambda: step(  # noqa: E731
        member.system, "verify_factor", member.token_hash, attempt=attempt, assertion=assertion
    )
    return refusal(act)


# registration


def test_a_passkey_is_registered_and_logs_in(auth: System) -> None:
    member = join(auth)
    passkey = member.add_passkey("Notebook")
    assert [(one["kind"], one["name"]) for one in member.factors()] == [("passkey", "Notebook")]
    assert member.call("list_factors")["recovery_codes_left"] == 10
    assert member.start()["factors"] == ["passkey"]
    assert log_in(member, passkey) == "done"
    assert auth.caller(member.token_hash).login_id == member.person.login_id
    assert log_in(member, passkey) == "done"
    assert member.audit() == [("factor.added", "done"), ("factor.used", "done"), ("factor.used", "done")]


def test_the_browser_is_asked_for_what_the_site_needs(auth: System) -> None:
    member = join(auth, "staff", "support")
    first = member.add_passkey()
    made = member.call("begin_passkey")["options"]
    assert made["rp"] == {"name": "ミナト通信", "id": "localhost"}
    assert made["user"]["name"] == member.person.login_id
    assert made["authenticatorSelection"]["residentKey"] == "preferred"
    assert made["authenticatorSelection"]["userVerification"] == "preferred"
    assert made["attestation"] == "none"
    assert [one["id"] for one in made["excludeCredentials"]] == [in_base64url(first.id)]
    attempt = member.start()["attempt"]
    asked = call(auth, "challenge_factor", attempt=attempt)["options"]
    assert [one["id"] for one in asked["allowCredentials"]] == [in_base64url(first.id)]
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "preferred")
    assert len(from_base64url(asked["challenge"])) >= 32
    assert asked["challenge"] != made["challenge"]


@pytest.mark.parametrize("changes", CHANGED_ANSWERS, ids=str)
def test_a_registration_that_is_not_for_us_is_refused(auth: System, changes: dict[str, Any]) -> None:
    member = join(auth)
    options = member.call("begin_passkey")["options"]
    with pytest.raises(Invalid) as refused:
        register(member, Passkey().create(options, **changes))
    assert refused.value.code == "factor.not_accepted"
    assert member.factors() == []


def register(member: Member, response: dict[str, Any], name: str = "Key") -> Any:
    return member.call("finish_passkey", response=response, name=name, recovery_codes=new_recovery_codes())


def test_a_registration_challenge_works_once_and_for_its_session_alone(auth: System) -> None:
    member = join(auth)
    elsewhere = Member(auth, member.person, "console")
    assert elsewhere.start()["next"] == "done"
    options = member.call("begin_passkey")["options"]
    assert refusal(lambda: register(elsewhere, Passkey().create(options))) == "factor.not_accepted"
    register(member, Passkey().create(options))
    assert refusal(lambda: register(member, Passkey().create(options))) == "factor.not_accepted"
    assert len(member.factors()) == 1


def test_a_newer_challenge_replaces_the_older_one(auth: System) -> None:
    member = join(auth)
    old = member.call("begin_passkey")["options"]
    new = member.call("begin_passkey")["options"]
    assert refusal(lambda: register(member, Passkey().create(old))) == "factor.not_accepted"
    assert refusal(lambda: register(member, Passkey().create(new))) == "factor.not_accepted", (
        "taken by the try"
    )


@pytest.mark.parametrize(
    ("seconds", "expected"), [(4 * 60 + 50, "done"), (5 * 60 + 1, "factor.not_accepted")]
)
def test_a_challenge_is_good_for_five_minutes(auth: System, seconds: int, expected: str) -> None:
    member = join(auth)
    with auth.sandbox.clock_at(clock.wall()):
        began = clock.wall()
        options = member.call("begin_passkey")["options"]
        auth.sandbox.move({"now": (began + timedelta(seconds=seconds)).isoformat()})
        assert refusal(lambda: register(member, Passkey().create(options))) == expected


def test_a_credential_belongs_to_one_account(auth: System) -> None:
    member, other = join(auth), join(auth)
    passkey = member.add_passkey()
    for somebody in (member, other):
        options = somebody.call("begin_passkey")["options"]
        with pytest.raises(Conflict) as refused:
            register(somebody, passkey.create(options))
        assert refused.value.code == "factor.exists"
    assert other.factors() == []


def test_a_removed_passkey_logs_in_no_more(auth: System) -> None:
    member = join(auth)
    removed, kept = member.add_passkey("One"), member.add_passkey("Two")
    member.call("remove_factor", factor_id=member.factors()[0]["id"])
    assert log_in(member, removed) == "factor.wrong"
    assert log_in(member, kept) == "done"
    options = member.call("begin_passkey")["options"]
    register(member, removed.create(options), "Again")


def test_a_required_passkey_is_set_up_in_the_login(auth: System) -> None:
    member = join(auth)
    auth.execute(REQUIRE, code=member.person.customer_code)
    attempt = member.start()["attempt"]
    passkey, codes = Passkey(), new_recovery_codes()

    def enrol(response: dict[str, Any]) -> Any:
        return step(
            auth,
            "finish_enrolled_passkey",
            member.token_hash,
            attempt=attempt,
            response=response,
            name="Key",
            recovery_codes=codes,
        )

    options = call(auth, "enrol_passkey", attempt=attempt)["options"]
    wrong = passkey.create(options, origin="https://portal.evil.example")
    assert refusal(lambda: enrol(wrong)) == "factor.not_accepted"
    options = call(auth, "enrol_passkey", attempt=attempt)["options"]
    assert enrol(passkey.create(options))["next"] == "done"
    assert [one["name"] for one in member.factors()] == ["Key"]
    attempt = member.start()["attempt"]
    done = step(auth, "verify_factor", member.token_hash, attempt=attempt, recovery_code=codes[0])
    assert done["next"] == "done"


# use


@pytest.mark.parametrize("changes", [*CHANGED_ANSWERS[:-1], {"flags": 0x00}], ids=str)
def test_an_answer_that_is_not_for_us_is_wrong(auth: System, changes: dict[str, Any]) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    assert log_in(member, passkey, **changes) == "factor.wrong"
    assert log_in(member, passkey) == "done"


def test_a_stolen_answer_is_not_taken_again(auth: System) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    attempt = member.start()["attempt"]
    asked = call(auth, "challenge_factor", attempt=attempt)["options"]
    answer = passkey.get(asked)
    assert finish(member, attempt, answer) == "done"
    attempt = member.start()["attempt"]
    assert finish(member, attempt, answer) == "factor.wrong", "nothing was asked"
    call(auth, "challenge_factor", attempt=attempt)
    assert finish(member, attempt, answer) == "factor.wrong", "another thing was asked"


def test_of_20_answers_at_once_one_counts(auth: System) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    attempt = member.start()["attempt"]
    answer = passkey.get(call(auth, "challenge_factor", attempt=attempt)["options"])
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda _: finish(member, attempt, answer), range(20)))
    assert (outcomes.count("done"), outcomes.count("attempt.unusable")) == (1, 19)


def test_a_wrong_signature_is_wrong(auth: System) -> None:
    member = join(auth)
    passkey, forger = member.add_passkey(), Passkey()
    forger.id = passkey.id
    assert log_in(member, forger) == "factor.wrong"


def test_anothers_credential_is_wrong(auth: System) -> None:
    member, other = join(auth), join(auth)
    member.add_passkey()
    assert log_in(member, other.add_passkey()) == "factor.wrong"
    assert log_in(member, Passkey()) == "factor.wrong"


@pytest.mark.parametrize(("known", "said"), [(5, 5), (5, 4), (5, 0), (1, 1)])
def test_a_counter_that_does_not_grow_tells_of_a_clone(auth: System, known: int, said: int) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    assert log_in(member, passkey, count=known) == "done"
    assert log_in(member, passkey, count=said) == "factor.wrong"
    assert member.audit()[-1] == ("factor.refused", "cloned")
    assert log_in(member, passkey, count=known + 1) == "done"


def test_only_a_genuine_signature_tells_of_a_clone(auth: System) -> None:
    member = join(auth)
    passkey, forger = member.add_passkey(), Passkey()
    assert log_in(member, passkey, count=5) == "done"
    forger.id = passkey.id
    assert log_in(member, forger, count=5) == "factor.wrong"
    assert member.audit()[-1] == ("factor.refused", "wrong")


def test_a_passkey_without_a_counter_is_taken(auth: System) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    for _ in range(2):
        assert log_in(member, passkey, count=0) == "done"


def test_a_passkey_proves_the_person_within_a_session(auth: System) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    asked = member.call("challenge_proof")["options"]
    _, token_hash = new_token()
    answer = passkey.get(asked)
    member.call("prove", new_session_hash=token_hash, assertion=answer)
    member.token_hash = token_hash
    again = refusal(lambda: member.call("prove", new_session_hash=new_token()[1], assertion=answer))
    assert again == "proof.refused"


def test_a_sessions_challenge_is_no_login_attempts(auth: System) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    asked = member.call("challenge_proof")["options"]
    session = member.token_hash
    attempt = member.start()["attempt"]
    assert finish(member, attempt, passkey.get(asked)) == "factor.wrong"
    member.token_hash = session
    made = member.call("begin_passkey")["options"]
    answer = passkey.get({"challenge": made["challenge"], "rpId": "localhost"})
    refused = refusal(lambda: member.call("prove", new_session_hash=new_token()[1], assertion=answer))
    assert refused == "proof.refused", "the challenge was for a registration"


# what nobody has made


def mangle(answer: dict[str, Any], part: str, change: Callable[[bytes], bytes]) -> dict[str, Any]:
    shown = answer["response"]
    return {**answer, "response": {**shown, part: in_base64url(change(from_base64url(shown[part])))}}


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject"])
@pytest.mark.parametrize("change", [lambda _: b"", lambda old: old[:-5], lambda old: b"\xff" + old])
def test_a_mangled_registration_is_refused(auth: System, part: str, change: Callable[[bytes], bytes]) -> None:
    member = join(auth)
    response = mangle(Passkey().create(member.call("begin_passkey")["options"]), part, change)
    assert refusal(lambda: register(member, response)) == "factor.not_accepted"


@pytest.mark.parametrize("named", ["", "unknown", "x" * 2_000, "\x00", None, 7])
def test_an_answer_that_names_no_credential_of_ours_is_wrong(auth: System, named: Any) -> None:
    member = join(auth)
    passkey = member.add_passkey()
    attempt = member.start()["attempt"]
    asked = call(auth, "challenge_factor", attempt=attempt)["options"]
    assert finish(member, attempt, {**passkey.get(asked), "id": named}) == "factor.wrong"
