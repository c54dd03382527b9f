"""Fixtures for every test.

The product's processes are real ones, started by `tests.harness.Process` (`python -m chassis serve services.auth`,
with environment variables). Nothing here monkey-patches sockets for eventlet: a test sees the product from outside, as
its users do, and playwright's event loop stays its own.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from tests import programs, servers

T = TypeVar("T")

# How long an example takes depends on what else the machine does: no property of ours is about time.
settings.register_profile("kaisen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kaisen")


def pytest_configure() -> None:
    # a run that is told to stop still stops its servers: the exit unwinds the fixtures
    signal.signal(signal.SIGTERM, lambda _signal, _frame: pytest.exit("terminated", returncode=143))


def _provided(make: Callable[[], T]) -> T:
    """What `make` makes; where a program for it is missing, the test fails with that one line."""
    try:
        return make()
    except programs.Missing as missing:
        reason = str(missing)
    pytest.fail(reason, pytrace=False)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Where private servers keep their data; another user must be able to reach into it."""
    folder = Path(tempfile.mkdtemp(prefix="kaisen-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a PostgreSQL server on which `tests.harness.make_database` may make databases.

    KAISEN_TEST_DATABASE_URL names a running one to use instead of a private one.
    """
    running = os.environ.get("KAISEN_TEST_DATABASE_URL")
    if running:
        yield running
        return
    folder = request.getfixturevalue("server_folder")
    server = _provided(lambda: servers.PostgreSQL(folder))
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def _broker(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """URI and management API of the broker."""
    running = os.environ.get("KAISEN_TEST_AMQP_URI")
    if running:
        parts = urlsplit(running)
        login = f"{parts.username or 'guest'}:{parts.password or 'guest'}"
        default = f"http://{login}@{parts.hostname}:15672/api"
        yield running, os.environ.get("KAISEN_TEST_AMQP_API", default)
        return
    folder = request.getfixturevalue("server_folder")
    server = _provided(lambda: servers.RabbitMQ(folder))
    try:
        server.start()
        yield server.uri, server.api
    finally:
        server.stop()


@pytest.fixture(scope="session")
def amqp_uri(_broker: tuple[str, str]) -> str:
    """The URI of a RabbitMQ broker (its default virtual host).

    KAISEN_TEST_AMQP_URI names a running one to use instead of a private one; KAISEN_TEST_AMQP_API its management
    API, where that is not http://HOST:15672/api.
    """
    return _broker[0]


@pytest.fixture(scope="session")
def virtual_hosts(_broker: tuple[str, str]) -> Iterator[servers.VirtualHosts]:
    """`virtual_hosts.new()` is the URI of a virtual host of one's own."""
    made = servers.VirtualHosts(*_broker)
    yield made
    if (
        "KAISEN_TEST_AMQP_URI" in os.environ
    ):  # a private broker is thrown away as a whole, which is much faster
        made.remove_all()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The Chromium for playwright's `executable_path`; Japanese text is legible in it."""
    return _provided(programs.chromium)
