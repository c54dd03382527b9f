"""The factors of somebody who is logged in: added, looked at, renewed, removed, and their secrets kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from tests.harness import until
from tests.integration.auth.authenticator import (
    REQUIRE,
    App,
    Member,
    Steps,
    join,
    new_recovery_codes,
    offer,
    refusal,
    step,
)
from tests.integration.auth.system import System, new_token
from tests.integration.auth.test_auth_secrets import everything_stored


def test_the_first_code_confirms_and_a_newly_begun_one_replaces_the_unfinished(
    auth: System, at: Steps
) -> None:
    member = join(auth)
    first, second, codes = App(), App(), new_recovery_codes()
    member.call("begin_totp", secret=first.secret, name="First")
    member.call("begin_totp", secret=second.secret, name="Second")
    assert member.factors() == []
    assert member.start()["next"] == "done", "an unfinished one is not asked for"
    with pytest.raises(Invalid) as refused:
        member.call("confirm_totp", code=first.code(at.now), recovery_codes=codes)
    assert (refused.value.code, refused.value.details["errors"][0]["pointer"]) == ("factor.wrong", "code")
    added = member.call("confirm_totp", code=second.code(at.now), recovery_codes=codes)
    assert (added["factor"]["name"], added["recovery_codes_kept"]) == ("Second", True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"secret": "JBSWY3DPEHPK3PXP", "name": "too short"},
        {"secret": "1" * 32, "name": "not base32"},
        {"secret": App().secret, "name": "x" * 65},
    ],
)
def test_a_malformed_secret_or_name_is_refused(auth: System, arguments: dict[str, str]) -> None:
    member = join(auth)
    with pytest.raises(Invalid) as refused:
        member.call("begin_totp", **arguments)
    assert refused.value.code == "request.invalid"
    assert arguments["secret"] not in str(refused.value.details)


@pytest.mark.parametrize("codes", [[], new_recovery_codes()[:9], ["7K3QM0XW9C"] * 10])
def test_anything_but_ten_different_recovery_codes_is_refused(
    auth: System, at: Steps, codes: list[str]
) -> None:
    member = join(auth)
    app = App()
    member.call("begin_totp", secret=app.secret, name="App")
    with pytest.raises(Invalid) as refused:
        member.call("confirm_totp", code=app.code(at.now), recovery_codes=codes)
    assert refused.value.code == "request.invalid"
    assert member.factors() == []


def test_recovery_codes_come_with_the_first_factor_and_work_once_each(auth: System, at: Steps) -> None:
    member = join(auth)
    _, codes = member.add_totp(at.now)
    at.forward()
    _, later_codes = member.add_totp(at.now, "Second")
    assert member.call("list_factors")["recovery_codes_left"] == 10
    attempt = member.start()["attempt"]
    assert offer(auth, attempt, recovery_code=later_codes[0]) == "factor.wrong"
    typed = f" {codes[0][:5]}-{codes[0][5:]} ".lower()
    done = step(auth, "verify_factor", member.token_hash, attempt=attempt, recovery_code=typed)
    assert done["next"] == "done"
    assert member.call("list_factors")["recovery_codes_left"] == 9
    attempt = member.start()["attempt"]
    assert offer(auth, attempt, recovery_code=codes[0]) == "factor.wrong"
    assert offer(auth, attempt, recovery_code=codes[1]) == "done"


def test_renewed_recovery_codes_replace_the_old_ones(auth: System, at: Steps) -> None:
    member = join(auth)
    _, old = member.add_totp(at.now)
    new = new_recovery_codes()
    member.call("new_recovery_codes", recovery_codes=new)
    attempt = member.start()["attempt"]
    assert offer(auth, attempt, recovery_code=old[0]) == "factor.wrong"
    assert offer(auth, attempt, recovery_code=new[0]) == "done"
    assert member.audit() == [
        ("factor.added", "done"),
        ("recovery_codes.renewed", "done"),
        ("factor.refused", "wrong"),
        ("factor.used", "done"),
    ]


def test_with_the_last_factor_its_recovery_codes_go(auth: System, at: Steps) -> None:
    member = join(auth)
    member.add_totp(at.now)
    member.call("remove_factor", factor_id=member.factors()[0]["id"])
    assert member.call("list_factors") == {"items": [], "recovery_codes_left": 0, "required": False}
    assert member.start()["next"] == "done"
    assert member.audit() == [("factor.added", "done"), ("factor.removed", "done")]


def test_the_last_factor_stays_where_one_is_required(auth: System, at: Steps) -> None:
    member = join(auth)
    member.add_totp(at.now)
    at.forward()
    member.add_totp(at.now, "Second")
    auth.execute(REQUIRE, code=member.person.customer_code)
    first, second = (one["id"] for one in member.factors())
    member.call("remove_factor", factor_id=first)
    with pytest.raises(Conflict) as refused:
        member.call("remove_factor", factor_id=second)
    assert refused.value.code == "factor.last_required"
    assert member.call("list_factors")["required"]


def test_of_two_removals_at_once_one_leaves_the_required_factor(auth: System, at: Steps) -> None:
    member = join(auth)
    member.add_totp(at.now)
    at.forward()
    member.add_totp(at.now, "Second")
    auth.execute(REQUIRE, code=member.person.customer_code)
    with ThreadPoolExecutor(2) as pool:
        remove = lambda one: refusal(lambda: member.call("remove_factor", factor_id=one["id"]))  # noqa: E731
        outcomes = sorted(pool.map(remove, member.factors()))
    assert outcomes == ["done", "factor.last_required"]


@pytest.mark.parametrize("factor_id", ["", "nonsense", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "\x00"])
def test_an_unknown_factor_cannot_be_removed(auth: System, factor_id: str) -> None:
    member = join(auth)
    with pytest.raises(NotFound) as refused:
        member.call("remove_factor", factor_id=factor_id)
    assert refused.value.code == "factor.unknown"


def test_nobody_touches_anothers_factor(auth: System, at: Steps) -> None:
    member, other = join(auth), join(auth)
    member.add_totp(at.now)
    own = member.factors()[0]["id"]
    assert refusal(lambda: other.call("remove_factor", factor_id=own)) == "factor.unknown"
    assert other.factors() == []
    assert len(member.factors()) == 1


def test_changes_ask_for_a_fresh_proof_of_the_person(auth: System, at: Steps) -> None:
    member = join(auth)
    app, codes = member.add_totp(at.now)
    at.forward(timedelta(minutes=11))
    changes: dict[str, dict[str, Any]] = {
        "begin_totp": {"secret": App().secret, "name": "App"},
        "confirm_totp": {"code": "123456", "recovery_codes": codes},
        "begin_passkey": {},
        "finish_passkey": {"response": {}, "name": "Key", "recovery_codes": codes},
        "remove_factor": {"factor_id": "any"},
        "new_recovery_codes": {"recovery_codes": codes},
    }
    for method, arguments in changes.items():
        with pytest.raises(Forbidden) as refused:
            member.call(method, **arguments)
        assert refused.value.code == "proof.required", method
    assert len(member.factors()) == 1, "looking asks for none"
    _, token_hash = new_token()
    member.call("prove", new_session_hash=token_hash, totp=app.code(at.now))
    member.token_hash = token_hash
    member.call("new_recovery_codes", recovery_codes=new_recovery_codes())


def test_self_care_accounts_have_no_factors(auth: System) -> None:
    person = auth.new_person()
    member = Member(auth, person, "ip_phone", auth.log_in(person))
    assert refusal(member.factors) == "role.missing"


def test_a_change_is_told_by_mail(auth: System, at: Steps) -> None:
    member = join(auth)
    address = member.person.email
    member.add_totp(at.now, "My telephone")
    member.call("new_recovery_codes", recovery_codes=new_recovery_codes())
    member.call("remove_factor", factor_id=member.factors()[0]["id"])

    def letters() -> list[str]:
        return [one["text"] for one in auth.sandbox.letters(address)]

    until(lambda: sum("My telephone" in text for text in letters()) == 2, 15, "not told of both changes")
    until(lambda: any("リカバリーコード" in text for text in letters()), 15, "not told of the new codes")


def test_no_secret_of_a_factor_is_stored_logged_told_or_readable_on_the_bus(auth: System, at: Steps) -> None:
    with Connection(auth.amqp_uri) as connection:
        spy = Queue("factor-spy", Exchange("nameko-rpc", type="topic"), "auth.*", exclusive=True)
        tapped = spy.bind(connection.default_channel)
        tapped.declare()
        member = join(auth)
        app, codes = member.add_totp(at.now)
        at.forward()
        started = member.start()
        code = app.code(at.now)
        step(auth, "verify_factor", member.token_hash, attempt=started["attempt"], totp=code)
        attempt = member.start()["attempt"]
        step(auth, "verify_factor", member.token_hash, attempt=attempt, recovery_code=codes[0])
        messages = []
        while message := tapped.get(no_ack=True):
            messages.append(str(message.body) + str(message.headers))
    assert len(messages) > 6
    kept = everything_stored(auth) + auth.service.output() + "".join(messages)
    assert member.person.login_id in kept, "it has looked at the right place"
    for secret in (app.secret, *codes, f'"{code}"', started["attempt"]):
        assert secret not in kept
