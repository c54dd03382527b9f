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
