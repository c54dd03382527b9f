"""The first step of a login: who gets past it, and that nobody learns why he does not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Invalid, Unauthenticated
from services.auth.passwords import Cost, argon2id
from tests.harness import until
from tests.integration.auth.system import Person, System, new_token


def refused(auth: System, portal: str, login_id: str, password: str) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as refusal:
        auth.start_login(portal, login_id, password, session_hash=new_token()[1])
    return refusal.value


def make_initial(auth: System, person: Person, ends_at: str = "NULL") -> None:
    """As if the person's password were one that an administrator has made."""
    auth.execute(
        f"UPDATE accounts SET password_is_initial = true, initial_password_ends_at = {ends_at} WHERE login_id = :id",  # noqa: S608
        id=person.login_id,
    )


def refused_logins(auth: System) -> dict[str, tuple[str, str, str]]:
    """Portal, ID and password of a login that is refused for each reason."""
    person = auth.new_person()
    disabled = auth.new_person()
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=disabled.login_id)
    unset = auth.new_person(password="")
    deleted = auth.new_person()
    auth.execute("UPDATE accounts SET deleted_at = created_at WHERE login_id = :id", id=deleted.login_id)
    console = auth.new_person("console", "operator")
    expired = auth.new_person("console", "operator")
    make_initial(auth, expired, "created_at - interval '1 minute'")
    throttled = auth.new_person()
    auth.fail("ip_phone", throttled.login_id, 20)
    return {
        "unknown id": ("ip_phone", "C9nobody", person.password),
        "wrong password": ("ip_phone", person.login_id, "not the password"),
        "disabled": ("ip_phone", disabled.login_id, disabled.password),
        "deleted": ("ip_phone", deleted.login_id, deleted.password),
        "no password": ("ip_phone", unset.login_id, ""),
        "expired initial password": ("console", expired.login_id, expired.password),
        "throttled": ("ip_phone", throttled.login_id, throttled.password),
        "nothing typed": ("ip_phone", "", ""),
        "10,000 characters": ("ip_phone", person.login_id, "x" * 10_000),
        "not admitted": ("mobile_choice", person.login_id, person.password),
        "other kind": ("ip_phone", console.login_id, console.password),
    }


def test_s0_01_a_right_password_leads_to_the_code_and_no_further(auth: System) -> None:
    person = auth.new_person()
    _, token_hash = new_token()
    started = auth.start_login("ip_phone", person.login_id, person.password, session_hash=token_hash)
    assert started["next"] == "code"
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(token_hash)


def test_s0_04_every_refusal_looks_the_same(auth: System) -> None:
    for reason, login in refused_logins(auth).items():
        attempts = auth.value("SELECT count(*) FROM login_attempts")
        records = auth.value("SELECT count(*) FROM audit")
        refusal = refused(auth, *login)
        assert (refusal.code, refusal.details) == ("login.refused", {}), reason
        assert auth.value("SELECT count(*) FROM login_attempts") == attempts + 1, reason
        assert auth.value("SELECT count(*) FROM audit") == records + 1, reason


def test_s0_04_why_a_login_was_refused_is_in_the_audit_trail_alone(auth: System) -> None:
    results = {}
    for reason, login in refused_logins(auth).items():
        refused(auth, *login)
        record = "SELECT result FROM audit WHERE action = 'login.password' ORDER BY seq DESC LIMIT 1"
        results[reason] = auth.value(record)
    assert results == {
        "unknown id": "unknown_id",
        "wrong password": "wrong_password",
        "disabled": "disabled",
        "deleted": "unknown_id",
        "no password": "wrong_password",
        "expired initial password": "initial_password_expired",
        "throttled": "throttled",
        "nothing typed": "unknown_id",
        "10,000 characters": "wrong_password",
        "not admitted": "not_admitted",
        "other kind": "not_admitted",
    }


