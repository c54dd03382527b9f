"""The migrations make exactly the tables that the models describe, and can be run again."""

from importlib import import_module
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import String, create_engine
from sqlalchemy.types import TypeEngine

from chassis import migrations
from tests.architecture import source
from tests.harness import make_database

CHASSIS_TABLES = {"outbox", "inbox", "idempotency"}  # made by the migrations, never mapped


def _other_kind_of_type(
    _context: Any, _inspected: Any, _mapped: Any, stored: TypeEngine[Any], meant: TypeEngine[Any]
) -> bool | None:
    # an enumeration is stored as text, and its values are checked by a constraint
    return False if isinstance(stored, String) and isinstance(meant, String) else None


@pytest.mark.parametrize("package", source.services())
def test_migrations_and_models_agree(package: str, database_server_url: str) -> None:
    url = make_database(database_server_url, f"schema_{package.rpartition('.')[2]}")
    migrations.upgrade(package, url)
    migrations.upgrade(package, url)
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": _other_kind_of_type,
                    "compare_server_default": True,
                    "include_name": lambda name, kind, _parents: (
                        kind != "table" or name not in CHASSIS_TABLES
                    ),
                },
            )
            differences = compare_metadata(context, import_module(f"{package}.models").Base.metadata)
    finally:
        engine.dispose()
    assert differences == []
