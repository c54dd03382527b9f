"""One-time passwords and recovery codes: set up, asked for, used up, removed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Invalid, NotFound, Unauthenticated
from tests.integration.auth.authenticator import (
    REQUIRE,
    App,
    Member,
    Steps,
    call,
    controlled_clock,
    join,
    new_recovery_codes,
    offer,
    refusal,
    step,
)
from tests.integration.auth.system import System, new_token


def sessions_of(auth: System, member: Member) -> Any:
    of_account = (
        "SELECT count(*) FROM sessions JOIN accounts ON accounts.id = account_id WHERE login_id = :id"
    )
    return auth.value(of_account, id=member.person.login_id)


# a login with a second factor


@pytest.mark.parametrize(("portal", "role"), [("console", "viewer"), ("staff", "support")])
def test_an_account_with_a_one_time_password_needs_it_to_log_in(
    auth: System, at: Steps, portal: str, role: str
) -> None:
    member = join(auth, portal, role)
    app, _ = member.add_totp(at.now)
    assert [(one["kind"], one["name"]) for one in member.factors()] == [("totp", "App")]
    at.forward()
    before = sessions_of(auth, member)
    started = member.start()
    assert (started["next"], started["factors"]) == ("factor", ["totp"])
    assert sessions_of(auth, member) == before
    done = step(auth, "verify_factor", member.token_hash, attempt=started["attempt"], totp=app.code(at.now))
    assert (done["next"], done["kind"]) == ("done", portal)
    assert auth.caller(member.token_hash).login_id == member.person.login_id
    assert member.factors()[0]["last_used_at"] is not None


def test_five_wrong_one_time_passwords_end_the_login(auth: System, at: Steps) -> None:
    member = join(auth)
    app, _ = member.add_totp(at.now)
    at.forward()
    attempt = member.start()["attempt"]
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(Unauthenticated) as refused:
            step(auth, "verify_factor", attempt=attempt, totp=app.wrong_code(at.now))
        assert (refused.value.code, refused.value.details) == ("factor.wrong", {"tries_left": left})
    assert offer(auth, attempt, totp=app.code(at.now)) == "attempt.unusable"
    assert member.audit()[1:] == [("factor.refused", "wrong")] * 5


@pytest.mark.parametrize(
    ("offered", "code"),
    [
        ({"totp": "12345"}, "factor.format"),
        ({"totp": "１２３４５６"}, "factor.format"),
        ({"totp": ""}, "factor.format"),
        ({"recovery_code": "12345"}, "factor.recovery_format"),
        ({"recovery_code": "UUUUU-UUUUU"}, "factor.recovery_format"),
        ({}, "request.invalid"),
        ({"totp": "123456", "recovery_code": "7K3QM-0XW9C"}, "request.invalid"),
    ],
)
def test_what_is_malformed_is_named_and_is_no_try(
    auth: System, at: Steps, offered: dict[str, str], code: str
) -> None:
    member = join(auth)
    app, _ = member.add_totp(at.now)
    at.forward()
    attempt = member.start()["attempt"]
    for _ in range(6):
        with pytest.raises(Invalid) as refused:
            step(auth, "verify_factor", attempt=attempt, **offered)
        assert refused.value.code == code
        assert refused.value.details["errors"][0]["pointer"] in ("totp", "recovery_code")
    assert offer(auth, attempt, totp=app.code(at.now)) == "done"


def test_a_time_step_is_taken_once(auth: System, at: Steps) -> None:
    member = join(auth)
    app, _ = member.add_totp(at.now)
    assert offer(auth, member.start()["attempt"], totp=app.code(at.now)) == "factor.wrong"  # set up with it
    at.forward()
    assert offer(auth, member.start()["attempt"], totp=app.code(at.now)) == "done"
    assert offer(auth, member.start()["attempt"], totp=app.code(at.now)) == "factor.wrong"
    earlier = at.now - timedelta(seconds=30)
    assert offer(auth, member.start()["attempt"], totp=app.code(earlier)) == "factor.wrong"
    at.forward()
    assert offer(auth, member.start()["attempt"], totp=app.code(at.now)) == "done"


def test_another_accounts_one_time_password_is_wrong(auth: System, at: Steps) -> None:
    member, other = join(auth), join(auth)
    member.add_totp(at.now)
    app, codes = other.add_totp(at.now)
    at.forward()
    attempt = member.start()["attempt"]
    assert offer(auth, attempt, totp=app.code(at.now)) == "factor.wrong"
    assert offer(auth, attempt, recovery_code=codes[0]) == "factor.wrong"


def test_of_50_logins_with_one_time_password_at_once_one_opens_a_session(auth: System, at: Steps) -> None:
    member = join(auth)
    app, _ = member.add_totp(at.now)
    at.forward()
    before, attempt = sessions_of(auth, member), member.start()["attempt"]
    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(lambda _: offer(auth, attempt, totp=app.code(at.now)), range(50)))
    assert (outcomes.count("done"), outcomes.count("attempt.unusable")) == (1, 49)
    assert sessions_of(auth, member) == before + 1


def test_of_50_uses_at_once_of_a_one_time_password_or_a_recovery_code_one_counts(
    start_system: Callable[..., System],
) -> None:
    system = start_system(KAISEN_THROTTLE_FREE_FAILURES="1000", KAISEN_THROTTLE_FREE_FAILURES_ANYWHERE="1000")
    with controlled_clock(system) as at:
        member = join(system)
        app, codes = member.add_totp(at.now)
        at.forward()
        for proof in ({"totp": app.code(at.now)}, {"recovery_code": codes[3]}):
            context = system.resolve(member.token_hash)["context"]
            tokens = [new_token()[1] for _ in range(50)]

            def prove(
                token_hash: str, context: str = context, proof: dict[str, str] = proof
            ) -> tuple[str, str]:
                act = lambda: call(system, "prove", context=context, new_session_hash=token_hash, **proof)  # noqa: E731
                return refusal(act), token_hash

            with ThreadPoolExecutor(50) as pool:
                outcomes = list(pool.map(prove, tokens))
            accepted = [token_hash for outcome, token_hash in outcomes if outcome == "done"]
            assert len(accepted) == 1
            assert [outcome for outcome, _ in outcomes].count("proof.refused") == 49
            member.token_hash = accepted[0]


def test_the_stage_is_the_attempts_own(auth: System, at: Steps) -> None:
    """A login that waits for a factor cannot set one up, and one that sets one up cannot be led past it."""
    member = join(auth)
    app, _ = member.add_totp(at.now)
    attempt = member.start()["attempt"]
    codes = new_recovery_codes()
    for act in (
        lambda: step(auth, "confirm_enrolled_totp", attempt=attempt, code="123456", recovery_codes=codes),
        lambda: call(auth, "enrol_totp", attempt=attempt, secret=App().secret, name="App"),
        lambda: call(auth, "enrol_passkey", attempt=attempt),
        lambda: step(
            auth, "finish_enrolled_passkey", attempt=attempt, response={}, name="Key", recovery_codes=codes
        ),
    ):
        assert refusal(act) == "attempt.unusable"
    assert refusal(lambda: call(auth, "challenge_factor", attempt="unknown")) == "attempt.unusable"

    newcomer = join(auth)
    auth.execute(REQUIRE, code=newcomer.person.customer_code)
    enrolling = newcomer.start()["attempt"]
    assert offer(auth, enrolling, totp=app.code(at.now)) == "attempt.unusable"
    assert refusal(lambda: call(auth, "challenge_factor", attempt=enrolling)) == "attempt.unusable"


# the first factor in a login


def test_a_required_factor_is_set_up_in_the_login(auth: System, at: Steps) -> None:
    member = join(auth)
    auth.execute(REQUIRE, code=member.person.customer_code)
    started = member.start()
    assert started["next"] == "enrol"
    app, codes = App(), new_recovery_codes()
    attempt = started["attempt"]
    known = call(auth, "enrol_totp", attempt=attempt, secret=app.secret, name="App")
    assert known == {"login_id": member.person.login_id}

    def confirm(code: str) -> Any:
        return step(
            auth,
            "confirm_enrolled_totp",
            member.token_hash,
            attempt=attempt,
            code=code,
            recovery_codes=codes,
        )

    for _ in range(6):  # whoever sets it up holds the secret: a slip is no try
        assert refusal(lambda: confirm(app.wrong_code(at.now))) == "factor.wrong"
    assert refusal(lambda: confirm("12345")) == "factor.format"
    assert confirm(app.code(at.now))["next"] == "done"
    assert [one["name"] for one in member.factors()] == ["App"]
    assert refusal(lambda: confirm(app.code(at.now))) == "attempt.unusable"
    assert member.audit() == [("factor.added", "done")]
    started = member.start()
    assert started["next"] == "factor"
    assert offer(auth, started["attempt"], recovery_code=codes[9]) == "done"


def test_nothing_can_be_confirmed_that_was_not_begun(auth: System) -> None:
    member = join(auth)
    codes = new_recovery_codes()
    with pytest.raises(NotFound) as refused:
        member.call("confirm_totp", code="123456", recovery_codes=codes)
    assert refused.value.code == "factor.unknown"
    with pytest.raises(NotFound) as refused:
        member.call("new_recovery_codes", recovery_codes=codes)
    assert refused.value.code == "factor.unknown"
