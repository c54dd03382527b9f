"""Initial and expired passwords: the login leads to a change, and nowhere else until it is done."""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from chassis import clock
from chassis.errors import Conflict, Invalid, Unauthenticated
from tests.harness import until
from tests.integration.auth.system import Person, System, minutes, new_token

KINDS = [("console", "administrator", "console"), ("staff", "support", "staff")]


def fresh() -> str:
    return secrets.token_urlsafe(12)


def newcomer(auth: System, kind: str = "console", role: str = "viewer", password: str = "") -> Person:
    """Somebody who has never logged in."""
    return auth.new_person(kind, role, initial="yes", password=password or fresh())


def begin(auth: System, person: Person, portal: str = "console") -> str:
    started = auth.start_login(portal, person.login_id, person.password, session_hash=new_token()[1])
    assert started["next"] == "password", started
    return str(started["attempt"])


@pytest.mark.parametrize(("kind", "role", "portal"), KINDS)
def test_s4_02_the_first_login_leads_to_a_change_of_password_alone(
    auth: System, kind: str, role: str, portal: str
) -> None:
    person = newcomer(auth, kind, role)
    _, token_hash = new_token()
    started = auth.start_login(portal, person.login_id, person.password, session_hash=token_hash)
    assert set(started) == {"next", "attempt", "ends_at", "minimum"}
    assert (started["next"], started["minimum"]) == ("password", 15)
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(token_hash)
    with pytest.raises(Unauthenticated, match=r"code\.unusable"):
        auth.verify_code(started["attempt"], "000000")
    chosen = fresh()
    with pytest.raises(Conflict, match=r"session\.exists"):  # the attempt's token never becomes the session's
        auth.set_password(started["attempt"], chosen, token_hash)
    _, token_hash = new_token()
    done = auth.set_password(started["attempt"], chosen, token_hash)
    assert (done["next"], done["portal"], done["kind"]) == ("done", portal, kind)
    assert auth.caller(token_hash).login_id == person.login_id
    _, later = new_token()
    assert auth.start_login(portal, person.login_id, chosen, session_hash=later)["next"] == "done"


def test_s4_02_the_initial_password_is_dead_after_the_change(auth: System) -> None:
    person = newcomer(auth)
    auth.set_password(begin(auth, person), fresh())
    with pytest.raises(Unauthenticated, match=r"login\.refused"):
        auth.start_login("console", person.login_id, person.password, session_hash=new_token()[1])


def test_s4_02_the_initial_password_is_no_password_of_ones_own(auth: System) -> None:
    person = newcomer(auth, password="k4Vq8Zt2mWx7Lp3")
    attempt = begin(auth, person)
    with pytest.raises(Invalid, match=r"password\.refused") as refusal:
        auth.set_password(attempt, person.password)
    assert refusal.value.details["errors"] == [{"pointer": "password", "code": "password.reused", "count": 5}]
    assert auth.set_password(attempt, fresh())["next"] == "done"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("k4Vq8Zt2mWx7Lp", {"code": "password.too_short", "minimum": 15}),
        ("x" * 129, {"code": "password.too_long", "maximum": 128}),
        ("my-{login_id}-account", {"code": "password.personal"}),
        ("qwertyuiopasdfgh", {"code": "password.weak"}),
    ],
)
def test_s4_02_a_refused_password_leaves_the_attempt_waiting(
    auth: System, new: str, reason: dict[str, object]
) -> None:
    person = newcomer(auth)
    attempt = begin(auth, person)
    for _ in range(2):
        with pytest.raises(Invalid, match=r"password\.refused") as refusal:
            auth.set_password(attempt, new.format(login_id=person.login_id))
        assert refusal.value.details["errors"] == [{"pointer": "password", **reason}]
    assert auth.set_password(attempt, fresh())["next"] == "done"


def test_s4_02_the_attempt_is_good_once_and_for_twenty_minutes(auth: System) -> None:
    person = newcomer(auth)
    attempt = begin(auth, person)
    auth.set_password(attempt, fresh())
    for dead in (attempt, "unknown"):
        with pytest.raises(Unauthenticated, match=r"attempt\.unusable"):
            auth.set_password(dead, fresh())
    late = begin(auth, newcomer(auth))
    with (
        auth.sandbox.clock_at(clock.wall() + timedelta(minutes=20, seconds=5)),
        pytest.raises(Unauthenticated, match=r"attempt\.unusable"),
    ):
        auth.set_password(late, fresh())


