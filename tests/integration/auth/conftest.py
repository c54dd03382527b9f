"""One running auth service for all tests of this folder; each test makes accounts of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness import make_database
from tests.integration.auth.system import System
from tests.servers import VirtualHosts


@pytest.fixture(scope="session")
def auth(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts: VirtualHosts, database_server_url: str
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("auth")
    system = System(folder, virtual_hosts.new(), make_database(database_server_url, "auth"))
    try:
        system.start()
        yield system
    finally:
        system.stop()


@pytest.fixture
def start_system(
    tmp_path: Path, virtual_hosts: VirtualHosts, database_server_url: str
) -> Iterator[Callable[..., System]]:
    """`start_system(KAISEN_…="…")` is a service of the test's own, with other settings."""
    started: list[System] = []

    def start(**settings: str) -> System:
        database = make_database(database_server_url, "auth_other")
        started.append(System(tmp_path, virtual_hosts.new(), database, **settings))
        started[0].start()
        return started[0]

    try:
        yield start
    finally:
        for system in started:
            system.stop()
