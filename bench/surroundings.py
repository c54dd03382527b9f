"""The broker and the database server that everything is measured on."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import servers


@dataclass(frozen=True)
class Surroundings:
    """`folder` is for logs and state, and gone afterwards. `database_server_url` may make databases."""

    folder: Path
    amqp_uri: str = field(repr=False)
    database_server_url: str = field(repr=False)


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Private servers, or running ones that KAISEN_TEST_AMQP_URI and KAISEN_TEST_DATABASE_URL name, as in the tests."""
    amqp_uri = os.environ.get("KAISEN_TEST_AMQP_URI")
    database_url = os.environ.get("KAISEN_TEST_DATABASE_URL")
    with ExitStack() as stack:
        path = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="kaisen-bench-", ignore_cleanup_errors=True)
        )
        folder = Path(path)
        folder.chmod(0o755)  # root's PostgreSQL runs as another user
        if not database_url:
            database = servers.PostgreSQL(folder)
            stack.callback(database.stop)
            database.start()
            database_url = database.url
        if not amqp_uri:
            broker = servers.RabbitMQ(folder)
            stack.callback(broker.stop)
            broker.start()
            amqp_uri = broker.uri
        yield Surroundings(folder, amqp_uri, database_url)
