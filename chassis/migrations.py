"""Schema and queues of a service are made by a step of their own, before any replica starts."""

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic import context as alembic_context
from alembic.config import Config
from kombu import Connection
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR
from sqlalchemy import create_engine, text

from chassis.inbox import EventHandler


def upgrade(package: str, database_url: str) -> None:
    """Bring the database of `package` (`services.auth`) to its newest version; two at once wait for each other."""
    folder = Path(str(import_module(package).__file__)).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["database_url"] = database_url
    command.upgrade(config, "head")


def run_env() -> None:
    """The whole of a service's `migrations/env.py`."""
    engine = create_engine(
        alembic_context.config.attributes["database_url"], connect_args={"connect_timeout": 5}
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('migrations'))"))
        connection.execute(text("SET lock_timeout = '10s'"))  # for the tables, whose users must not wait long
        connection.commit()  # the lock is the connection's and outlives this transaction
        alembic_context.configure(connection=connection, transaction_per_migration=True)
        with alembic_context.begin_transaction():
            alembic_context.run_migrations()
    engine.dispose()


def declare_queues(service: type, amqp_uri: str) -> None:
    """Declare the queues of all event handlers of `service`, so that no fact is told before somebody listens."""
    with Connection(amqp_uri, connect_timeout=5) as connection:
        for handler, method in event_handlers(service):
            handler.make_queue(service.name, method)(connection.default_channel).declare()  # type: ignore[attr-defined]


def event_handlers(service: type) -> list[tuple[EventHandler, str]]:
    """(entrypoint, method name) of every event handler that the class declares."""
    found: list[tuple[EventHandler, str]] = []
    for name, member in vars(service).items():
        entrypoints: set[Any] = getattr(member, ENTRYPOINT_EXTENSIONS_ATTR, set())
        found += [(one, name) for one in entrypoints if isinstance(one, EventHandler)]
    return found