def test_s0_04_no_code_is_mailed_after_a_refusal(auth: System) -> None:
    person = auth.new_person()
    refused(auth, "ip_phone", person.login_id, "not the password")
    auth.start_login("ip_phone", person.login_id, person.password)
    auth.sandbox.letter(person.email)
    assert len(auth.sandbox.letters(person.email)) == 1


@pytest.mark.parametrize("which", ["login_id", "password"])
def test_a_huge_input_is_refused_like_any_other(auth: System, which: str) -> None:
    person = auth.new_person()
    typed = {"login_id": person.login_id, "password": person.password} | {which: "x" * 1_000_000}
    refused(auth, "ip_phone", **typed)


@pytest.mark.parametrize("login_id", ["", "\x00", "' OR true --", "ａｂｃ", "x" * 1001])
def test_a_strange_id_is_refused_like_any_other(auth: System, login_id: str) -> None:
    assert refused(auth, "ip_phone", login_id, "\x00").code == "login.refused"


def test_an_unknown_portal_is_a_malformed_request(auth: System) -> None:
    with pytest.raises(Invalid, match=r"request\.invalid"):
        auth.start_login("nowhere", "C9", "x")


@pytest.mark.parametrize(
    ("kind", "role", "portal"), [("console", "operator", "console"), ("staff", "support", "staff")]
)
def test_console_and_staff_are_logged_in_at_once(auth: System, kind: str, role: str, portal: str) -> None:
    person = auth.new_person(kind, role)
    _, token_hash = new_token()
    started = auth.start_login(portal, person.login_id, person.password, session_hash=token_hash)
    assert set(started) == {"next", "expires_at", "portal", "kind"}
    assert (started["next"], started["portal"], started["kind"]) == ("done", portal, kind)
    assert auth.caller(token_hash).kind == kind


@pytest.mark.parametrize("token_hash", [None, "", "0" * 63, "G" * 64])
def test_a_login_without_a_token_to_go_on_with_is_malformed(auth: System, token_hash: str | None) -> None:
    with pytest.raises(Invalid, match=r"request\.invalid"):
        auth.start_login("console", "somebody", "x", session_hash=token_hash)


def test_a_session_is_opened_once(auth: System) -> None:
    person = auth.new_person("console", "operator")
    token_hash = auth.log_in(person, "console")
    with pytest.raises(Conflict, match=r"session\.exists"):
        auth.start_login("console", person.login_id, person.password, session_hash=token_hash)


def test_a_password_hashed_at_another_cost_is_hashed_anew(auth: System) -> None:
    person = auth.new_person()
    cheap = argon2id(Cost(memory_kib=1024, passes=1)).hash(person.password)
    stored = "SELECT password_hash FROM accounts WHERE login_id = :id"
    auth.execute(
        "UPDATE accounts SET password_hash = :hash WHERE login_id = :id", hash=cheap, id=person.login_id
    )
    refused(auth, "ip_phone", person.login_id, "not the password")
    assert auth.value(stored, id=person.login_id) == cheap
    auth.start_login("ip_phone", person.login_id, person.password)
    renewed = auth.value(stored, id=person.login_id)
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    auth.start_login("ip_phone", person.login_id, person.password)
    assert auth.value(stored, id=person.login_id) == renewed


def test_a_later_contract_opens_the_portal(auth: System) -> None:
    person = auth.new_person(families=("data_sim",))
    refused(auth, "free_voice", person.login_id, person.password)
    contract = {"contract_code": f"{person.customer_code}-9", "family": "free_voice", "project_name": "本社"}
    auth.tell("contracts.contract_registered", customer_code=person.customer_code, **contract)
    until(
        lambda: auth.start_login("free_voice", person.login_id, person.password)["next"] == "code",
        ignore=Unauthenticated,
    )


# initial and old passwords


