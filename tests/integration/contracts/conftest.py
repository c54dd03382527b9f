from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import make_database
from tests.integration.contracts.system import ContractsSystem
from tests.servers import VirtualHosts


@pytest.fixture(scope="session")
def contracts(
    virtual_hosts: VirtualHosts, database_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ContractsSystem]:
    """The running service; every test makes customers of its own."""
    folder: Path = tmp_path_factory.mktemp("contracts")
    with ContractsSystem(
        virtual_hosts.new(), make_database(database_server_url, "contracts"), folder
    ) as system:
        yield system
