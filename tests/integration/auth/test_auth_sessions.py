"""Sessions: what they say, and how they end."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis import clock
from chassis.errors import Invalid, NotFound, Unauthenticated
from tests.integration.auth.system import Person, System, minutes, new_token


def is_alive(auth: System, token_hash: str) -> bool:
    try:
        auth.resolve(token_hash)
    except Unauthenticated as error:
        return error.code != "session.unknown"
    return True


def seen_at(auth: System, token_hash: str) -> datetime:
    seen: datetime = auth.value("SELECT last_seen_at FROM sessions WHERE token_hash = :hash", hash=token_hash)
    return seen


def began_at(auth: System, token_hash: str) -> datetime:
    began: datetime = auth.value(
        "SELECT authenticated_at FROM sessions WHERE token_hash = :hash", hash=token_hash
    )
    return began


def test_a_session_tells_who_it_is(auth: System) -> None:
    person = auth.new_person("console", "operator", families=("data_sim",))
    token_hash = auth.log_in(person, "console")
    account = auth.resolve(token_hash)["account"]
    expires_at = datetime.fromisoformat(account.pop("expires_at"))
    assert timedelta(minutes=14) < expires_at - clock.wall() <= timedelta(minutes=15)
    assert account == {
        "login_id": person.login_id,
        "kind": "console",
        "portal": "console",
        "customer_code": person.customer_code,
        "customer_name": "港 太郎",
        "roles": ["console_operator", "console_viewer"],
        "language": "ja",
    }


def test_a_session_yields_a_signed_statement_for_the_other_services(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    caller = auth.caller(token_hash, "en")
    assert (caller.kind, caller.customer, caller.roles, caller.login_id, caller.language) == (
        "selfcare",
        person.customer_code,
        frozenset({"selfcare"}),
        person.login_id,
        "en",
    )
    assert caller.subject == str(
        auth.value("SELECT id FROM accounts WHERE login_id = :id", id=person.login_id)
    )
    assert caller.correlation_id
    assert abs(caller.authenticated_at - began_at(auth, token_hash)) < timedelta(seconds=1)


def test_staff_have_no_customer(auth: System) -> None:
    token_hash = auth.log_in(auth.new_person("staff", "support"), "staff")
    account = auth.resolve(token_hash)["account"]
    assert account["customer_code"] is account["customer_name"] is None
    assert auth.caller(token_hash).customer is None


def test_the_token_itself_is_stored_nowhere(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    token, token_hash = new_token()
    auth.start_login("console", person.login_id, person.password, session_hash=token_hash)
    assert is_alive(auth, token_hash)
    with pytest.raises(Invalid, match=r"request\.invalid"):
        auth.resolve(token)


def test_an_unknown_session(auth: System) -> None:
    assert not is_alive(auth, new_token()[1])


def test_logging_out_ends_the_session_at_once(auth: System) -> None:
    token_hash = auth.log_in(auth.new_person())
    assert is_alive(auth, token_hash)
    assert auth.end_session(token_hash) == {}
    assert not is_alive(auth, token_hash)
    assert auth.end_session(token_hash) == {}


def test_logging_out_ends_no_other_session(auth: System) -> None:
    person = auth.new_person()
    one, other = auth.log_in(person), auth.log_in(person)
    auth.end_session(one)
    assert is_alive(auth, other)


def test_disabling_an_account_ends_its_sessions_at_once(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    auth.execute("UPDATE accounts SET disabled = true WHERE login_id = :id", id=person.login_id)
    assert not is_alive(auth, token_hash)


@pytest.mark.parametrize(
    ("kind", "role", "portal", "idle"),
    [
        ("selfcare", "", "ip_phone", 30),
        ("console", "viewer", "console", 15),
        ("staff", "support", "staff", 15),
    ],
)
def test_an_unused_session_ends(auth: System, kind: str, role: str, portal: str, idle: int) -> None:
    person = auth.new_person(kind, role)
    almost, over = auth.log_in(person, portal), auth.log_in(person, portal)
    with auth.sandbox.clock_at(seen_at(auth, almost) + minutes(idle) - timedelta(seconds=5)):
        assert is_alive(auth, almost)
    with auth.sandbox.clock_at(seen_at(auth, over) + minutes(idle)):
        assert not is_alive(auth, over)


@pytest.mark.parametrize(
    ("kind", "role", "portal", "hours"),
    [("selfcare", "", "ip_phone", 12), ("console", "viewer", "console", 8), ("staff", "support", "staff", 8)],
)
def test_a_used_session_ends_all_the_same(
    auth: System, kind: str, role: str, portal: str, hours: int
) -> None:
    token_hash = auth.log_in(auth.new_person(kind, role), portal)
    began = began_at(auth, token_hash)
    end = began + timedelta(hours=hours)
    used = began
    while used < end - minutes(14):
        used += minutes(14)
        auth.sandbox.move({"now": used.isoformat()})
        assert is_alive(auth, token_hash)
    with auth.sandbox.clock_at(end):
        assert not is_alive(auth, token_hash)


def test_use_is_noted_once_a_minute(auth: System) -> None:
    token_hash = auth.log_in(auth.new_person())
    began = seen_at(auth, token_hash)
    with auth.sandbox.clock_at(began + timedelta(seconds=40)):
        assert is_alive(auth, token_hash)
        assert seen_at(auth, token_hash) == began
    with auth.sandbox.clock_at(began + timedelta(seconds=61)):
        assert is_alive(auth, token_hash)
        assert seen_at(auth, token_hash) >= began + timedelta(seconds=61)


def test_deleting_an_account_ends_its_sessions_at_once(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    auth.execute("UPDATE accounts SET deleted_at = created_at WHERE login_id = :id", id=person.login_id)
    assert not is_alive(auth, token_hash)


def test_a_demotion_holds_from_the_next_request_on(auth: System) -> None:
    person = auth.new_person("console", "administrator")
    token_hash = auth.log_in(person, "console")
    assert "console_administrator" in auth.caller(token_hash).roles
    auth.execute("UPDATE accounts SET role = 'viewer' WHERE login_id = :id", id=person.login_id)
    roles = auth.caller(token_hash).roles
    assert "console_viewer" in roles
    assert not {"console_operator", "console_administrator"} & roles


# the owner's list


def call(auth: System, token_hash: str, method: str, **arguments: Any) -> Any:
    sealed = tuple(name for name in ("password", "totp", "recovery_code") if name in arguments)
    context = auth.resolve(token_hash)["context"]
    return auth.client.call(f"auth.{method}", timeout=30, context=context, sealed=sealed, **arguments)


def items(auth: System, token_hash: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(auth, token_hash, "list_sessions")["items"]
    return found


def ended(auth: System, person: Person) -> int:
    count: int = auth.value(
        "SELECT count(*) FROM audit WHERE action LIKE 'session.ended%' AND login_id = :id", id=person.login_id
    )
    return count


def test_the_owner_sees_their_sessions(auth: System) -> None:
    person = auth.new_person()
    auth.log_in(auth.new_person())  # somebody else's is not among them
    here, there = auth.log_in(person), auth.log_in(person)
    found = items(auth, here)
    assert sorted(one["current"] for one in found) == [False, True]
    (own,) = [one for one in found if one["current"]]
    assert own["id"] == auth.caller(here).session
    assert own["id"] != auth.caller(there).session
    assert (own["portal"], own["client_ip"], own["user_agent"]) == ("ip_phone", "192.0.2.1", "a test")
    assert datetime.fromisoformat(own["authenticated_at"]) == began_at(auth, here)
    assert datetime.fromisoformat(own["last_seen_at"]) == seen_at(auth, here)


def test_what_is_over_by_time_is_not_listed(auth: System) -> None:
    person = auth.new_person("staff", "support")
    first = auth.log_in(person, "staff")
    with auth.sandbox.clock_at(seen_at(auth, first) + minutes(16)):
        assert [one["current"] for one in items(auth, auth.log_in(person, "staff"))] == [True]


def test_the_owner_ends_another_session(auth: System) -> None:
    person = auth.new_person()
    here, there, elsewhere = (auth.log_in(person) for _ in range(3))
    before = ended(auth, person)
    assert call(auth, here, "end_other_session", session_id=auth.caller(there).session) == {}
    assert [is_alive(auth, one) for one in (here, there, elsewhere)] == [True, False, True]
    assert ended(auth, person) == before + 1


def test_of_the_sessions_of_others_nobody_ends_any(auth: System) -> None:
    mine, other = auth.log_in(auth.new_person()), auth.log_in(auth.new_person())
    for session_id in (auth.caller(other).session, auth.caller(mine).session, str(uuid4()), "1", ""):
        with pytest.raises(NotFound, match=r"session\.not_found"):
            call(auth, mine, "end_other_session", session_id=session_id)
    assert is_alive(auth, mine)
    assert is_alive(auth, other)


def test_the_owner_ends_all_other_sessions_and_logins_under_way(auth: System) -> None:
    person = auth.new_person()
    here, there, elsewhere = (auth.log_in(person) for _ in range(3))
    attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
    code = auth.sandbox.code(person.email, 4)
    assert call(auth, here, "end_other_sessions") == {"ended": 2}
    assert [is_alive(auth, one) for one in (here, there, elsewhere)] == [True, False, False]
    with pytest.raises(Unauthenticated, match=r"code\.unusable"):
        auth.verify_code(attempt, code)
    assert call(auth, here, "end_other_sessions") == {"ended": 0}
