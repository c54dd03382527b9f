"""Account administration: creating accounts and looking at them."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis import clock
from chassis.errors import Conflict, Forbidden, Invalid, KaisenError, NotFound
from tests.integration.auth.members import (
    Member,
    at_work,
    colleague,
    enabled_administrators,
    last_record,
    refusal,
)
from tests.integration.auth.system import System, minutes, new_token

CHANGES = {"create_account", "change_account", "reset_account", "delete_account"}
OF_THE_CUSTOMER = {"get_factor_policy", "set_factor_policy"}


def test_a_new_account_gets_its_initial_password_by_mail(auth: System, admin: Member) -> None:
    person, answer = admin.create("operator", language="en")
    assert answer["mailed"] is True
    ends_in = datetime.fromisoformat(answer["ends_at"]) - clock.wall()
    assert timedelta(hours=23, minutes=58) < ends_in <= timedelta(hours=24)
    letter = auth.sandbox.letter(person.email)
    assert person.login_id in letter["text"]
    assert person.password in letter["text"]
    item = admin.get(person.login_id)
    assert abs(datetime.fromisoformat(item["created_at"]) - clock.wall()) < minutes(1)
    assert item == {
        "login_id": person.login_id,
        "kind": "console",
        "customer_code": admin.person.customer_code,
        "role": "operator",
        "email": person.email,
        "language": "en",
        "disabled": False,
        "has_password": True,
        "must_change_password": True,
        "factors": [],
        "last_login_at": None,
        "created_at": item["created_at"],
    }


def test_without_an_address_nothing_is_mailed_and_the_caller_is_told(auth: System, admin: Member) -> None:
    person, answer = admin.create(email=None)
    assert answer["mailed"] is False
    assert admin.get(person.login_id)["email"] is None
    step = auth.start_login("console", person.login_id, person.password, session_hash=new_token()[1])
    assert step["next"] == "password"


def test_an_initial_password_is_stored_as_a_hash_and_answered_to_nobody(auth: System, admin: Member) -> None:
    person, answer = admin.create()
    stored = auth.value("SELECT password_hash FROM accounts WHERE login_id = :id", id=person.login_id)
    assert stored.startswith("$argon2id$")
    seen = json.dumps([answer, admin.get(person.login_id), last_record(auth, person.login_id)])
    assert person.password not in seen + auth.service.output()


def test_a_short_initial_password_is_refused(admin: Member) -> None:
    short = {"login_id": "somebody", "role": "viewer", "initial_password": "x" * 15, "language": "ja"}
    assert refusal(admin.call, "create_account", **short) == (Invalid, "request.invalid")


def test_s4_05_administrators_make_more_administrators(auth: System, admin: Member) -> None:
    person, _ = admin.create("administrator")
    _, token_hash = new_token()
    step = auth.start_login("console", person.login_id, person.password)
    chosen = "a new and quite long phrase of my own"
    assert auth.set_password(step["attempt"], chosen, token_hash)["next"] == "done"
    second = Member(auth, person, token_hash)
    third, _ = second.create("administrator")
    assert admin.get(third.login_id)["role"] == "administrator"
    assert enabled_administrators(auth, admin.person.customer_code) == 3


def test_s4_05_the_first_administrator_is_one_of_the_import(auth: System) -> None:
    first = at_work(auth, auth.new_person("console", "administrator"))
    assert [item["role"] for item in first.call("list_accounts")["items"]] == ["administrator"]


def test_staff_create_accounts_of_staff(staff: Member) -> None:
    person, _ = staff.create("support")
    item = staff.get(person.login_id)
    assert (item["kind"], item["customer_code"], item["role"]) == ("staff", None, "support")


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"login_id": "ab"}, "login_id", "account.login_id"),
        ({"login_id": "佐藤花子", "email": None}, "login_id", "account.login_id"),
        ({"role": "support"}, "role", "account.role"),
        ({"role": ""}, "role", "account.role"),
        ({"email": "nobody"}, "email", "email.format"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_named(
    admin: Member, fields: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        admin.create(**fields)
    assert refused.value.code == "account.invalid"
    assert refused.value.details["errors"] == [{"pointer": pointer, "code": code}]


def test_another_language_is_refused(admin: Member) -> None:
    assert refusal(admin.create, language="fr") == (Invalid, "request.invalid")


def test_a_login_id_that_anybody_has_or_had_is_taken(auth: System, admin: Member) -> None:
    others = auth.new_person()
    gone, _ = admin.create()
    admin.call("delete_account", login_id=gone.login_id)
    for login_id in (admin.person.login_id, others.login_id, gone.login_id):
        assert refusal(admin.create, login_id=login_id) == (
            Conflict,
            "account.exists",
        )


def test_of_20_accounts_with_one_id_at_once_one_is_created(admin: Member) -> None:
    login_id = f"K{secrets.token_hex(6)}"

    def create(_: int) -> str:
        try:
            admin.create(login_id=login_id)
        except KaisenError as error:
            return error.code
        return "created"

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(create, range(20)))
    assert (outcomes.count("created"), outcomes.count("account.exists")) == (1, 19)


def test_administrators_see_the_console_accounts_of_their_customer_alone(auth: System, admin: Member) -> None:
    own = [colleague(auth, admin.person, role).login_id for role in ("viewer", "operator")]
    selfcare = f"C{secrets.token_hex(6)}"
    auth.import_accounts(f"{selfcare},selfcare,{admin.person.customer_code},,,,,")
    foreign = auth.new_person("console", "administrator")
    answer = admin.call("list_accounts", limit=100)
    assert [item["login_id"] for item in answer["items"]] == sorted([admin.person.login_id, *own])
    assert (answer["total"], answer["next_cursor"]) == (3, None)
    assert admin.call("list_accounts", customer_code=foreign.customer_code)["total"] == 0
    for login_id in (selfcare, foreign.login_id, "first-staff", "nobody-here", "", "\x00", "x" * 1000):
        for method, others in (
            ("get_account", {}),
            ("change_account", {"disabled": True}),
            ("reset_account", {"initial_password": "x" * 20}),
            ("delete_account", {}),
        ):
            call = {"login_id": login_id, **others}
            assert refusal(admin.call, method, **call) == (
                NotFound,
                "account.unknown",
            ), (method, login_id)


def test_staff_see_all_accounts_and_search_by_kind_and_customer(auth: System, staff: Member) -> None:
    people = {kind: auth.new_person(kind, role) for kind, role in (("selfcare", ""), ("console", "viewer"))}
    for kind, person in people.items():
        assert staff.get(person.login_id)["kind"] == kind
        found = staff.call("list_accounts", customer_code=person.customer_code)["items"]
        assert [item["login_id"] for item in found] == [person.login_id]
        other = "staff" if kind == "console" else "console"
        assert staff.call("list_accounts", query=person.login_id, kind=other)["total"] == 0
        assert staff.call("list_accounts", query=person.login_id, kind=kind)["total"] == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 3),
        ("{mark}", 2),
        ("{MARK}", 2),
        ("{mark}_one", 1),
        ("{mark}.", 1),
        ("{mark}%", 0),
        ("hanako-{mark}", 1),
        ("HANAKO-{mark}@", 1),
        ("@customer", 0),
    ],
)
def test_a_search_compares_how_id_and_address_begin(
    auth: System, admin: Member, query: str, found: int
) -> None:
    mark = f"s{secrets.token_hex(4)}"
    admin.create(login_id=f"{mark}_one", email=None)
    admin.create(login_id=f"{mark}.two", email=f"hanako-{mark}@customer.example")
    wanted = query.format(mark=mark, MARK=mark.upper())
    assert admin.call("list_accounts", query=wanted)["total"] == found


def test_pages_cover_the_list_once(auth: System, admin: Member) -> None:
    everybody = {admin.person.login_id} | {colleague(auth, admin.person, "viewer").login_id for _ in range(6)}
    seen: list[str] = []
    cursor = None
    while True:
        page = admin.call("list_accounts", cursor=cursor, limit=3)
        assert page["total"] == 7
        seen += [item["login_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 7
    assert set(seen) == everybody


@pytest.mark.parametrize("cursor", ["made-up", "WzFd", "WyJcdTAwMDAiXQ", "e30", "\x00"])
def test_a_made_up_cursor_is_refused(admin: Member, cursor: str) -> None:
    assert refusal(admin.call, "list_accounts", cursor=cursor) == (Invalid, "page.bad_cursor")


@pytest.mark.parametrize(
    ("kind", "role", "refused"),
    [
        ("selfcare", "", {"list_accounts", "get_account", *CHANGES, *OF_THE_CUSTOMER}),
        ("console", "viewer", {"list_accounts", "get_account", *CHANGES, *OF_THE_CUSTOMER}),
        ("console", "operator", {"list_accounts", "get_account", *CHANGES, *OF_THE_CUSTOMER}),
        ("console", "administrator", set()),
        ("staff", "support", {*CHANGES, *OF_THE_CUSTOMER}),
        ("staff", "operations", {*CHANGES, *OF_THE_CUSTOMER}),
        ("staff", "administrator", OF_THE_CUSTOMER),
    ],
)
def test_who_may_do_what(auth: System, kind: str, role: str, refused: set[str]) -> None:
    me = at_work(auth, auth.new_person(kind, role), "ip_phone" if kind == "selfcare" else kind)
    methods = ("list_accounts", "get_account", *CHANGES, *OF_THE_CUSTOMER)
    outcomes = {method: refusal(me.call, method, nothing="known") for method in methods}
    # roles are checked before arguments
    assert set(outcomes.values()) <= {(Forbidden, "role.missing"), (Invalid, "request.invalid")}
    found = {method for method, (kind_of_refusal, _) in outcomes.items() if kind_of_refusal is Forbidden}
    assert found == refused
