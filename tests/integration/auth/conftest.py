"""One running auth service for all tests of this folder; each test makes accounts of its own."""

from collections.abc import Iterator

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
