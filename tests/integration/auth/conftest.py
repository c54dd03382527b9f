"""One running auth service for all tests of this folder; each test makes accounts of its own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from services.auth.usecases.audit import Actor
from tests.harness import make_database
from tests.integration.auth.authenticator import Steps, controlled_clock
from tests.integration.auth.members import Member, at_work
from tests.integration.auth.system import System
from tests.integration.auth.trail import SOMEBODY
from tests.servers import VirtualHosts

# people of the tests log in again and again; the caps have tests of their own
UNCAPPED = {
    "KAISEN_CODE_MAIL_SPACING_SECONDS": "0",
    "KAISEN_CODE_MAILS_PER_20_MINUTES": "1000",
    "KAISEN_CODE_MAILS_PER_4_HOURS": "10000",
}


Report = Callable[[str, object], None]


@pytest.fixture
def report(record_property: Report) -> Report:
    """`report(name, figure)` keeps a figure with the test's result and prints it."""

    def note(name: str, figure: object) -> None:
        record_property(name, figure)
        print(f"{name}: {figure}")

    return note


@pytest.fixture(scope="session")
def auth(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts: VirtualHosts, database_server_url: str
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("auth")
    system = System(folder, virtual_hosts.new(), make_database(database_server_url, "auth"), **UNCAPPED)
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


@pytest.fixture
def admin(auth: System) -> Member:
    """The only administrator of a customer."""
    return at_work(auth, auth.new_person("console", "administrator"))


@pytest.fixture
def staff(auth: System) -> Member:
    """An administrator of the staff."""
    return at_work(auth, auth.new_person("staff", "administrator"), "staff")


@pytest.fixture
def at(auth: System) -> Iterator[Steps]:
    """The product's clock in the middle of a time step of one-time passwords; it shows real time again afterwards."""
    with controlled_clock(auth) as steps:
        yield steps


@pytest.fixture
def actor(auth: System) -> Actor:
    """Somebody new, of a customer of their own."""
    return replace(SOMEBODY, login_id=f"user-{uuid4().hex}", customer_code=f"TC-{uuid4().hex}")
