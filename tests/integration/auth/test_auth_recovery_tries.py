"""How many contact numbers are judged at a recovery, in whatever order and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chassis import clock
from chassis.errors import Forbidden, Invalid
from tests.integration.auth.recovering import (
    RIGHT,
    WRONG,
    audited,
    begin,
    codes,
    email_of,
    new_address,
    outcome,
    recover,
    wrong_phones,
)
from tests.integration.auth.system import Person, System


def test_s0_20_two_mismatches_leave_a_try(auth: System) -> None:
    person = auth.new_person()
    attempt = begin(auth, person)
    address = new_address()
    for left in (2, 1):
        with pytest.raises(Invalid, match=r"recovery\.mismatch") as refusal:
            auth.start_recovery(attempt, address, WRONG)
        assert refusal.value.details == {
            "tries_left": left,
            "errors": [{"pointer": "contact_phone", "code": "recovery.mismatch"}],
        }
    assert auth.sandbox.letters(address) == []
    step = auth.start_recovery(attempt, address, RIGHT)
    assert auth.verify_code(step["attempt"], auth.sandbox.code(address))["next"] == "done"


def test_s0_20_a_mismatch_leaves_the_code_good(auth: System) -> None:
    person = auth.new_person()
    attempt = begin(auth, person)
    assert outcome(lambda: auth.start_recovery(attempt, new_address(), WRONG)) == "recovery.mismatch"
    assert auth.verify_code(attempt, auth.sandbox.code(person.email))["next"] == "done"


def fail_three_times(auth: System, person: Person) -> str:
    attempt = begin(auth, person)
    refusals = [outcome(lambda: auth.start_recovery(attempt, new_address(), WRONG)) for _ in range(3)]
    assert refusals == ["recovery.mismatch", "recovery.mismatch", "recovery.blocked"]
    return attempt


def test_s0_21_the_third_mismatch_ends_the_attempt(auth: System) -> None:
    person = auth.new_person()
    attempt = fail_three_times(auth, person)
    assert outcome(lambda: auth.verify_code(attempt, auth.sandbox.code(person.email))) == "code.unusable"
    assert outcome(lambda: auth.start_recovery(attempt, new_address(), RIGHT)) == "attempt.unusable"
    assert audited(auth, person) == [("recovery.refused", "recovery.mismatch")] * 3


def test_s0_21_blocked_recovery_never_blocks_the_login(auth: System) -> None:
    person = auth.new_person()
    fail_three_times(auth, person)
    attempt = begin(auth, person)
    address = new_address()
    for typed in (RIGHT, WRONG):  # nothing is compared any more
        with pytest.raises(Forbidden, match=r"recovery\.blocked"):
            auth.start_recovery(attempt, address, typed)
    assert auth.sandbox.letters(address) == []
    assert wrong_phones(auth, person) == 3
    assert auth.verify_code(attempt, codes(auth, person.email)[1])["next"] == "done"
    assert recover(auth, person)  # the completed login has shown that it is the owner


def test_s0_21_mismatches_count_across_attempts(auth: System) -> None:
    person = auth.new_person()
    first = begin(auth, person)
    for _ in range(2):
        assert outcome(lambda: auth.start_recovery(first, new_address(), WRONG)) == "recovery.mismatch"
    second = begin(auth, person)
    assert outcome(lambda: auth.start_recovery(second, new_address(), WRONG)) == "recovery.blocked"
    assert outcome(lambda: auth.start_recovery(second, new_address(), RIGHT)) == "attempt.unusable"
    third = begin(auth, person)
    assert outcome(lambda: auth.start_recovery(third, new_address(), RIGHT)) == "recovery.blocked"


def test_s0_21_mismatches_are_forgotten_after_a_day(auth: System) -> None:
    person = auth.new_person()
    fail_three_times(auth, person)
    with auth.sandbox.clock_at(clock.wall() + timedelta(hours=23, minutes=55)):
        assert outcome(lambda: auth.start_recovery(begin(auth, person), new_address())) == "recovery.blocked"
    with auth.sandbox.clock_at(clock.wall() + timedelta(hours=24, minutes=5)):
        assert recover(auth, person)


def test_s0_21_an_account_without_a_contact_number_never_matches(auth: System) -> None:
    person = auth.new_person(phone="")
    attempt = begin(auth, person)
    refusals = [outcome(lambda: auth.start_recovery(attempt, new_address(), RIGHT)) for _ in range(3)]
    assert refusals == ["recovery.mismatch", "recovery.mismatch", "recovery.blocked"]


def test_s0_21_of_thirty_numbers_at_once_three_are_judged(auth: System) -> None:
    person = auth.new_person()
    attempt = begin(auth, person)
    with ThreadPoolExecutor(30) as pool:
        numbers = [f"09000000{number:03d}" for number in range(29)] + [RIGHT]
        runs = [
            pool.submit(outcome, lambda number=number: auth.start_recovery(attempt, new_address(), number))  # type: ignore[misc]
            for number in numbers
        ]
        found = [run.result() for run in runs]
    judged = [one for one in found if one != "attempt.unusable"]
    assert len(judged) <= 3 or found[-1] == "done"
    assert wrong_phones(auth, person) <= 3
    assert set(found) <= {"recovery.mismatch", "recovery.blocked", "attempt.unusable", "done"}


class Recovery(RuleBasedStateMachine):
    """Whatever somebody does in whatever order: the address changes only by a code that was sent to it after a right
    number, and never more than three wrong numbers are judged between two completed logins.
    """

    auth: System

    def __init__(self) -> None:
        super().__init__()
        self.person = self.auth.new_person()
        self.address = self.person.email
        self.wrong = 0
        self.attempt: str | None = None
        self.mailed_to = ""  # the attempt's code

    @rule()
    def log_in(self) -> None:
        self.attempt = begin(self.auth, self.person)
        self.mailed_to = self.address

    @precondition(lambda self: self.attempt is not None)
    @rule()
    def wrong_number(self) -> None:
        attempt = self.attempt or ""
        found = outcome(lambda: self.auth.start_recovery(attempt, new_address(), WRONG))
        if self.wrong == 3:
            assert found == "recovery.blocked"
            return
        self.wrong += 1
        assert found == ("recovery.mismatch" if self.wrong < 3 else "recovery.blocked")
        if self.wrong == 3:
            self.attempt = None

    @precondition(lambda self: self.attempt is not None)
    @rule()
    def slip(self) -> None:
        attempt = self.attempt or ""
        assert outcome(lambda: self.auth.start_recovery(attempt, "x", "044-123-4567")) == "email.format"

    @precondition(lambda self: self.attempt is not None)
    @rule()
    def right_number(self) -> None:
        address = new_address()
        attempt = self.attempt or ""
        if self.wrong == 3:
            assert outcome(lambda: self.auth.start_recovery(attempt, address)) == "recovery.blocked"
            return
        self.attempt = self.auth.start_recovery(attempt, address)["attempt"]
        self.mailed_to = address
        self.auth.sandbox.code(address)
        assert outcome(lambda: self.auth.start_recovery(attempt, address)) == "attempt.unusable"

    @precondition(lambda self: self.attempt is not None)
    @rule()
    def right_code(self) -> None:
        code = codes(self.auth, self.mailed_to)[-1]
        assert self.auth.verify_code(self.attempt or "", code)["next"] == "done"
        self.address, self.attempt, self.wrong = self.mailed_to, None, 0

    @invariant()
    def the_address_is_the_last_that_was_proven(self) -> None:
        assert email_of(self.auth, self.person) == self.address


def test_s0_19_s0_21_recovery_in_any_order(auth: System) -> None:
    machine = type("Machine", (Recovery,), {"auth": auth})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=6,
            stateful_step_count=10,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