def test_s4_02_a_code_stage_is_no_password_stage(auth: System) -> None:
    person = auth.new_person()
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    with pytest.raises(Unauthenticated, match=r"attempt\.unusable"):
        auth.set_password(attempt, fresh())


def test_s4_02_a_disabled_account_sets_no_password(auth: System) -> None:
    person = newcomer(auth)
    attempt = begin(auth, person)
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=person.login_id)
    with pytest.raises(Unauthenticated, match=r"attempt\.unusable"):
        auth.set_password(attempt, fresh())


def password_set_on(auth: System, person: Person, day: date) -> None:
    noon = datetime.combine(day, time(12), clock.JAPAN)
    auth.execute(
        "UPDATE accounts SET password_set_at = :at WHERE login_id = :id", at=noon, id=person.login_id
    )


@pytest.mark.parametrize(("kind", "role", "portal"), KINDS)
def test_s4_03_a_password_is_good_for_ninety_days(auth: System, kind: str, role: str, portal: str) -> None:
    person = auth.new_person(kind, role)
    first = clock.in_japan(clock.wall()).date()
    password_set_on(auth, person, first)
    last_moment = datetime.combine(first + timedelta(days=90), time(23, 59), clock.JAPAN)
    with auth.sandbox.clock_at(last_moment.astimezone(UTC)):
        _, token_hash = new_token()
        started = auth.start_login(portal, person.login_id, person.password, session_hash=token_hash)
        assert started["next"] == "done"
    with auth.sandbox.clock_at((last_moment + minutes(1)).astimezone(UTC)):
        _, token_hash = new_token()
        started = auth.start_login(portal, person.login_id, person.password, session_hash=token_hash)
        assert started["next"] == "password"
        with pytest.raises(Unauthenticated, match=r"session\.unknown"):
            auth.resolve(token_hash)
        with pytest.raises(Invalid, match=r"password\.refused"):
            auth.set_password(started["attempt"], person.password)
        chosen = fresh()
        _, token_hash = new_token()
        assert auth.set_password(started["attempt"], chosen, token_hash)["next"] == "done"
        assert auth.caller(token_hash).login_id == person.login_id
        again = auth.start_login(portal, person.login_id, chosen, session_hash=new_token()[1])
        assert again["next"] == "done"


