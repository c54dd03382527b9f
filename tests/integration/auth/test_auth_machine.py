"""Any order of the steps of a login, against a simple model of what must come of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

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

from chassis import clock
from chassis.errors import KaisenError
from tests.integration.auth.system import System, new_token

VALID, IDLE = timedelta(minutes=20), timedelta(minutes=30)
MARGIN = timedelta(
    minutes=1
)  # the real clock runs on during an example: nothing is asked so close to an edge


class Login(RuleBasedStateMachine):
    """One person and one browser. The model: the open attempt, how often its code was wrong, the open session."""

    auth: System

    @initialize()
    def begin(self) -> None:
        self.person = self.auth.new_person()
        self.letters = 0
        self.old: list[tuple[str, str]] = []  # attempts that must be dead, with their codes
        self.attempt: tuple[str, str] | None = None
        self.mailed_at = self.seen_at = self.now = clock.wall()
        self.wrong = 0
        self.session = ""
        self.go_to(self.now)

    def teardown(self) -> None:
        self.auth.sandbox.move({"reset": True})

    def go_to(self, now: datetime) -> None:
        self.now = now
        self.auth.sandbox.move({"now": now.isoformat()})

    @rule()
    def start(self) -> None:
        if self.attempt:
            self.old.append(self.attempt)
        started = self.auth.start_login("ip_phone", self.person.login_id, self.person.password)
        self.letters += 1
        assert started["next"] == "code"
        code = self.auth.sandbox.code(self.person.email, self.letters)
        self.attempt, self.mailed_at, self.wrong = (started["attempt"], code), self.now, 0

    @rule(password=st.sampled_from(["", "not the password"]))
    @precondition(lambda self: self.attempt is not None)
    def mistype_password(self, password: str) -> None:
        """Does no harm to the attempt that is open."""
        assert (
            self.outcome(lambda: self.auth.start_login("ip_phone", self.person.login_id, password))
            == "login.refused"
        )

    @rule()
    @precondition(lambda self: self.attempt is not None)
    def bring_code(self) -> None:
        assert self.attempt is not None
        attempt, code = self.attempt
        _, token_hash = new_token()
        outcome = self.outcome(lambda: self.auth.verify_code(attempt, code, token_hash))
        if self.wrong >= 5:
            assert outcome == "code.unusable"
        elif self.now > self.mailed_at + VALID:
            assert outcome == "code.expired"
        else:
            assert outcome == "done"
            self.session, self.seen_at = token_hash, self.now
            self.old.append(self.attempt)
            self.attempt = None

    @rule()
    @precondition(lambda self: self.attempt is not None)
    def mistype_code(self) -> None:
        assert self.attempt is not None
        attempt, code = self.attempt
        outcome = self.outcome(lambda: self.auth.verify_code(attempt, f"{(int(code) + 1) % 1_000_000:06d}"))
        if self.wrong >= 5:
            assert outcome == "code.unusable"
        elif self.now > self.mailed_at + VALID:
            assert outcome == "code.expired"
        else:
            assert outcome == "code.wrong"
            self.wrong += 1

    @rule(which=st.integers(0, 20))
    @precondition(lambda self: self.old)
    def bring_old_code(self, which: int) -> None:
        attempt, code = self.old[which % len(self.old)]
        assert self.outcome(lambda: self.auth.verify_code(attempt, code)) == "code.unusable"

    @rule(minutes=st.sampled_from([3, 10, 19, 21, 29, 45]))
    def wait(self, minutes: int) -> None:
        later = self.now + timedelta(minutes=minutes)
        edges = (self.mailed_at + VALID, self.seen_at + IDLE)
        while any(abs(later - edge) < MARGIN for edge in edges):
            later += 2 * MARGIN
        self.go_to(later)

    @rule()
    @precondition(lambda self: self.session)
    def log_out(self) -> None:
        self.auth.end_session(self.session)
        assert self.outcome(lambda: self.auth.resolve(self.session)) == "session.unknown"
        self.session = ""

    @invariant()
    def the_session_lives_as_the_model_says(self) -> None:
        if getattr(self, "session", ""):
            outcome = self.outcome(lambda: self.auth.resolve(self.session))
            if self.now < self.seen_at + IDLE:
                assert outcome == "done"
                self.seen_at = self.now  # asking is a use
            else:
                assert outcome == "session.unknown"
                self.session = ""

    @invariant()
    def at_most_one_attempt_is_open(self) -> None:
        if hasattr(self, "person"):
            open_attempts = (
                "SELECT count(*) FROM login_attempts JOIN accounts ON accounts.id = account_id"
                " WHERE login_id = :id AND state = 'open'"
            )
            assert self.auth.value(open_attempts, id=self.person.login_id) == (
                1 if self.attempt and self.wrong < 5 else 0
            )

    @staticmethod
    def outcome(step: Callable[[], object]) -> str:
        try:
            step()
        except KaisenError as error:
            return error.code
        return "done"


def test_s0_10_s0_11_whatever_the_order_of_steps(start_system: Callable[..., System]) -> None:
    # without delays: what they do depends on the count of all failures, which has tests of its own
    Login.auth = start_system(
        KAISEN_THROTTLE_FREE_FAILURES="1000",
        KAISEN_THROTTLE_FREE_FAILURES_ANYWHERE="1000",
        KAISEN_CODE_MAIL_SPACING_SECONDS="0",
        KAISEN_CODE_MAILS_PER_20_MINUTES="1000",
        KAISEN_CODE_MAILS_PER_4_HOURS="10000",
        KAISEN_PASSWORD_MEMORY_KIB="1024",
        KAISEN_PASSWORD_TIME_COST="1",
    )
    few = settings(
        max_examples=8,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Login, settings=few)