def test_s4_02_an_initial_password_leads_to_its_change_and_nowhere_else(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    make_initial(auth, person)
    _, token_hash = new_token()
    started = auth.start_login("console", person.login_id, person.password, session_hash=token_hash)
    assert (started["next"], started["minimum"]) == ("password", 15)
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(token_hash)
    with pytest.raises(Unauthenticated, match=r"code\.unusable"):
        auth.verify_code(started["attempt"], "123456", token_hash)


def test_s4_02_an_initial_password_works_once(auth: System) -> None:
    person = auth.new_person("staff", "support")
    make_initial(auth, person)
    started = auth.start_login("staff", person.login_id, person.password, session_hash=new_token()[1])
    assert started["next"] == "password"
    refused(auth, "staff", person.login_id, person.password)


def test_s4_02_of_logins_at_the_same_time_with_an_initial_password_one_wins(auth: System) -> None:
    person = auth.new_person("console", "administrator")
    make_initial(auth, person)

    def start(_: int) -> str:
        try:
            answer = auth.start_login(
                "console", person.login_id, person.password, session_hash=new_token()[1]
            )
        except Unauthenticated as error:
            return error.code
        return str(answer["next"])

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(start, range(4)))
    assert sorted(outcomes) == ["login.refused"] * 3 + ["password"]


@pytest.mark.parametrize(
    ("ends_at", "outcome"),
    [("created_at + interval '1 hour'", "password"), ("created_at - interval '1 second'", None)],
)
def test_a_mailed_initial_password_ends(auth: System, ends_at: str, outcome: str | None) -> None:
    person = auth.new_person("console", "operator")
    make_initial(auth, person, ends_at)
    if outcome is None:
        refused(auth, "console", person.login_id, person.password)
    else:
        started = auth.start_login("console", person.login_id, person.password, session_hash=new_token()[1])
        assert started["next"] == outcome


@pytest.mark.parametrize(
    ("today", "following"),
    [("2024-03-31T23:59:00+09:00", "done"), ("2024-04-01T00:00:00+09:00", "password")],
)
@pytest.mark.parametrize(
    ("kind", "role", "portal"), [("console", "viewer", "console"), ("staff", "support", "staff")]
)
def test_s4_03_after_ninety_days_a_login_leads_to_a_new_password(
    auth: System, kind: str, role: str, portal: str, today: str, following: str
) -> None:
    person = auth.new_person(kind, role)
    auth.execute(
        "UPDATE accounts SET password_set_at = '2024-01-01T10:00:00+09:00' WHERE login_id = :id",
        id=person.login_id,
    )
    with auth.sandbox.clock_at(datetime.fromisoformat(today)):
        for _ in range(2):  # the old password still opens the change, as often as it takes
            started = auth.start_login(portal, person.login_id, person.password, session_hash=new_token()[1])
            assert started["next"] == following


def test_self_care_passwords_have_no_age(auth: System) -> None:
    person = auth.new_person()
    auth.execute(
        "UPDATE accounts SET password_set_at = '2014-01-01' WHERE login_id = :id", id=person.login_id
    )
    auth.log_in(person)


def test_s4_06_a_disabled_account_is_refused_and_an_enabled_one_is_not(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    for disabled in ("true", "false"):
        auth.execute(
            f"UPDATE accounts SET disabled = {disabled} WHERE login_id = :id",  # noqa: S608
            id=person.login_id,
        )
        if disabled == "true":
            refused(auth, "console", person.login_id, person.password)
        else:
            auth.log_in(person, "console")


def test_a_password_that_was_changed_while_it_was_judged_opens_nothing(auth: System) -> None:
    """The old password was right when it was read, and is nobody's when the session would open."""
    person = auth.new_person("console", "viewer")
    with auth.database.connect() as other, ThreadPoolExecutor(1) as pool:
        transaction = other.begin()
        other.execute(text("SELECT 1 FROM accounts WHERE login_id = :id FOR UPDATE"), {"id": person.login_id})
        login = pool.submit(refused, auth, "console", person.login_id, person.password)
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        until(lambda: auth.value(waiting))
        other.execute(
            text("UPDATE accounts SET password_hash = 'new', password_set_at = now() WHERE login_id = :id"),
            {"id": person.login_id},
        )
        transaction.commit()
        assert login.result().code == "login.refused"