def test_s4_03_an_expired_password_that_was_not_changed_leads_there_again(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    password_set_on(auth, person, date(2024, 1, 1))
    for _ in range(2):
        assert begin(auth, person)
    auth.set_password(begin(auth, person), fresh())


def test_s4_03_changing_an_expired_password_ends_other_sessions(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    elsewhere = auth.log_in(person, "console")
    password_set_on(auth, person, date(2024, 1, 1))
    _, token_hash = new_token()
    auth.set_password(begin(auth, person), fresh(), token_hash)
    assert auth.resolve(token_hash)
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(elsewhere)


def test_s4_03_a_password_of_self_care_has_no_age(auth: System) -> None:
    person = auth.new_person()
    password_set_on(auth, person, date(2024, 1, 1))
    assert auth.start_login("ip_phone", person.login_id, person.password)["next"] == "code"


def test_s4_03_a_change_starts_the_ninety_days_anew(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    token_hash = auth.log_in(person, "console")
    password_set_on(auth, person, date(2024, 1, 1))
    chosen = fresh()
    auth.change_password(token_hash, person.password, chosen)
    _, later = new_token()
    assert auth.start_login("console", person.login_id, chosen, session_hash=later)["next"] == "done"


def test_s4_01_an_account_without_a_password_gets_one_by_mail(auth: System) -> None:
    customer = auth.new_customer()
    rows = [
        f"mailed-admin,console,{customer},administrator,mailed-admin@customer.example,,,",
        "mailed-staff,staff,,support,mailed-staff@minato.example,,,en",
    ]
    assert auth.import_accounts(*rows)["created"] == 2
    letter = auth.sandbox.letter("mailed-admin@customer.example")
    assert letter["subject"] == "【管理コンソールポータル】ポータルサイト利用アカウントのご案内"
    assert letter["from"] == "console-info@minato-telecom.example"
    assert "ログインID：mailed-admin" in letter["text"]
    assert "ログインURL：http://localhost:8000/console/login" in letter["text"]
    (password,) = re.findall(r"^パスワード：(\S{20,})$", letter["text"], re.M)
    person = Person("mailed-admin", password, "mailed-admin@customer.example", customer)
    assert auth.log_in(auth.first_login(person, "console"), "console")
    english = auth.sandbox.letter("mailed-staff@minato.example")["text"]
    assert "Login URL: http://localhost:8000/staff/login" in english
    (other,) = re.findall(r"^Password: (\S{20,})$", english, re.M)
    assert other != password
    assert begin(auth, Person("mailed-staff", other, "", ""), "staff")


def test_s4_01_a_mailed_password_ends_after_a_day(auth: System) -> None:
    customer = auth.new_customer()
    people = []
    for number in (1, 2):
        login_id, address = f"late-{number}", f"late-{number}@customer.example"
        auth.import_accounts(f"{login_id},console,{customer},viewer,{address},,,")
        (password,) = re.findall(r"^パスワード：(\S+)$", auth.sandbox.letter(address)["text"], re.M)
        people.append(Person(login_id, password, address, customer))
    early, late = people
    with auth.sandbox.clock_at(clock.wall() + timedelta(hours=23, minutes=55)):
        assert begin(auth, early)
    with (
        auth.sandbox.clock_at(clock.wall() + timedelta(hours=24, minutes=5)),
        pytest.raises(Unauthenticated, match=r"login\.refused"),
    ):
        begin(auth, late)


def test_a_password_from_the_file_has_no_end(auth: System) -> None:
    person = newcomer(auth)
    with auth.sandbox.clock_at(clock.wall() + timedelta(days=30)):
        assert begin(auth, person)
    assert auth.sandbox.letters(person.email) == []


def test_s4_05_the_first_administrator_comes_by_import_and_others_may_follow(auth: System) -> None:
    customer = auth.new_customer()
    people = [
        Person(f"admin-{number}-{customer}", fresh(), f"a{number}@{customer.lower()}.example", customer)
        for number in (1, 2)
    ]
    for person in people:
        row = f"{person.login_id},console,{customer},administrator,{person.email},,{person.password},"
        assert auth.import_accounts(row)["created"] == 1
        token_hash = auth.log_in(auth.first_login(person, "console"), "console")
        assert "console_administrator" in auth.caller(token_hash).roles


def test_a_first_factor_that_is_required_comes_after_the_password(auth: System) -> None:
    person = newcomer(auth)
    auth.execute(
        "UPDATE customers SET factors_required = true WHERE customer_code = :code", code=person.customer_code
    )
    _, token_hash = new_token()
    started = auth.start_login("console", person.login_id, person.password, session_hash=token_hash)
    assert (started["next"], started["minimum"]) == ("password", 8)
    _, token_hash = new_token()
    step = auth.set_password(started["attempt"], "k4Vq8Zt2", token_hash)
    assert step["next"] == "enrol"
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(token_hash)


def test_a_change_at_a_login_is_told_and_on_record(auth: System) -> None:
    person = newcomer(auth)
    auth.set_password(begin(auth, person), fresh())
    subjects = until(
        lambda: (
            len(letters := auth.sandbox.letters(person.email)) == 2 and {one["subject"] for one in letters}
        )
    )
    assert subjects == {"【ミナト通信】パスワード変更のお知らせ", "【ミナト通信】ログインのお知らせ"}
    actions = auth.value(
        "SELECT array_agg(action ORDER BY seq) FROM audit WHERE login_id = :id", id=person.login_id
    )
    assert actions == ["login.password", "password.changed", "login.completed"]


def test_lengths_can_be_set(start_system: Callable[..., System]) -> None:
    auth = start_system(KAISEN_PASSWORD_MINIMUM="20", KAISEN_PASSWORD_MINIMUM_WITH_FACTOR="10")
    attempt = begin(auth, newcomer(auth))
    with pytest.raises(Invalid, match=r"password\.refused") as refusal:
        auth.set_password(attempt, "k4Vq8Zt2mWx7Lp3")
    assert refusal.value.details["errors"][0]["minimum"] == 20
