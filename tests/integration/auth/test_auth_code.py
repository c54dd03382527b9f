"""The second step of a self-care login: the mailed code."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from chassis import clock
from chassis.errors import Invalid, KaisenError, Unauthenticated
from tests.integration.auth.system import Person, System, minutes, new_token


def start(auth: System, person: Person, number: int = 1) -> tuple[str, str]:
    """A new attempt and its code, which comes in the `number`-th letter."""
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    return attempt, auth.sandbox.code(person.email, number)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def outcome(auth: System, attempt: str, code: str) -> str:
    try:
        auth.verify_code(attempt, code, timeout=90)
    except KaisenError as error:
        return error.code
    return "done"


def sessions_of(auth: System, person: Person) -> int:
    count: int = auth.value(
        "SELECT count(*) FROM sessions JOIN accounts ON accounts.id = account_id WHERE login_id = :id",
        id=person.login_id,
    )
    return count


def test_s0_07_the_code_mail(auth: System) -> None:
    person = auth.new_person()
    start(auth, person)
    letter = auth.sandbox.letter(person.email)
    assert letter["subject"] == "【ミナト通信】ログイン認証コードの送付"
    assert letter["from"] == "no-reply-otp@minato-telecom.example"
    assert letter["to"] == person.email
    assert "20 分間" in letter["text"]


def test_s0_07_the_mail_is_in_the_language_of_the_account(auth: System) -> None:
    person = auth.new_person(language="en")
    start(auth, person)
    assert auth.sandbox.letter(person.email)["subject"] == "[Minato Telecom] Your login code"


def test_s0_08_the_code_is_taken_as_it_was_mailed(auth: System) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    _, token_hash = new_token()
    verified = auth.verify_code(attempt, code, token_hash)
    assert (verified["portal"], verified["kind"]) == ("ip_phone", "selfcare")
    assert auth.caller(token_hash).login_id == person.login_id


def test_s0_08_five_of_the_six_digits_are_no_code(auth: System) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    assert outcome(auth, attempt, code[1:]) == "code.format"
    assert outcome(auth, attempt, code) == "done"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(minutes=19, seconds=59), "done"),
        # the clock runs on while the code travels: the exact instant is a matter of the unit tests
        (timedelta(minutes=20) - timedelta(milliseconds=700), "done"),
        (timedelta(minutes=20, seconds=1), "code.expired"),
    ],
)
def test_s0_09_a_code_is_accepted_through_twenty_minutes(
    auth: System, after: timedelta, expected: str
) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    expires_at: datetime = auth.value(
        "SELECT ends_at FROM login_attempts JOIN accounts ON accounts.id = account_id WHERE login_id = :id",
        id=person.login_id,
    )
    with auth.sandbox.clock_at(expires_at - minutes(20) + after):
        assert outcome(auth, attempt, code) == expected


def test_s0_10_an_expired_code_stays_dead_and_a_new_login_brings_another(auth: System) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    with auth.sandbox.clock_at(clock.wall() + minutes(21)):
        assert outcome(auth, attempt, code) == "code.expired"
        assert outcome(auth, attempt, code) == "code.expired"
        assert len(auth.sandbox.letters(person.email)) == 1
        new_attempt, new_code = start(auth, person, 2)
        assert outcome(auth, attempt, new_code) == "code.unusable"
        assert outcome(auth, new_attempt, new_code) == "done"
        assert outcome(auth, attempt, code) == "code.unusable"


def test_s0_11_a_code_works_once(auth: System) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    assert outcome(auth, attempt, code) == "done"
    assert outcome(auth, attempt, code) == "code.unusable"


def test_s0_11_a_new_login_supersedes_the_old_code(auth: System) -> None:
    person = auth.new_person()
    old_attempt, old_code = start(auth, person)
    new_attempt, new_code = start(auth, person, 2)
    assert outcome(auth, old_attempt, old_code) == "code.unusable"
    if old_code != new_code:
        assert outcome(auth, new_attempt, old_code) == "code.wrong"
    assert outcome(auth, new_attempt, new_code) == "done"


def test_s0_11_of_logins_at_the_same_time_one_keeps_its_code(auth: System) -> None:
    person = auth.new_person()
    logins = 4  # one try each leaves the attempt open
    with ThreadPoolExecutor(logins) as pool:
        started = [
            pool.submit(auth.start_login, "ip_phone", person.login_id, person.password) for _ in range(logins)
        ]
        attempts = [login.result()["attempt"] for login in started]
    codes = {auth.sandbox.code(person.email, number + 1) for number in range(logins)}
    outcomes = [outcome(auth, attempt, code) for attempt in attempts for code in codes]
    assert outcomes.count("done") == 1


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "１２３４５６", "", "12 456", "123456\n"])
def test_s0_12_a_malformed_code_is_named_and_is_no_try(auth: System, code: str) -> None:
    person = auth.new_person()
    attempt, right = start(auth, person)
    for _ in range(6):
        with pytest.raises(Invalid) as refusal:
            auth.verify_code(attempt, code)
        assert refusal.value.code == "code.format"
        assert refusal.value.details["errors"][0]["pointer"] == "code"
    assert outcome(auth, attempt, right) == "done"


def test_a_session_begins_with_the_code_only(auth: System) -> None:
    person = auth.new_person()
    start(auth, person)
    assert sessions_of(auth, person) == 0


def test_s0_15_an_account_without_an_address_reaches_the_code_page_and_gets_no_mail(auth: System) -> None:
    person = auth.new_person(email="")
    started = auth.start_login("ip_phone", person.login_id, person.password)
    assert started["next"] == "code"
    assert auth.value("SELECT count(*) FROM outgoing_mail") == 0
    assert outcome(auth, started["attempt"], "123456") == "code.wrong"


def test_five_wrong_codes_end_the_attempt(auth: System) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(Unauthenticated) as refusal:
            auth.verify_code(attempt, other_than(code))
        assert (refusal.value.code, refusal.value.details) == ("code.wrong", {"tries_left": left})
    assert outcome(auth, attempt, code) == "code.unusable"
    assert sessions_of(auth, person) == 0


def test_four_wrong_codes_do_not(auth: System) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    for _ in range(4):
        assert outcome(auth, attempt, other_than(code)) == "code.wrong"
    assert outcome(auth, attempt, code) == "done"


@pytest.mark.parametrize("attempt", ["", "unknown", "\x00", "x" * 100_000])
def test_an_unknown_attempt_is_unusable(auth: System, attempt: str) -> None:
    assert outcome(auth, attempt, "123456") == "code.unusable"


def test_a_code_is_bound_to_its_attempt(auth: System) -> None:
    one, other = auth.new_person(), auth.new_person()
    attempt, code = start(auth, one)
    others_attempt, others_code = start(auth, other)
    if code != others_code:
        assert outcome(auth, attempt, others_code) == "code.wrong"
        assert outcome(auth, others_attempt, code) == "code.wrong"


def test_an_account_disabled_meanwhile_gets_no_session(auth: System) -> None:
    person = auth.new_person()
    attempt, code = start(auth, person)
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=person.login_id)
    assert outcome(auth, attempt, code) == "code.unusable"
