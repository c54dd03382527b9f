"""Any order of changes, wrong tries, failures and passing time: the service and a model of it always agree."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chassis.clock import JAPAN
from chassis.errors import Invalid, TooMany
from services.contracts.reflection import reflected_by
from tests.harness import until
from tests.integration.contracts.passwords_system import OLD, OwnLine, PasswordSystem, new_password

START = datetime(2026, 12, 1, 9, 0, tzinfo=JAPAN)


class PasswordMachine(RuleBasedStateMachine):
    """What a line of a batched service should be in: a password in force, and perhaps one on its way."""

    passwords: PasswordSystem

    @initialize()
    def begin(self) -> None:
        self.passwords.sandbox.no_faults()
        self.passwords.sandbox.move_clock(START)
        self.line: OwnLine = self.passwords.new_line("b2bua")
        self.in_force = OLD
        self.coming: str | None = None
        self.due: datetime | None = None
        self.failed = False
        self.versions = 0
        self.effects: list[int] = []

    @rule()
    def change(self) -> None:
        new = new_password()
        now = self.passwords.sandbox.now()
        self.line.change(new, self.in_force)
        self.coming, self.due, self.failed = new, reflected_by("b2bua", now), False
        self.versions += 1

    @rule(guess=st.sampled_from(["wrong", "", "FVFZ29"]))
    def guess(self, guess: str) -> None:
        with pytest.raises((Invalid, TooMany)):
            self.line.change(new_password(), guess)
        self.passwords.sandbox.move_clock(self.passwords.sandbox.now() + timedelta(seconds=40))

    @precondition(lambda self: self.coming and not self.failed)
    @rule()
    def reflect(self) -> None:
        assert self.due is not None
        self.passwords.sandbox.move_clock(self.due)
        self.line.wait_for("reflected")
        self._arrived()

    @precondition(lambda self: self.coming and not self.failed)
    @rule()
    def reject(self) -> None:
        assert self.due is not None
        self.passwords.sandbox.fault("reject", self.line.number)
        self.passwords.sandbox.move_clock(self.due)
        self.line.wait_for("failed")
        self.failed = True

    @precondition(lambda self: self.failed)
    @rule()
    def retry(self) -> None:
        [failure] = self.passwords.failures(self.line.number)
        self.passwords.as_staff("retry_reflection", change_id=failure["change_id"])
        self.line.wait_for("reflected")
        self._arrived()

    @invariant()
    def agrees(self) -> None:
        expected = "failed" if self.failed else "pending" if self.coming else None
        shown = self.line.listed()["password_change"]
        assert (shown["state"] if shown else None) == expected
        assert self.line.shown()["line_password"] == self.in_force
        stored = [state for _, state in self.line.stored()]
        assert len(stored) == self.versions
        assert sum(state in ("pending", "failed") for state in stored) == (self.coming is not None)
        effects = self.passwords.sandbox.effects(self.line.number)
        assert effects == [(version, 1) for version in self.effects]
        assert len(self.passwords.failures(self.line.number)) == self.failed

    def _arrived(self) -> None:
        assert self.coming is not None
        self.in_force, self.coming, self.due, self.failed = self.coming, None, None, False
        self.effects.append(self.versions)
        until(lambda: self.passwords.sandbox.held(self.line.number) == self.in_force)


@pytest.fixture
def machine(passwords: PasswordSystem) -> Iterator[type[PasswordMachine]]:
    PasswordMachine.passwords = passwords
    yield PasswordMachine
    del PasswordMachine.passwords


def test_the_service_agrees_with_the_model(machine: type[PasswordMachine]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=6,
            stateful_step_count=10,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
