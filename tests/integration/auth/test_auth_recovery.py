"""Registering a mail address at a login: for accounts without one, and for people whose mail does not arrive."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chassis import clock
from chassis.errors import Invalid, TooMany, Unauthenticated
from tests.harness import until
from tests.integration.auth.recovering import (
    PORTALS,
    RIGHT,
    WRONG,
    audited,
    begin,
    codes,
    email_of,
    new_address,
    outcome,
    recover,
    subjects,
    wrong_phones,
)
from tests.integration.auth.system import System, new_token


@pytest.mark.parametrize("portal", PORTALS)
def test_s0_14_recovery_goes_on_from_the_code_stage_of_each_portal(auth: System, portal: str) -> None:
    person = auth.new_person(families=PORTALS)
    address, token_hash = recover(auth, person, portal)
    assert auth.resolve(token_hash)["account"]["portal"] == portal
    assert email_of(auth, person) == address


def test_s0_14_recovery_needs_an_attempt_that_waits_for_its_code(auth: System) -> None:
    person = auth.new_person()
    address = new_address()
    completed = begin(auth, person)
    auth.verify_code(completed, auth.sandbox.code(person.email))
    superseded = begin(auth, person)
    begin(auth, person)
    console = auth.new_person("console", "viewer", initial="yes")
    started = auth.start_login("console", console.login_id, console.password, session_hash=new_token()[1])
    for attempt in ("unknown", completed, superseded, started["attempt"]):
        with pytest.raises(Unauthenticated, match=r"attempt\.unusable"):
            auth.start_recovery(attempt, address)
    assert auth.sandbox.letters(address) == []


def test_s0_14_recovery_ends_with_the_attempt(auth: System) -> None:
    attempt = begin(auth, auth.new_person())
    with (
        auth.sandbox.clock_at(clock.wall() + timedelta(minutes=20, seconds=5)),
        pytest.raises(Unauthenticated, match=r"attempt\.unusable"),
    ):
        auth.start_recovery(attempt, new_address())


def test_s0_15_an_account_without_an_address_registers_one(auth: System) -> None:
    person = auth.new_person(email="")
    _, token_hash = new_token()
    started = auth.start_login("ip_phone", person.login_id, person.password)
    assert started["next"] == "code"
    address = new_address()
    step = auth.start_recovery(started["attempt"], address)
    assert set(step) == {"next", "attempt", "ends_at"}
    assert step["next"] == "code"
    verified = auth.verify_code(step["attempt"], auth.sandbox.code(address), token_hash)
    assert verified["next"] == "done"
    assert auth.caller(token_hash).login_id == person.login_id
    until(lambda: subjects(auth, address)[1:] == ["【ミナト通信】メールアドレス登録完了のお知らせ"])
    begin(auth, person)
    assert len(codes(auth, address)) == 2


@pytest.mark.parametrize("address", ["hogehoge", "hoge hoge@ggg.co.jp", "ｈｏｇｅ@ggg.co.jp"])
def test_s0_16_what_is_no_address_is_refused(auth: System, address: str) -> None:
    person = auth.new_person()
    with pytest.raises(Invalid, match=r"email\.format") as refusal:
        auth.start_recovery(begin(auth, person), address)
    assert refusal.value.details["errors"] == [{"pointer": "email", "code": "email.format"}]


def test_s0_17_a_hyphenated_number_is_no_try(auth: System) -> None:
    person = auth.new_person()
    attempt = begin(auth, person)
    for typed in ("044-123-4567", "０４４１２３４５６７", "044123456", ""):
        with pytest.raises(Invalid, match=r"phone\.format") as refusal:
            auth.start_recovery(attempt, new_address(), typed)
        assert refusal.value.details["errors"] == [{"pointer": "contact_phone", "code": "phone.format"}]
    assert wrong_phones(auth, person) == 0
    assert auth.start_recovery(attempt, new_address(), RIGHT)["next"] == "code"


def test_s0_18_the_code_goes_to_the_new_address_only(auth: System) -> None:
    person = auth.new_person()
    attempt = begin(auth, person)
    old_code = auth.sandbox.code(person.email)
    address = new_address()
    step = auth.start_recovery(attempt, address)
    code = auth.sandbox.code(address)
    assert len(auth.sandbox.letters(person.email)) == 1
    assert outcome(lambda: auth.verify_code(attempt, old_code)) == "code.unusable"
    assert outcome(lambda: auth.verify_code(attempt, code)) == "code.unusable"
    if code != old_code:
        assert outcome(lambda: auth.verify_code(step["attempt"], old_code)) == "code.wrong"
    assert outcome(lambda: auth.verify_code(step["attempt"], code)) == "done"


def test_s0_19_the_address_is_stored_once_the_code_is_right(auth: System) -> None:
    person = auth.new_person()
    address = new_address()
    step = auth.start_recovery(begin(auth, person), address)
    assert email_of(auth, person) == person.email
    auth.verify_code(step["attempt"], auth.sandbox.code(address))
    assert email_of(auth, person) == address


def test_s0_19_an_abandoned_recovery_leaves_the_old_address(auth: System) -> None:
    person = auth.new_person()
    address = new_address()
    step = auth.start_recovery(begin(auth, person), address)
    code = auth.sandbox.code(address)
    attempt = begin(auth, person)
    assert outcome(lambda: auth.verify_code(step["attempt"], code)) == "code.unusable"
    auth.verify_code(attempt, codes(auth, person.email)[1])
    assert email_of(auth, person) == person.email


def test_s0_19_a_second_address_takes_the_place_of_the_first(auth: System) -> None:
    person = auth.new_person()
    mistyped, address = new_address(), new_address()
    step = auth.start_recovery(begin(auth, person), mistyped)
    again = auth.start_recovery(step["attempt"], address)
    assert outcome(lambda: auth.verify_code(step["attempt"], auth.sandbox.code(mistyped))) == "code.unusable"
    auth.verify_code(again["attempt"], auth.sandbox.code(address))
    assert email_of(auth, person) == address


def test_s0_19_both_addresses_are_told_and_others_are_logged_out(auth: System) -> None:
    person = auth.new_person()
    elsewhere = auth.log_in(person)
    address, token_hash = recover(auth, person)
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(elsewhere)
    assert auth.caller(token_hash).login_id == person.login_id
    (letter,) = until(
        lambda: [
            one
            for one in auth.sandbox.letters(person.email)
            if one["subject"] == "【ミナト通信】メールアドレス変更のお知らせ"
        ]
    )
    assert "n***@customer.example" in letter["text"]
    assert address not in letter["text"]
    assert "192.0.2.1" in letter["text"]
    assert letter["from"] == "no-reply-otp@minato-telecom.example"
    until(lambda: "【ミナト通信】メールアドレス登録完了のお知らせ" in subjects(auth, address))


def test_a_disabled_account_recovers_nothing(auth: System) -> None:
    person = auth.new_person()
    attempt = begin(auth, person)
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=person.login_id)
    assert outcome(lambda: auth.start_recovery(attempt, new_address())) == "attempt.unusable"


def test_mails_of_a_recovery_are_capped_as_those_of_a_login(start_system: Callable[..., System]) -> None:
    auth = start_system()
    person = auth.new_person()
    attempt = begin(auth, person)
    with pytest.raises(TooMany, match=r"login\.mail_capped") as refusal:
        auth.start_recovery(attempt, new_address())
    assert 0 < refusal.value.details["retry_after"] <= 30
    address = new_address()
    with auth.sandbox.clock_at(clock.wall() + timedelta(seconds=40)):
        step = auth.start_recovery(attempt, address)
        assert auth.verify_code(step["attempt"], auth.sandbox.code(address))["next"] == "done"


def test_a_capped_recovery_leaves_the_code_good(start_system: Callable[..., System]) -> None:
    auth = start_system()
    person = auth.new_person()
    attempt = begin(auth, person)
    assert outcome(lambda: auth.start_recovery(attempt, new_address())) == "login.mail_capped"
    assert auth.verify_code(attempt, auth.sandbox.code(person.email))["next"] == "done"


def test_a_recovery_is_on_record_without_numbers_and_addresses(auth: System) -> None:
    person = auth.new_person()
    attempt = begin(auth, person)
    outcome(lambda: auth.start_recovery(attempt, new_address(), WRONG))
    address = new_address()
    step = auth.start_recovery(attempt, address)
    auth.verify_code(step["attempt"], auth.sandbox.code(address))
    assert audited(auth, person) == [
        ("recovery.refused", "recovery.mismatch"),
        ("recovery.started", "done"),
        ("email.changed", "done"),
    ]
    trail = auth.value("SELECT string_agg(CAST(a AS text), ' ') FROM audit a")
    for secret in (address, RIGHT, WRONG):
        assert secret not in trail
        assert secret not in auth.service.output()
