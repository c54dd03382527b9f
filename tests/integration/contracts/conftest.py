from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import make_database
from tests.integration.contracts.passwords_system import PasswordSystem, password_system
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


@pytest.fixture(scope="session")
def running_passwords(
    virtual_hosts: VirtualHosts, database_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PasswordSystem]:
    folder: Path = tmp_path_factory.mktemp("passwords")
    database = make_database(database_server_url, "contracts_passwords")
    with password_system(folder, virtual_hosts.new(), database, replicas=2) as system:
        yield system


@pytest.fixture
def passwords(running_passwords: PasswordSystem) -> Iterator[PasswordSystem]:
    """Two replicas with a SIP switch; every test finds it without faults, at the real time."""
    yield running_passwords
    running_passwords.sandbox.no_faults()
    running_passwords.sandbox.reset_clock()
