"""The audit trail in a real database: one chain whoever writes, only ever added to, read by those who may."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, insert, make_url, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from chassis import clock, context, logs, migrations
from chassis.context import Caller
from chassis.errors import Forbidden, Invalid
from chassis.paging import encode_cursor
from services.auth.audit_chain import START, Anchor, Break, Link, Reason, check_end, follow, seal
from services.auth.audit_store import COUNTED, head, links_after, lock_head
from services.auth.models import AuditHead, AuditRecord
from services.auth.settings import Settings
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.audit_inquiry import STEP
from tests.harness import ROOT, make_database, until
from tests.integration.auth.system import System

KEY = "a key of more than thirty-two characters"
SOMEBODY = Actor("an id", "console", "somebody", "TC0000-00001", "192.0.2.7", "a browser")
TELLING: dict[str, Any] = {
    "at": "2026-03-31T14:59:59.999999Z",
    "actor": "an id",
    "kind": "staff",
    "login_id": "operations",
    "customer_code": None,
    "client_ip": "192.0.2.9",
    "action": "file.imported",
    "target": "lines",
    "result": "done",
    "details": {"rows": 3, "created": 2, "updated": 1, "unchanged": 0},
}


def settings_of(system: System) -> Settings:
    names = {name.removeprefix("KAISEN_").lower(): value for name, value in system.env.items()}
    return Settings(**names)  # type: ignore[arg-type]


def add(system: System, entry: Entry) -> None:
    with Session(system.database) as session:
        record(session, settings_of(system), entry)
        session.commit()


def statement(system: System, roles: set[str], customer: str | None = None) -> str:
    """A signed statement of somebody with these roles."""
    kind = "console" if customer else "staff"
    caller = Caller(
        *(str(uuid4()), kind, customer, frozenset(roles), "reader", "ja", "test"),
        authenticated_at=clock.now(),
    )
    return context.sign(caller, system.env["KAISEN_CONTEXT_SIGNING_KEY"])


def as_staff(system: System, method: str = "list_audit", role: str = "support", **asked: Any) -> Any:
    signed = statement(system, {f"staff_{role}", "staff_support"})
    return system.client.call(f"auth.{method}", timeout=20, context=signed, **asked)


def as_customer(system: System, customer: str, **asked: Any) -> Any:
    roles = {"console_viewer", "console_operator", "console_administrator"}
    return system.client.call(
        "auth.list_audit", timeout=10, context=statement(system, roles, customer), **asked
    )


def seqs(answer: Any) -> list[int]:
    return [item["seq"] for item in answer["items"]]


def add_many(system: System, number: int, actor: Actor) -> None:
    """As many records at once, which `add` would take its time for."""
    with Session(system.database) as session:
        last = lock_head(session)
        links = []
        for _ in range(number):
            content = asdict(actor) | {"actor": actor.id, "target": "", "result": "done", "details": {}}
            del content["id"]
            bare = Link(last.seq + 1, clock.now(), action="login.completed", correlation_id="", **content)
            links.append(replace(bare, hash=seal(bare, last.hash, system.env["KAISEN_CODE_PEPPER"])))
            last = Anchor(links[-1].seq, links[-1].hash)
        session.execute(insert(AuditRecord), [asdict(link) for link in links])
        session.execute(update(AuditHead).values(seq=last.seq, hash=last.hash))
        session.commit()


def check(session: Session, key: str, expected: Anchor | None = None) -> Break | None:
    """The first break in the trail that the session sees."""
    walk = follow(links_after(session, 0, 10**6), START, key, expected)
    return walk.broken or check_end(walk.last, head(session), expected)


def first_break(system: System) -> Break | None:
    with Session(system.database) as session:
        return check(session, system.env["KAISEN_CODE_PEPPER"])


@pytest.fixture
def actor(auth: System) -> Actor:
    """Somebody new, of a customer of their own."""
    return replace(SOMEBODY, login_id=f"user-{uuid4().hex}", customer_code=f"TC-{uuid4().hex}")


# the chain


def test_a_record_holds_who_what_where_and_which_request(auth: System, actor: Actor) -> None:
    at = datetime(2026, 3, 31, 14, 59, 59, 999999, UTC)
    details = {
        "role": "viewer",
        "was": None,
        "count": 2**70,
        "letters": "線 \\ \u2028 \U0001f600",
        "days": [True],
    }
    with logs.bind(correlation_id="the request"):
        add(auth, Entry("account.changed", actor, "someone-else", "done", None, details, at))
    (item,) = as_staff(auth, login_id=actor.login_id)["items"]
    del item["seq"]
    assert item == {
        "at": "2026-03-31T23:59:59.999999+09:00",
        "kind": "console",
        "login_id": actor.login_id,
        "customer_code": actor.customer_code,
        "client_ip": "192.0.2.7",
        "user_agent": "a browser",
        "action": "account.changed",
        "target": "someone-else",
        "result": "done",
        "details": details,
        "correlation_id": "the request",
    }
    assert first_break(auth) is None


def test_a_record_that_is_not_committed_leaves_nothing(auth: System, actor: Actor) -> None:
    with Session(auth.database) as session:
        record(session, settings_of(auth), Entry("account.changed", actor))
    assert as_staff(auth, login_id=actor.login_id)["items"] == []
    assert first_break(auth) is None


def test_a_session_that_lives_on_sees_the_records_of_others(auth: System, actor: Actor) -> None:
    with Session(auth.database, expire_on_commit=False) as session:
        for _ in range(2):
            record(session, settings_of(auth), Entry("account.changed", actor))
            record(session, settings_of(auth), Entry("account.changed", actor))
            session.commit()
            add(auth, Entry("account.changed", actor))
    assert len(as_staff(auth, login_id=actor.login_id)["items"]) == 6
    assert first_break(auth) is None


def test_writers_at_the_same_time_make_one_chain(auth: System, actor: Actor) -> None:
    told, direct = 60, 100
    before = auth.value("SELECT seq FROM audit_head")
    settings = settings_of(auth)
    engine = create_engine(auth.database_url, pool_size=direct)

    def write(number: int) -> None:
        with Session(engine) as session:
            record(session, settings, Entry("account.changed", actor, str(number)))
            session.commit()

    with ThreadPoolExecutor(direct) as pool:
        writing = [pool.submit(write, number) for number in range(direct)]
        for number in range(told):
            auth.tell("sim.audited", **TELLING | {"login_id": actor.login_id, "target": f"told {number}"})
        for one in writing:
            one.result()
    engine.dispose()
    until(lambda: auth.value("SELECT seq FROM audit_head") == before + told + direct, 30)
    assert first_break(auth) is None
    targets = "SELECT count(DISTINCT target) FROM audit WHERE login_id = :id"
    assert auth.value(targets, id=actor.login_id) == told + direct


# append-only


@dataclass(frozen=True)
class Owned:
    """A database of the auth service as an installation has it: connections of its owner, and of a superuser."""

    role: str
    owner: Engine
    superuser: Engine


@pytest.fixture
def owned(database_server_url: str) -> Iterator[Owned]:
    role, password = f"kaisen_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    server = create_engine(make_url(database_server_url), isolation_level="AUTOCOMMIT")
    url = make_url(make_database(database_server_url, "audit_owned"))
    with server.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'"))
        connection.execute(text(f"ALTER DATABASE test_audit_owned OWNER TO {role}"))
    owners = url.set(username=role, password=password)
    migrations.upgrade("services.auth", owners.render_as_string(hide_password=False))
    found = Owned(role, create_engine(owners), create_engine(url))
    yield found
    for engine in (found.owner, found.superuser):
        engine.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE test_audit_owned WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE IF EXISTS {role}, {role}_owner"))
    server.dispose()


CHANGES = ("UPDATE audit SET target = ''", "DELETE FROM audit", "TRUNCATE audit")


def refused(engine: Engine, statement: str) -> str:
    with pytest.raises(ProgrammingError) as refusal, engine.begin() as connection:
        connection.execute(text(statement))
    assert getattr(refusal.value.orig, "pgcode", "") == "42501"  # insufficient privilege
    return str(refusal.value.orig).splitlines()[0]


def write_two(engine: Engine) -> None:
    for _ in range(2):
        with Session(engine) as session:
            record(session, Settings.model_construct(code_pepper=KEY), Entry("account.changed", SOMEBODY))
            session.commit()


def test_nobody_changes_or_removes_a_record(owned: Owned) -> None:
    write_two(owned.owner)
    for change in CHANGES:
        assert refused(owned.owner, change) == "permission denied for table audit"
        assert refused(owned.superuser, change) == "the audit trail is append-only"
    write_two(owned.owner)
    with Session(owned.owner) as session:
        assert session.execute(text("SELECT count(*), max(seq) FROM audit")).one() == (4, 4)
        assert check(session, KEY) is None


def test_an_owner_of_its_own_leaves_the_service_no_way_around(owned: Owned) -> None:
    """The statements of docs/audit.md."""
    block = (ROOT / "docs/audit.md").read_text().split("```sql")[1].split("```")[0]
    script = block.replace("DATABASE kaisen_auth", f"DATABASE {owned.superuser.url.database}")
    with owned.superuser.begin() as connection:
        connection.execute(text(script.replace("kaisen_auth", owned.role)))
    owned.owner.dispose()  # connections made before
    write_two(owned.owner)
    for change in CHANGES:
        assert refused(owned.owner, change) == "permission denied for table audit"
    for undoing in ("DROP TRIGGER audit_append_only ON audit", "ALTER TABLE audit DISABLE TRIGGER ALL"):
        assert "must be owner" in refused(owned.owner, undoing)
    with owned.owner.begin() as connection:
        connection.execute(text(f"GRANT UPDATE ON audit TO {owned.role}"))  # is no error, and grants nothing
    assert refused(owned.owner, CHANGES[0]) == "permission denied for table audit"


# what is found


@pytest.fixture(scope="module")
def trail(database_server_url: str) -> Iterator[Engine]:
    """A database with a trail of 25 records."""
    url = make_database(database_server_url, "audit_trail")
    migrations.upgrade("services.auth", url)
    engine = create_engine(url)
    settings = Settings.model_construct(code_pepper=KEY)
    with Session(engine) as session:
        for number in range(1, 26):
            record(session, settings, Entry("account.changed", SOMEBODY, f"target {number}"))
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def tampering(trail: Engine) -> Iterator[Session]:
    """What a superuser can do who goes to the length of it; undone after the test."""
    with Session(trail) as session:
        session.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_append_only"))
        yield session


@pytest.mark.parametrize(
    ("changes", "seq", "reason"),
    [
        (["UPDATE audit SET target = 'another' WHERE seq = 7"], 7, Reason.CHANGED),
        (["UPDATE audit SET details = '{\"a\": 1}' WHERE seq = 25"], 25, Reason.CHANGED),
        (["UPDATE audit SET at = at + interval '1 microsecond' WHERE seq = 1"], 1, Reason.CHANGED),
        (["DELETE FROM audit WHERE seq = 7"], 7, Reason.REMOVED),
        (["DELETE FROM audit WHERE seq > 20"], 21, Reason.HEAD),
        (["TRUNCATE audit"], 1, Reason.HEAD),
        (
            [
                "UPDATE audit SET seq = 0 WHERE seq = 7",
                "UPDATE audit SET seq = 7 WHERE seq = 8",
                "UPDATE audit SET seq = 8 WHERE seq = 0",
            ],
            7,
            Reason.CHANGED,
        ),
        (
            [
                "INSERT INTO audit SELECT 26, at, actor, kind, login_id, customer_code, client_ip, user_agent, action,"
                " target, result, details, correlation_id, hash FROM audit WHERE seq = 25"
            ],
            26,
            Reason.CHANGED,
        ),
    ],
)
def test_whatever_is_done_to_the_trail_is_found(
    tampering: Session, changes: list[str], seq: int, reason: Reason
) -> None:
    assert check(tampering, KEY) is None
    for change in changes:
        tampering.execute(text(change))
    assert check(tampering, KEY) == Break(seq, reason)


def test_a_cut_off_trail_whose_head_was_set_back_is_found_by_an_anchor(tampering: Session) -> None:
    noted = head(tampering)
    assert check(tampering, KEY, noted) is None
    tampering.execute(text("DELETE FROM audit WHERE seq > 20"))
    tampering.execute(text("UPDATE audit_head SET seq = 20, hash = (SELECT hash FROM audit WHERE seq = 20)"))
    assert check(tampering, KEY) is None
    assert check(tampering, KEY, noted) == Break(21, Reason.ANCHOR)
    for number in range(5):
        entry = Entry("account.changed", SOMEBODY, f"instead {number}")
        record(tampering, Settings.model_construct(code_pepper=KEY), entry)
    assert check(tampering, KEY) is None
    assert check(tampering, KEY, noted) == Break(25, Reason.ANCHOR)


# what the service says of it


def verify(system: System, **asked: Any) -> Any:
    return as_staff(system, "verify_audit", "administrator", **asked)


def test_verifying_the_trail(auth: System, actor: Actor) -> None:
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
