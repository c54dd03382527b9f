"""The product, once on embedded parts and once on real servers, for the tests that use it as a whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.e2e.system import EmbeddedSystem, product
from tests.e2e.visitor import browser, visitor
from tests.servers import VirtualHosts

__all__ = ["browser", "visitor"]


@pytest.fixture(scope="session")
def embedded_system(server_folder: Path) -> Iterator[EmbeddedSystem]:
    """`make run` on a machine that has nothing else."""
    system = product(server_folder / "embedded")
    system.process.start(timeout=120)
    yield system
    system.stop()


@pytest.fixture(scope="session")
def served_system(
    server_folder: Path, virtual_hosts: VirtualHosts, database_server_url: str
) -> Iterator[EmbeddedSystem]:
    """`make run` with a RabbitMQ and a PostgreSQL of its own."""
    engine = create_engine(make_url(database_server_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name in ("auth", "contracts", "payments", "sim"):
            connection.execute(text(f"DROP DATABASE IF EXISTS kaisen_{name} WITH (FORCE)"))
    engine.dispose()
    system = product(
        server_folder / "served",
        KAISEN_AMQP_URI=virtual_hosts.new(),
        KAISEN_DATABASE_URL=database_server_url,
    )
    system.process.start(timeout=120)
    yield system
    system.stop()


@pytest.fixture(params=["embedded_system", "served_system"])
def system(request: pytest.FixtureRequest) -> EmbeddedSystem:
    """Each flow is walked on both."""
    found: EmbeddedSystem = request.getfixturevalue(request.param)
    return found
