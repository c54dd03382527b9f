"""A small service that uses everything the chassis offers, as a process, and the ways in which a test looks at it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from kombu import Connection, Queue
from sqlalchemy import Engine, create_engine, text

from chassis import errors
from chassis.client import RpcClient
from chassis.events import EXCHANGE
from tests.harness import ROOT, Process, free_port


@dataclass
class Probe:
    process: Process
    amqp_uri: str
    database: Engine
    client: RpcClient
    signing_key: str = field(repr=False)

    def call(self, method: str, timeout: float = 5, **arguments: Any) -> Any:
        return self.client.call(f"probe.{method}", timeout=timeout, **arguments)

    def refused(self, method: str, **arguments: Any) -> str:
        with pytest.raises(errors.KaisenError) as refusal:
            self.call(method, **arguments)
        return refusal.value.code

    def publish(self, body: Any, routing_key: str, exchange: str = "nameko-rpc", **properties: Any) -> None:
        with Connection(self.amqp_uri, transport_options={"confirm_publish": True}) as broker:
            broker.Producer().publish(body, exchange=exchange, routing_key=routing_key, **properties)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.database.connect() as connection:
            return list(connection.execute(text(statement), values))

    def execute(self, statement: str, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(text(statement), values)

    def heard(self, note: str) -> int:
        return len(self.rows("SELECT 1 FROM heard WHERE text = :note", note=note))

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "chassis", *arguments],
            env=self.process.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.process.output().splitlines() if line.startswith("{")]


@contextmanager
def running_probe(amqp_uri: str, database_url: str, log: Path) -> Iterator[Probe]:
    """The service on an empty broker and an empty database."""
    signing = OKPKey.generate_key("Ed25519", {"kid": "test"})
    sealing = OKPKey.generate_key("X25519", {"kid": "probe"})
    health = free_port()
    process = Process(
        [sys.executable, "-m", "chassis", "serve", "tests.probe"],
        env={
            "KAISEN_AMQP_URI": amqp_uri,
            "KAISEN_DATABASE_URL": database_url,
            "KAISEN_CONTEXT_KEYS": json.dumps({"keys": [signing.as_dict(private=False)]}),
            "KAISEN_SEALING_KEY": json.dumps(sealing.as_dict(private=True)),
            "KAISEN_HEALTH_PORT": str(health),
        },
        log=log,
        ready=f"http://127.0.0.1:{health}/readyz",
    )
    client = RpcClient(amqp_uri, json.dumps({"keys": [sealing.as_dict(private=False)]}))
    signing_key = json.dumps(signing.as_dict(private=True))
    made = Probe(process, amqp_uri, create_engine(database_url), client, signing_key)
    made.command("migrate", "tests.probe")
    with process:
        yield made
    client.close()


def store_facts(probe: Probe, count: int, *kinds: str) -> None:
    """So many facts {"n": 1…} at once, of these kinds in turn."""
    probe.execute(
        "INSERT INTO outbox (event_id, type, payload, public, correlation_id)"
        " SELECT gen_random_uuid(), (CAST(:kinds AS text[]))[(n - 1) % :of + 1], jsonb_build_object('n', n), false, ''"
        " FROM generate_series(1, :count) AS n ORDER BY n",
        count=count,
        kinds=list(kinds),
        of=len(kinds),
    )


def listen(
    amqp_uri: str, kind: str, arguments: Mapping[str, Any] = MappingProxyType({"x-queue-type": "quorum"})
) -> None:
    """Declare an empty queue, named like them, for facts of this kind."""
    with Connection(amqp_uri) as broker:
        queue = Queue(
            kind, exchange=EXCHANGE, routing_key=kind, durable=True, queue_arguments=dict(arguments)
        )(broker.default_channel)
        queue.declare()
        queue.purge()


def told(amqp_uri: str, kind: str) -> list[int]:
    """The numbers of the facts that came to this queue, which is empty then."""
    numbers: list[int] = []
    with Connection(amqp_uri) as broker:
        waiting = broker.default_channel.queue_declare(kind, passive=True).message_count
        queue = Queue(kind, no_declare=True)
        with broker.Consumer(
            queue, no_ack=True, callbacks=[lambda body, _message: numbers.append(body["n"])]
        ):
            while len(numbers) < waiting:
                broker.drain_events(timeout=10)
    return numbers
