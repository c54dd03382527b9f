"""The time of a refusal tells nothing; `pytest -rP` shows the figures."""

import random
import statistics
import time
from collections.abc import Callable

import pytest

from chassis.errors import Unauthenticated
from tests.integration.auth.conftest import Report
from tests.integration.auth.system import System
from tests.integration.auth.test_auth_attacks import CHEAP

SAMPLES, IDS = 400, 100  # four tries of an ID are free
RIGHT = "the right password"
TYPED = {  # by what is wrong with the login
    "unknown": RIGHT,
    "wrong": "not the password",
    "disabled": RIGHT,
    "throttled": RIGHT,
    "empty": "",
    "10,000 characters": "x" * 10_000,
}


def login_id(part: str, kind: str, number: int) -> str:
    return f"{part}{list(TYPED).index(kind)}-{number}"


def make_accounts(auth: System, part: str) -> None:
    customer = auth.new_customer("ip_phone")
    known = [login_id(part, kind, number) for kind in TYPED if kind != "unknown" for number in range(IDS)]
    assert auth.import_accounts(*(f"{one},selfcare,{customer},,,,{RIGHT}," for one in known))["applied"]
    for number in range(IDS):
        auth.execute(
            "UPDATE accounts SET disabled = true WHERE login_id = :id", id=login_id(part, "disabled", number)
        )
        auth.fail("ip_phone", login_id(part, "throttled", number), 20)


def measure(auth: System, part: str, draws: random.Random) -> dict[str, list[float]]:
    """Seconds of each refusal by kind, all kinds mixed in random order, one after the other."""
    plan = [(kind, number % IDS) for kind in TYPED for number in range(SAMPLES)]
    draws.shuffle(plan)
    times: dict[str, list[float]] = {kind: [] for kind in TYPED}
    for kind, number in plan:
        typed = login_id(part, kind, number)
        began = time.perf_counter()
        with pytest.raises(Unauthenticated) as refusal:
            auth.start_login("ip_phone", typed, TYPED[kind])
        times[kind].append(time.perf_counter() - began)
        assert (refusal.value.code, refusal.value.details) == ("login.refused", {}), kind
    return times


def standard_error(values: list[float], draws: random.Random) -> float:
    """Of the median, by bootstrap."""
    return statistics.stdev(statistics.median(draws.choices(values, k=len(values))) for _ in range(200))


def test_s0_04_the_time_of_a_refusal_tells_nothing(
    start_system: Callable[..., System], report: Report
) -> None:
    auth = start_system(**CHEAP)
    draws = random.Random(1)
    for part in ("C1", "C2"):  # once more where chance made a difference; a real one is there again
        make_accounts(auth, part)
        times = measure(auth, part, draws)
        medians = {kind: statistics.median(one) for kind, one in times.items()}
        errors = {kind: standard_error(one, draws) for kind, one in times.items()}
        report("medians in ms", {kind: round(one * 1000, 2) for kind, one in medians.items()})
        report("their standard errors in ms", {kind: round(one * 1000, 2) for kind, one in errors.items()})
        telling = {
            kind
            for kind in TYPED
            if abs(medians[kind] - medians["wrong"])
            > max(3 * (errors[kind] ** 2 + errors["wrong"] ** 2) ** 0.5, 0.03 * medians["wrong"])
        }
        if not telling:
            break
    assert telling == set()
