"""The audit trail as it is asked for: verified, searched by those who may, told of by other services."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, Invalid
from chassis.paging import encode_cursor
from services.auth.audit_store import COUNTED
from services.auth.usecases.audit import Actor, Entry
from services.auth.usecases.audit_inquiry import STEP
from tests.harness import until
from tests.integration.auth.system import System
from tests.integration.auth.trail import (
    TELLING,
    add,
    add_many,
    as_customer,
    as_staff,
    first_break,
    seqs,
    statement,
)

# what the service says of it


def verify(system: System, **asked: Any) -> Any:
    return as_staff(system, "verify_audit", "administrator", **asked)


def test_verifying_the_trail(auth: System, actor: Actor) -> None:
    for _ in range(2):  # the first record of all has none before it
        add(auth, Entry("account.changed", actor))
    last = auth.value("SELECT seq FROM audit_head")
    last_hash = auth.value("SELECT hash FROM audit WHERE seq = :seq", seq=last)
    add(auth, Entry("account.changed", actor))
    more = verify(auth, after_seq=last, after_hash=last_hash)
    assert more == {
        "checked": 1,
        "last_seq": last + 1,
        "last_hash": auth.value("SELECT hash FROM audit_head"),
        "done": True,
        "first_break": None,
    }
    before = {"after_seq": last - 1, "after_hash": "0" * 64}
    assert verify(auth, **before)["first_break"] == {"seq": last, "reason": "changed"}
    ahead = {"expect_seq": last + 9, "expect_hash": last_hash}
    assert verify(auth, after_seq=last, after_hash=last_hash, **ahead)["first_break"] == {
        "seq": last + 2,
        "reason": "anchor",
    }


def test_a_long_trail_is_verified_in_steps_while_it_grows(auth: System, actor: Actor) -> None:
    before = auth.value("SELECT seq FROM audit_head")
    add_many(auth, STEP, actor)
    first = verify(auth)
    assert (first["checked"], first["last_seq"], first["done"]) == (STEP, STEP, False)
    onward = {"after_seq": first["last_seq"], "after_hash": first["last_hash"]}

    def grow() -> None:
        for number in range(100):
            add(auth, Entry("account.changed", actor, str(number)))

    with ThreadPoolExecutor(1) as pool:
        growing = pool.submit(grow)
        while not growing.done():
            answer = verify(auth, **onward)
            assert (answer["done"], answer["first_break"]) == (True, None)
        growing.result()
    last = verify(auth, **onward)
    assert (last["checked"], last["first_break"]) == (before + 100, None)
    again = verify(auth, expect_seq=last["last_seq"], expect_hash=last["last_hash"])
    assert (again["last_seq"], again["done"]) == (STEP, False)


# who reads what


def test_a_customer_sees_its_own_records_and_staff_see_all(auth: System, actor: Actor) -> None:
    stranger = replace(actor, login_id=f"stranger-{uuid4().hex}", customer_code=f"TC-{uuid4().hex}")
    staff = Actor("id", "staff", "operations", None, "192.0.2.9", "a browser of the operator")
    add(auth, Entry("account.created", actor, "new"))
    add(auth, Entry("account.created", stranger, "new"))
    add(auth, Entry("account.reset", staff, actor.login_id, customer_code=actor.customer_code))
    assert actor.customer_code
    own = as_customer(auth, actor.customer_code)
    assert [(item["action"], item["login_id"]) for item in own["items"]] == [
        ("account.reset", "operations"),
        ("account.created", actor.login_id),
    ]
    assert [(item["client_ip"], item["user_agent"]) for item in own["items"]] == [
        ("", ""),
        ("192.0.2.7", "a browser"),
    ]
    assert (own["total"], own["total_is_exact"]) == (2, True)
    tried = as_customer(auth, actor.customer_code, customer_code=stranger.customer_code)
    assert seqs(tried) == seqs(own)
    of_customer = as_staff(auth, customer_code=actor.customer_code)
    assert seqs(of_customer) == seqs(own)
    assert of_customer["items"][0]["client_ip"] == "192.0.2.9"
    assert len(as_staff(auth, login_id=stranger.login_id)["items"]) == 1
    assert as_staff(auth)["total"] >= 3


@pytest.mark.parametrize("method", ["list_audit", "export_audit"])
@pytest.mark.parametrize(
    ("roles", "customer"),
    [
        ({"selfcare"}, "C900000001"),
        ({"console_viewer", "console_operator"}, "TC0000-00001"),
        (set(), None),
    ],
)
def test_others_read_nothing(auth: System, method: str, roles: set[str], customer: str | None) -> None:
    with pytest.raises(Forbidden, match=r"role\.missing"):
        auth.client.call(f"auth.{method}", timeout=10, context=statement(auth, roles, customer))


def test_only_administrators_of_staff_verify(auth: System) -> None:
    with pytest.raises(Forbidden, match=r"role\.missing"):
        as_staff(auth, "verify_audit", "operations")
    with pytest.raises(Forbidden, match=r"role\.missing"):
        auth.client.call(
            "auth.verify_audit", timeout=10, context=statement(auth, {"console_administrator"}, "TC1")
        )


def test_conditions_must_all_be_met(auth: System, actor: Actor) -> None:
    midnight = datetime(2026, 3, 31, 15, tzinfo=UTC)  # 1 April in Japan
    times = [midnight - timedelta(microseconds=1), midnight, midnight + timedelta(days=1)]
    other = replace(actor, login_id=f"{actor.login_id}-other")
    for at in times:
        for action in ("account.created", "account.changed", "accounting%"):
            add(auth, Entry(action, actor, at=at))
    add(auth, Entry("account.created", other, at=midnight))

    def found(**asked: Any) -> list[tuple[str, str]]:
        answer = as_staff(auth, **{"login_id": actor.login_id, **asked})
        assert answer["total"] == len(answer["items"])
        return [(item["action"], item["at"][:10]) for item in answer["items"]]

    assert len(found()) == 9
    assert {action for action, _ in found(action="account.")} == {"account.created", "account.changed"}
    assert {action for action, _ in found(action="account.created")} == {"account.created"}
    assert {action for action, _ in found(action="accounting%")} == {"accounting%"}
    assert found(action="acc%created") == found(action="_ccount") == []
    assert {day for _, day in found(since="2026-04-01")} == {"2026-04-01", "2026-04-02"}
    assert {day for _, day in found(until="2026-04-01")} == {"2026-03-31", "2026-04-01"}
    assert {day for _, day in found(since="2026-04-01", until="2026-04-01")} == {"2026-04-01"}
    assert len(found(since="0001-01-01", until="9999-12-31")) == 9
    assert found(login_id=actor.login_id[:-1]) == []
    assert found(login_id=other.login_id, action="account.created", since=str(date(2026, 4, 1))) == [
        ("account.created", "2026-04-01")
    ]


def test_pages_neither_repeat_nor_miss_a_record(auth: System, actor: Actor) -> None:
    for number in range(7):
        add(auth, Entry("account.changed", actor, str(number)))
    seen: list[str] = []
    cursor = None
    while True:
        answer = as_staff(auth, login_id=actor.login_id, cursor=cursor, limit=3)
        seen += [item["target"] for item in answer["items"]]
        assert answer["total"] == 7
        cursor = answer["next_cursor"]
        if cursor is None:
            break
        add(auth, Entry("login.completed", replace(actor, login_id="in between")))
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    chunk = as_staff(auth, "export_audit", login_id=actor.login_id, limit=5)
    rest = as_staff(auth, "export_audit", login_id=actor.login_id, limit=5, cursor=chunk["next_cursor"])
    assert [item["target"] for item in chunk["items"] + rest["items"]] == seen
    assert rest["next_cursor"] is None


def test_many_hits_are_not_counted_to_the_end(auth: System, actor: Actor) -> None:
    add_many(auth, COUNTED - 1, actor)
    answer = as_staff(auth, login_id=actor.login_id)
    assert (answer["total"], answer["total_is_exact"]) == (COUNTED - 1, True)
    add(auth, Entry("login.completed", actor))
    answer = as_staff(auth, login_id=actor.login_id)
    assert (answer["total"], answer["total_is_exact"]) == (COUNTED, False)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"since": "2026-04-02", "until": "2026-04-01"}, "audit.range_reversed"),
        ({"cursor": "nonsense"}, "page.bad_cursor"),
        ({"cursor": encode_cursor([1])}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["2026-04-01T00:00:00+00:00", 0])}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["2026-04-01T00:00:00+00:00", 2**63])}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["2026-04-01T00:00:00", 1])}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["0001-01-01T00:00:00+09:00", 1])}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["tomorrow", 1])}, "page.bad_cursor"),
        ({"since": "yesterday"}, "request.invalid"),
        ({"login_id": "\x00"}, "request.invalid"),
        ({"limit": 101}, "request.invalid"),
    ],
)
def test_what_cannot_be_asked(auth: System, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        as_staff(auth, **asked)
    assert refusal.value.code == code


# what other services tell


@pytest.mark.parametrize("service", ["contracts", "sim"])
def test_what_was_done_elsewhere_is_recorded_once_with_its_own_time(auth: System, service: str) -> None:
    login_id = f"operations-{uuid4().hex}"
    event_id = str(uuid4())
    for _ in range(2):
        auth.tell(f"{service}.audited", event_id=event_id, **TELLING | {"login_id": login_id})
    auth.tell(f"{service}.audited", **TELLING | {"login_id": login_id, "target": "the last one"})
    until(lambda: "the last one" in [one["target"] for one in as_staff(auth, login_id=login_id)["items"]], 20)
    items = as_staff(auth, login_id=login_id)["items"]
    assert [item["target"] for item in items] == ["the last one", "lines"]
    assert items[1] | {"seq": 0} == {
        "seq": 0,
        **{name: TELLING[name] for name in TELLING if name not in ("at", "actor")},
        "at": "2026-03-31T23:59:59.999999+09:00",
        "login_id": login_id,
        "user_agent": "",
        "correlation_id": "test",
    }
    assert first_break(auth) is None
