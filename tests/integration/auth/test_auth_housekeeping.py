"""What is forgotten, and what is not yet."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import sessionmaker

from chassis import clock
from chassis.database import UnitOfWork
from services.auth.settings import Settings
from services.auth.usecases.housekeeping import forget
from tests.integration.auth.system import System


@pytest.fixture
def settings(auth: System, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in auth.service.env.items():
        monkeypatch.setenv(name, value)
    return Settings()  # type: ignore[call-arg]


def ids(auth: System, table: str, key: str) -> set[str]:
    return set(auth.value(f"SELECT array_agg({key}) FROM {table}") or [])  # noqa: S608


@pytest.mark.parametrize(
    ("table", "key", "column", "kept_for"),
    [
        ("sessions", "token_hash", "authenticated_at", timedelta(hours=12)),
        ("login_attempts", "id", "started_at", timedelta(days=30)),
    ],
)
def test_what_is_over_is_forgotten(
    auth: System, settings: Settings, table: str, key: str, column: str, kept_for: timedelta
) -> None:
    person = auth.new_person("console", "viewer")
    known = ids(auth, table, key)
    auth.log_in(person, "console")
    (old,) = ids(auth, table, key) - known
    auth.log_in(person, "console")
    (young,) = ids(auth, table, key) - known - {old}
    for one, age in ((old, kept_for + timedelta(minutes=1)), (young, kept_for - timedelta(minutes=1))):
        began = clock.wall() - age
        auth.execute(f"UPDATE {table} SET {column} = :began WHERE {key} = :one", began=began, one=one)  # noqa: S608
    with UnitOfWork(sessionmaker(auth.database)) as uow:
        forget(uow, settings)
    remaining = ids(auth, table, key)
    assert old not in remaining
    assert young in remaining


@pytest.mark.parametrize(
    ("table", "key", "column", "made", "kept_for"),
    [
        (
            "challenges",
            "holder",
            "ends_at",
            "INSERT INTO challenges (holder, purpose, challenge, ends_at)"
            " VALUES ('old', 'prove', 'x', :at), ('young', 'prove', 'x', :at)",
            timedelta(0),
        ),
        (
            "code_mails",
            "CAST(id AS text)",
            "sent_at",
            "INSERT INTO code_mails (id, account_id, sent_at) OVERRIDING SYSTEM VALUE"
            " SELECT number, (SELECT min(CAST(id AS text))::uuid FROM accounts), :at"
            " FROM unnest(ARRAY[1000001, 1000002]) AS number",
            timedelta(hours=4),
        ),
    ],
)
def test_notes_that_count_no_more_are_forgotten(
    auth: System, settings: Settings, table: str, key: str, column: str, made: str, kept_for: timedelta
) -> None:
    auth.new_person()
    auth.execute(made, at=clock.wall())
    old, young = ("old", "young") if table == "challenges" else ("1000001", "1000002")
    for one, age in ((old, kept_for + timedelta(minutes=1)), (young, kept_for - timedelta(minutes=1))):
        auth.execute(f"UPDATE {table} SET {column} = :at WHERE {key} = :one", at=clock.wall() - age, one=one)  # noqa: S608
    with UnitOfWork(sessionmaker(auth.database)) as uow:
        forget(uow, settings)
    remaining = ids(auth, table, key)
    assert old not in remaining
    assert young in remaining
