"""The outbox's relay under load and with facts that the broker refuses; and that old rows end."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
import requests
from kombu import Connection, Queue

from chassis.events import EXCHANGE
from chassis.publishing import Publisher
from tests.harness import make_database, until
from tests.integration.chassis_system import Probe, listen, running_probe, store_facts, told
from tests.servers import VirtualHosts


@pytest.fixture(scope="module")
def probe(
    virtual_hosts: VirtualHosts, database_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Probe]:
    url = make_database(database_server_url, "probe_outbox")
    with running_probe(virtual_hosts.new(), url, tmp_path_factory.mktemp("probe") / "log") as made:
        yield made


@pytest.fixture(autouse=True)
def _an_empty_outbox(probe: Probe) -> None:
    probe.execute("DELETE FROM outbox")


def unpublished(probe: Probe, kind: str) -> int:
    return len(probe.rows("SELECT 1 FROM outbox WHERE type = :kind AND published_at IS NULL", kind=kind))


def refusals(probe: Probe, kind: str) -> list[float]:
    """The pauses, in seconds, that the log tells of."""
    return [line["retry_in"] for line in probe.log_lines() if kind in line.get("types", [])]


def test_facts_without_a_queue_hold_up_no_others(probe: Probe) -> None:
    listen(probe.amqp_uri, "probe.heard")
    store_facts(probe, 900, "probe.unheard", "probe.unheard", "probe.heard")
    until(lambda: unpublished(probe, "probe.heard") == 0)
    assert told(probe.amqp_uri, "probe.heard") == list(range(3, 901, 3))
    until(lambda: probe.rows("SELECT 1 FROM outbox WHERE attempts > 0"))
    assert unpublished(probe, "probe.unheard") == 600

    listen(probe.amqp_uri, "probe.unheard")  # as the migrations of their consumer would
    until(lambda: unpublished(probe, "probe.unheard") == 0, timeout=30)
    assert sorted(told(probe.amqp_uri, "probe.unheard")) == [n for n in range(1, 901) if n % 3]
    assert probe.rows("SELECT 1 FROM outbox WHERE retry_at IS NOT NULL") == []


def test_the_pause_of_a_refused_fact_grows_and_is_told_of_once(probe: Probe) -> None:
    store_facts(probe, 1, "probe.alone")
    until(lambda: len(refusals(probe, "probe.alone")) == 3)
    assert refusals(probe, "probe.alone") == [1, 2, 4]
    port = probe.process.env["KAISEN_HEALTH_PORT"]
    page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    assert 'kaisen_outbox_refused_total{reason="unroutable",service="probe"}' in page


def test_the_longest_pause_is_five_minutes(probe: Probe) -> None:
    store_facts(probe, 1, "probe.old")
    until(lambda: refusals(probe, "probe.old"))
    probe.execute("UPDATE outbox SET attempts = 2000, retry_at = now()")
    until(lambda: refusals(probe, "probe.old")[-1] == 300)


def test_facts_that_the_broker_cannot_store_wait_until_it_can(probe: Probe) -> None:
    listen(probe.amqp_uri, "probe.heard")
    full = {"x-max-length": 2, "x-overflow": "reject-publish"}
    listen(probe.amqp_uri, "probe.full", full | {"x-queue-type": "classic"})
    store_facts(probe, 20, "probe.full", "probe.heard")
    until(lambda: unpublished(probe, "probe.heard") == 0)
    assert told(probe.amqp_uri, "probe.heard") == list(range(2, 21, 2))
    until(lambda: refusals(probe, "probe.full"))
    assert unpublished(probe, "probe.full") == 8
    found: list[int] = []

    def taken() -> bool:
        found.extend(told(probe.amqp_uri, "probe.full"))
        probe.execute("UPDATE outbox SET retry_at = now() WHERE retry_at > now()")
        return unpublished(probe, "probe.full") == 0

    until(taken, timeout=30)
    assert set(found + told(probe.amqp_uri, "probe.full")) == set(range(1, 20, 2))


def test_a_killed_process_loses_nothing_and_the_order_is_kept(probe: Probe) -> None:
    listen(probe.amqp_uri, "probe.heard")
    facts = 10_000
    store_facts(probe, facts, "probe.heard")
    until(lambda: unpublished(probe, "probe.heard") < facts)
    probe.process.kill()
    assert unpublished(probe, "probe.heard") > 0, "it was killed too late to show anything"
    probe.process.start()
    until(lambda: unpublished(probe, "probe.heard") == 0, timeout=60)
    numbers = told(probe.amqp_uri, "probe.heard")
    assert list(dict.fromkeys(numbers)) == list(range(1, facts + 1))
    assert len(numbers) <= facts + 500, "no more is told twice than one batch"


def test_old_rows_end_and_others_stay(probe: Probe) -> None:
    """More than are deleted at once. It begins as the service does, and goes on every minute."""
    probe.process.stop()
    store_facts(probe, 4_000, "probe.told")
    probe.execute(
        "UPDATE outbox SET published_at = now() - interval '8 days' WHERE (payload->>'n')::int <= 2500"
    )
    probe.execute("UPDATE outbox SET published_at = now() - interval '6 days' WHERE published_at IS NULL")
    store_facts(probe, 1, "probe.untold")
    probe.execute("UPDATE outbox SET created_at = now() - interval '400 days' WHERE type = 'probe.untold'")
    probe.execute("DELETE FROM inbox")
    for state, days in (("done", 31), ("done", 29), ("waiting", 400), ("dead", 400)):
        probe.execute(
            "INSERT INTO inbox (event_id, handler, type, state, body, properties, received_at, handled_at)"
            " VALUES (gen_random_uuid(), 'nobody', :name, :state, '', '{}', now() - make_interval(days => :days),"
            "  now() - make_interval(days => :days))",
            name=f"{state} {days}",
            state=state,
            days=days,
        )
    probe.execute("DELETE FROM idempotency")
    for days in (29, 31):
        probe.execute(
            "INSERT INTO idempotency VALUES ('probe', :key, '', '{}', now() - make_interval(days => :days))",
            key=str(days),
            days=days,
        )
    probe.process.start()
    old = "SELECT 1 FROM outbox WHERE published_at < now() - interval '7 days'"
    until(lambda: not probe.rows(old))
    assert len(probe.rows("SELECT 1 FROM outbox WHERE type = 'probe.told'")) == 1_500
    assert unpublished(probe, "probe.untold") == 1
    kept = {row.type for row in probe.rows("SELECT type FROM inbox")}
    assert kept == {"done 29", "waiting 400", "dead 400"}
    assert [row.key for row in probe.rows("SELECT key FROM idempotency")] == ["29"]


def test_a_bus_without_confirmations_has_stored_what_was_sent() -> None:
    with Connection("memory://") as bus:
        queue = Queue(uuid4().hex, exchange=EXCHANGE, routing_key="probe.heard")
        queue(bus.default_channel).declare()
        publisher = Publisher(bus)
        ids = [uuid4().hex for _ in range(60)]
        for one in ids:
            publisher.send(one, "probe.heard", '{"n": 1}', {"correlation_id": ""}, mandatory=True)
        publisher.wait()
        assert (publisher.stored, publisher.refused) == (ids, {})
        message = queue(bus.default_channel).get()
        assert (message.properties["message_id"], message.payload) == (ids[0], {"n": 1})
