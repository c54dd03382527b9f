"""What callers and services do while their broker is away or stuck. It is a broker of their own."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from chassis import errors
from tests.harness import make_database, until
from tests.integration.chassis_system import Probe, listen, running_probe, store_facts, told
from tests.servers import RabbitMQ


@pytest.fixture(scope="module")
def broker(server_folder: Path) -> Iterator[RabbitMQ]:
    folder = server_folder / "outages"
    folder.mkdir()
    server = RabbitMQ(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def probe(
    broker: RabbitMQ, database_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Probe]:
    url = make_database(database_server_url, "probe_outages")
    with running_probe(broker.uri, url, tmp_path_factory.mktemp("probe") / "log") as made:
        yield made


@contextmanager
def stuck(broker: RabbitMQ) -> Iterator[None]:
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid, signal.SIGCONT)


def test_a_broker_that_takes_nothing_holds_callers_no_longer_than_they_wait(
    probe: Probe, broker: RabbitMQ
) -> None:
    assert probe.call("echo", number=1)["number"] == 1

    def attempt(_: int) -> tuple[type[Exception] | None, float]:
        started = time.monotonic()
        try:
            probe.call("length", timeout=2, secret="x" * 8_000_000)
        except (errors.TimedOut, errors.Unavailable) as error:
            return type(error), time.monotonic() - started
        return None, 0.0

    with stuck(broker), ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, range(6)))
    assert {kind for kind, _ in outcomes} <= {errors.TimedOut, errors.Unavailable}
    assert max(seconds for _, seconds in outcomes) < 5
    until(lambda: probe.call("echo", number=2)["number"] == 2, timeout=30, ignore=errors.KaisenError)
    assert not probe.client._pending, "nothing is kept of calls that nobody waits for"


def test_a_stuck_broker_does_not_keep_the_outbox_from_the_other_replicas(
    probe: Probe, broker: RabbitMQ
) -> None:
    held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
    with stuck(broker):
        probe.execute(
            "INSERT INTO outbox (event_id, type, payload, public, correlation_id)"
            " VALUES (:event, 'probe.note_taken', :payload, false, '')",
            event=str(uuid4()),
            payload='{"text": "while it was stuck"}',
        )
        until(lambda: probe.rows(held))
        until(lambda: not probe.rows(held), timeout=20)
    until(lambda: probe.heard("while it was stuck") == 1, timeout=20)


def test_a_restart_of_the_broker_is_outlived(probe: Probe, broker: RabbitMQ) -> None:
    broker.stop()
    with pytest.raises((errors.TimedOut, errors.Unavailable)):
        probe.call("echo", number=1, timeout=1)
    broker.start()
    until(lambda: probe.call("echo", number=2)["number"] == 2, timeout=30, ignore=errors.KaisenError)
    probe.call("take_note", note="after the restart")
    until(lambda: probe.heard("after the restart") == 1)


def test_a_broker_that_restarts_in_the_middle_of_a_batch_loses_no_fact(
    probe: Probe, broker: RabbitMQ
) -> None:
    # RabbitMQ 3.10 may find no leader any more for a quorum queue whose only node was killed while it was filled
    listen(broker.uri, "probe.counted", {"x-queue-type": "classic"})
    facts = 10_000
    unpublished = "SELECT 1 FROM outbox WHERE type = 'probe.counted' AND published_at IS NULL"
    store_facts(probe, facts, "probe.counted")
    until(lambda: len(probe.rows(unpublished)) < facts)
    broker.stop()
    assert probe.rows(unpublished), "it was stopped too late to show anything"
    broker.start()
    until(lambda: not probe.rows(unpublished), timeout=120)
    numbers = told(broker.uri, "probe.counted")
    assert list(dict.fromkeys(numbers)) == list(range(1, facts + 1))
    assert len(numbers) <= facts + 500, "no more is told twice than one batch"


def test_a_service_can_be_stopped_while_its_broker_is_away(probe: Probe, broker: RabbitMQ) -> None:
    broker.stop()
    until(lambda: any(line["event"] == "broker unreachable" for line in probe.log_lines()))
    assert probe.process.stop(timeout=10) == 0
    broker.start()
    probe.process.start()
    until(lambda: probe.call("echo", number=3)["number"] == 3, timeout=30, ignore=errors.KaisenError)
