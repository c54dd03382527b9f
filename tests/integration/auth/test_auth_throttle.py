"""Failures slow down the tries that follow, and mailed codes are capped."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from chassis import clock
from chassis.errors import Forbidden, TooMany, Unauthenticated
from tests.integration.auth.conftest import UNCAPPED
from tests.integration.auth.system import Person, System, minutes, new_token

OWN, OTHER = "192.0.2.1", "203.0.113.7"


def outcome(auth: System, person: Person, password: str, client_ip: str = OWN) -> str:
    """The next step, or the code of the refusal."""
    try:
        started = auth.start_login("ip_phone", person.login_id, password, client_ip=client_ip)
    except (Unauthenticated, TooMany) as error:
        return error.code
    return str(started["next"])


def tries(auth: System, person: Person) -> dict[str, int]:
    """How many tries of this person ended how, by the audit trail and the table of attempts."""
    judged = (
        "SELECT count(*) FROM audit WHERE action = 'login.password' AND login_id = :id AND result = :result"
    )
    return {
        result: auth.value(judged, id=person.login_id, result=result)
        for result in ("wrong_password", "throttled", "done")
    }


def states(auth: System) -> tuple[int, int]:
    """Failed and held-up tries of everybody."""
    count = "SELECT count(*) FROM login_attempts WHERE state = :state"
    return auth.value(count, state="refused"), auth.value(count, state="throttled")


def test_s0_04_after_five_failures_even_the_right_password_waits(auth: System) -> None:
    person = auth.new_person()
    auth.fail("ip_phone", person.login_id, 10)
    failed_at = clock.wall()
    assert outcome(auth, person, person.password) == "login.refused"
    with auth.sandbox.clock_at(failed_at + minutes(0.6)):  # after the tenth: 32 seconds
        assert outcome(auth, person, person.password) == "code"
    assert tries(auth, person) == {"wrong_password": 0, "throttled": 1, "done": 1}


def test_s0_04_four_failures_cost_nothing(auth: System) -> None:
    person = auth.new_person()
    auth.fail("ip_phone", person.login_id, 4)
    assert outcome(auth, person, person.password) == "code"


def test_s0_04_held_tries_neither_count_nor_extend_the_wait(auth: System) -> None:
    person = auth.new_person()
    auth.fail("ip_phone", person.login_id, 10)
    failed_at = clock.wall()
    failed, held = states(auth)
    for _ in range(12):
        assert outcome(auth, person, "not the password") == "login.refused"
    assert states(auth) == (failed, held + 12)
    with auth.sandbox.clock_at(failed_at + minutes(0.6)):
        assert outcome(auth, person, person.password) == "code"


def test_s0_04_another_address_has_its_own_count(auth: System) -> None:
    person = auth.new_person()
    auth.fail("ip_phone", person.login_id, 12)
    assert outcome(auth, person, person.password) == "login.refused"
    assert outcome(auth, person, person.password, OTHER) == "code"


def test_s0_04_failures_from_all_addresses_hold_up_those_where_the_id_never_logged_in(auth: System) -> None:
    person = auth.new_person()
    auth.log_in(person)  # from OWN
    for number in range(10):
        auth.fail("ip_phone", person.login_id, 4, client_ip=f"198.51.100.{number}")
    failed_at = clock.wall()
    assert outcome(auth, person, person.password, OTHER) == "login.refused"
    assert outcome(auth, person, person.password) == "code"
    with auth.sandbox.clock_at(
        failed_at + minutes(1.1)
    ):  # the longest wait for failures elsewhere is a minute
        assert outcome(auth, person, person.password, OTHER) == "code"


def test_s0_04_an_address_is_known_by_completed_logins_only(auth: System) -> None:
    person = auth.new_person()
    assert outcome(auth, person, person.password) == "code"  # right, but the code is never brought
    for number in range(10):
        auth.fail("ip_phone", person.login_id, 4, client_ip=f"198.51.100.{number}")
    assert outcome(auth, person, person.password) == "login.refused"


def test_s0_04_failures_are_forgotten_after_a_day(auth: System) -> None:
    person = auth.new_person()
    auth.fail("ip_phone", person.login_id, 40)
    failed_at = clock.wall()
    with auth.sandbox.clock_at(failed_at + minutes(24 * 60 + 1)):
        for _ in range(4):
            assert outcome(auth, person, "not the password") == "login.refused"
        assert outcome(auth, person, person.password) == "code"


def test_s0_04_a_completed_login_forgets_earlier_failures(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    for _ in range(4):
        auth.fail("console", person.login_id, 4)
        auth.resolve(auth.log_in(person, "console"))


def test_s0_04_a_completed_login_elsewhere_does_not_free_the_guesser(auth: System) -> None:
    person = auth.new_person()
    auth.fail("ip_phone", person.login_id, 12, client_ip=OTHER)
    auth.log_in(person)
    assert outcome(auth, person, "not the password", OTHER) == "login.refused"
    assert tries(auth, person)["throttled"] == 1


def test_s0_04_wrong_codes_count_as_failures(auth: System) -> None:
    person = auth.new_person()
    for number in range(2):
        attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
        right = auth.sandbox.code(person.email, number + 1)
        for _ in range(4):
            with suppress(Unauthenticated):
                auth.verify_code(attempt, "000000" if right != "000000" else "000001")
    assert outcome(auth, person, person.password) == "login.refused"
    assert tries(auth, person)["throttled"] == 1


def test_the_failures_of_one_id_hold_up_no_other(auth: System) -> None:
    person, other = auth.new_person(), auth.new_person()
    auth.fail("ip_phone", person.login_id, 40)
    assert outcome(auth, other, other.password) == "code"


def test_an_unknown_id_is_held_up_in_the_same_way(auth: System) -> None:
    auth.fail("ip_phone", "C9nobody-at-all", 12)
    failed, held = states(auth)
    with pytest.raises(Unauthenticated, match=r"login\.refused"):
        auth.start_login("ip_phone", "C9nobody-at-all", "x")
    assert states(auth) == (failed, held + 1)


def test_wrong_passwords_within_a_session_count_against_the_id(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    context = auth.resolve(token_hash)["context"]

    def prove(password: str) -> None:
        with pytest.raises(Forbidden, match=r"proof\.refused"):
            auth.client.call(
                "auth.prove",
                timeout=30,
                context=context,
                sealed=("password",),
                new_session_hash=new_token()[1],
                password=password,
            )

    failed, _ = states(auth)
    prove("not the password")
    assert states(auth)[0] == failed + 1
    auth.fail("ip_phone", person.login_id, 9)
    prove(person.password)  # the ten of them hold up both
    assert outcome(auth, person, person.password) == "login.refused"


# mailed codes


def test_codes_are_mailed_half_a_minute_apart(start_system: Callable[..., System]) -> None:
    auth = start_system()
    person = auth.new_person()
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    sent_at = clock.wall()
    with pytest.raises(TooMany) as refusal:
        auth.start_login("ip_phone", person.login_id, person.password)
    assert refusal.value.code == "login.mail_capped"
    assert 1 <= refusal.value.details["retry_after"] <= 30
    # the first code is as good as before, and the try was no failure
    assert auth.value("SELECT count(*) FROM login_attempts WHERE failed_at IS NOT NULL") == 0
    assert auth.verify_code(attempt, auth.sandbox.code(person.email))["next"] == "done"
    assert len(auth.sandbox.letters(person.email)) == 1
    with auth.sandbox.clock_at(sent_at + minutes(0.52)):
        assert outcome(auth, person, person.password) == "code"


def test_capped_logins_are_no_failures_however_many(start_system: Callable[..., System]) -> None:
    auth = start_system(KAISEN_CODE_MAIL_SPACING_SECONDS="3600")
    person = auth.new_person()
    assert outcome(auth, person, person.password) == "code"
    assert [outcome(auth, person, person.password) for _ in range(8)] == ["login.mail_capped"] * 8
    assert outcome(auth, person, "not the password") == "login.refused"  # and tells it from a wrong one


@pytest.mark.parametrize(
    ("setting", "count", "window"),
    [("KAISEN_CODE_MAILS_PER_20_MINUTES", 3, 20), ("KAISEN_CODE_MAILS_PER_4_HOURS", 15, 240)],
)
def test_so_many_codes_are_mailed_in_a_while(
    start_system: Callable[..., System], setting: str, count: int, window: int
) -> None:
    defaults = {name: value for name, value in UNCAPPED.items() if name != setting}
    auth = start_system(**defaults)
    person = auth.new_person()
    began = clock.wall()
    assert [outcome(auth, person, person.password) for _ in range(count)] == ["code"] * count
    assert outcome(auth, person, person.password) == "login.mail_capped"
    auth.sandbox.letter(person.email, count)
    with auth.sandbox.clock_at(began + minutes(window - 0.2)):
        assert outcome(auth, person, person.password) == "login.mail_capped"
    with auth.sandbox.clock_at(clock.wall() + minutes(window)):
        assert outcome(auth, person, person.password) == "code"


def test_without_an_address_no_mail_is_counted(start_system: Callable[..., System]) -> None:
    auth = start_system()
    person = auth.new_person(email="")
    assert [outcome(auth, person, person.password) for _ in range(4)] == ["code"] * 4
    assert auth.value("SELECT count(*) FROM code_mails") == 0
