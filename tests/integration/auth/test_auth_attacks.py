"""What attackers try, with figures: `pytest -rP` shows them."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

from chassis.errors import KaisenError
from services.auth.throttle import Limit
from tests.harness import until
from tests.integration.auth.conftest import UNCAPPED, Report
from tests.integration.auth.system import Person, System

CHEAP = {"KAISEN_PASSWORD_MEMORY_KIB": "1024", "KAISEN_PASSWORD_TIME_COST": "1"}


def outcome(step: Callable[[], Any]) -> str:
    """The next step, or the code of the refusal."""
    try:
        answer = step()
    except KaisenError as error:
        return error.code
    return str(answer.get("next", "done"))


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def sessions_of(auth: System, person: Person) -> int:
    count: int = auth.value(
        "SELECT count(*) FROM sessions JOIN accounts ON accounts.id = account_id WHERE login_id = :id",
        id=person.login_id,
    )
    return count


def judged(auth: System, person: Person) -> int:
    """Passwords of this person that were found wrong, rather than held up."""
    count: int = auth.value(
        "SELECT count(*) FROM audit WHERE action = 'login.password' AND result = 'wrong_password'"
        " AND login_id = :id",
        id=person.login_id,
    )
    return count


def most_judged(limit: Limit, seconds: float) -> int:
    """How many guesses the delays let through in so many seconds."""
    count, at = limit.free, 0.0
    while True:
        at += limit.delay(count).total_seconds()
        if at > seconds:
            return count
        count += 1


# all at once


def test_of_500_wrong_codes_at_once_five_are_judged(auth: System, report: Report) -> None:
    person = auth.new_person()
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    code = auth.sandbox.code(person.email)

    def guess(_: int) -> str:
        return outcome(lambda: auth.verify_code(attempt, other_than(code), timeout=90))

    with ThreadPoolExecutor(500) as pool:
        outcomes = Counter(pool.map(guess, range(500)))
    report("500 wrong codes at once", dict(outcomes))
    assert outcomes == {"code.wrong": 5, "code.unusable": 495}
    assert outcome(lambda: auth.verify_code(attempt, code)) == "code.unusable"
    assert sessions_of(auth, person) == 0


def test_50_right_codes_at_once_make_one_session(auth: System, report: Report) -> None:
    person = auth.new_person()
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    code = auth.sandbox.code(person.email)
    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(
            pool.map(lambda _: outcome(lambda: auth.verify_code(attempt, code, timeout=90)), range(50))
        )
    report("50 right codes at once", dict(outcomes))
    assert outcomes == {"done": 1, "code.unusable": 49}
    assert sessions_of(auth, person) == 1


def test_s0_04_of_100_wrong_passwords_at_once_few_are_judged(
    start_system: Callable[..., System], report: Report
) -> None:
    auth = start_system(**CHEAP)
    person = auth.new_person()

    def guess(_: int) -> str:
        return outcome(lambda: auth.start_login("ip_phone", person.login_id, "not the password"))

    with ThreadPoolExecutor(100) as pool:
        began = time.perf_counter()
        outcomes = Counter(pool.map(guess, range(100)))
        seconds = time.perf_counter() - began
    found = judged(auth, person)
    report("100 wrong passwords at once", {"judged": found, "seconds": round(seconds, 1)})
    assert outcomes == {"login.refused": 100}
    assert 5 <= found <= most_judged(Limit(5, timedelta(seconds=900)), seconds)
    assert auth.value("SELECT count(*) FROM login_attempts WHERE state = 'throttled'") == 100 - found


def test_s0_04_the_owner_logs_in_while_an_attacker_fails_from_everywhere(
    start_system: Callable[..., System], report: Report
) -> None:
    auth = start_system(**CHEAP, **UNCAPPED)
    person = auth.new_person()
    auth.log_in(person)
    stop = Event()
    began = time.perf_counter()

    def attack(number: int) -> int:
        tries = 0
        while not stop.is_set():
            refusal = outcome(
                lambda: auth.start_login(
                    "ip_phone", person.login_id, "a guess", client_ip=f"203.0.113.{number}"
                )
            )
            assert refusal == "login.refused"
            tries += 1
        return tries

    with ThreadPoolExecutor(50) as pool:
        attackers = [pool.submit(attack, number) for number in range(50)]
        try:
            until(lambda: judged(auth, person) >= 20, 60)  # from here on strangers are held up
            stranger = outcome(
                lambda: auth.start_login(
                    "ip_phone", person.login_id, person.password, client_ip="198.51.100.1"
                )
            )
            logins = [outcome(lambda: auth.resolve(auth.log_in(person))) for _ in range(3)]
        finally:
            stop.set()
        tries = sum(attacker.result() for attacker in attackers)
    found, seconds = judged(auth, person), time.perf_counter() - began
    report(
        "attack from 50 addresses",
        {"tries": tries, "judged": found, "seconds": round(seconds, 1), "owner": logins},
    )
    assert stranger == "login.refused"
    assert logins == ["done"] * 3
    # each completed login of the owner wipes out what was before
    assert 20 <= found <= (1 + len(logins)) * most_judged(Limit(20, timedelta(seconds=60)), seconds)
