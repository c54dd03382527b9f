"""The audit trail in a real database: one chain whoever writes, only ever added to, read by those who may."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from chassis import logs, migrations
from services.auth.audit_chain import Break, Reason
from services.auth.audit_store import head
from services.auth.settings import Settings
from services.auth.usecases.audit import Actor, Entry, record
from tests.harness import ROOT, make_database, until
from tests.integration.auth.system import System
from tests.integration.auth.trail import (
    KEY,
    SOMEBODY,
    TELLING,
    add,
    as_staff,
    check,
    first_break,
    settings_of,
)

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
