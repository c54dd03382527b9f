"""What the chassis promises to every service, on a real broker and database, with the service as a process."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import pytest
import requests
from joserfc.jwk import OKPKey
from kombu import Connection
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from chassis import clock, errors
from chassis.bus import BusConsumer
from chassis.context import Caller, sign
from chassis.database import make_engine
from chassis.inbox import describe
from chassis.settings import Settings
from tests.harness import ROOT, Process, free_port, make_database, until
from tests.integration.chassis_system import Probe, running_probe
from tests.servers import VirtualHosts

QUEUE = "probe.on_note_taken"


@pytest.fixture(scope="module")
def probe(
    virtual_hosts: VirtualHosts, database_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Probe]:
    url = make_database(database_server_url, "probe")
    with running_probe(virtual_hosts.new(), url, tmp_path_factory.mktemp("probe") / "log") as made:
        yield made


def caller(*roles: str) -> Caller:
    return Caller("1", "selfcare", "C900000001", frozenset(roles), "someone", "ja", "cid", clock.now())


def test_arguments_are_converted_by_their_annotations(probe: Probe) -> None:
    assert probe.call("echo", number="4", day="2024-02-29") == {"number": 4, "day": "2024-02-29"}


@pytest.mark.parametrize(
    "arguments", [{}, {"number": "four"}, {"number": 1, "day": "2023-02-29"}, {"number": 1, "extra": 1}]
)
def test_wrong_arguments_are_named(probe: Probe, arguments: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        probe.call("echo", **arguments)
    assert refusal.value.code == "request.invalid"
    assert refusal.value.details["errors"][0]["pointer"] in ("number", "day", "extra")


@pytest.mark.parametrize(
    "text",
    ["", "\n", "one\r\ntwo\n", '{"result": null}', "050番号 \U0001f4de", "x" * 3_000_000],
    ids=range(6),
)
def test_a_text_travels_beside_its_facts(probe: Probe, text: str) -> None:
    answer = probe.call("write", text=text, day="2026-12-01")
    assert answer == {"day": "2026-12-01", "length": len(text), "text": text}


def test_errors_cross_the_wire_with_code_and_details(probe: Probe) -> None:
    with pytest.raises(errors.Conflict) as refusal:
        probe.call("refuse")
    assert (refusal.value.code, refusal.value.details) == ("probe.refused", {"because": "it always does"})


def test_a_defect_tells_the_caller_nothing(probe: Probe) -> None:
    with pytest.raises(errors.Internal) as refusal:
        probe.call("break_down")
    assert refusal.value.details == {}


def test_unknown_method(probe: Probe) -> None:
    assert probe.refused("nothing") == "rpc.unknown_method"


def test_context_is_verified_by_the_service(probe: Probe) -> None:
    token = sign(caller("reader"), probe.signing_key)
    assert probe.call("who", context=token)["customer"] == "C900000001"
    head, payload, signature = token.split(".")
    stranger = json.dumps(OKPKey.generate_key("Ed25519", {"kid": "test"}).as_dict(private=True))
    forged = sign(caller("reader"), stranger)
    unsigned = "eyJhbGciOiJub25lIn0." + payload + "."
    for bad in (f"{head}.{payload[:-2]}AA.{signature}", forged, unsigned, "nonsense", ""):
        assert probe.refused("who", context=bad) == "context.invalid"
    assert probe.refused("who") == "context.missing"
    assert probe.refused("who", context=sign(caller("writer"), probe.signing_key)) == "role.missing"


def test_an_old_context_is_refused(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    from chassis import context

    monkeypatch.setattr(context, "LIFETIME", -context.LIFETIME)
    assert probe.refused("who", context=sign(caller("reader"), probe.signing_key)) == "context.invalid"


def test_sealed_arguments_are_refused_in_clear_and_never_seen(probe: Probe) -> None:
    canary = secrets.token_hex(12)
    assert probe.call("length", secret=canary, sealed=("secret",)) == len(canary)
    assert probe.refused("length", secret=canary) == "request.unsealable"
    assert canary not in probe.process.output()


def test_calls_wait_for_the_database_at_the_same_time(probe: Probe) -> None:
    started = perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: probe.call("pause", seconds=0.3), range(8)))
    assert perf_counter() - started < 8 * 0.3 / 2  # one after the other they would take 2.4 s


def test_timeout_is_told_and_work_that_nobody_waits_for_never_starts(probe: Probe) -> None:
    note = uuid4().hex
    with ThreadPoolExecutor(
        30
    ) as pool:  # more than the service works on at once, so that the note has to wait
        busy = [pool.submit(probe.call, "pause", seconds=1.0) for _ in range(25)]
        until(lambda: probe.rows("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"))
        with pytest.raises(errors.TimedOut):
            probe.call("take_note", timeout=0.2, note=note)
        for one in busy:
            one.result()
    assert probe.call("echo", number=1)["number"] == 1
    assert probe.rows("SELECT 1 FROM note WHERE text = :note", note=note) == []


@pytest.mark.parametrize(
    ("body", "properties", "reason"),
    [
        ({"args": [], "kwargs": {}}, {}, "no reply_to"),
        ([1, 2], {"reply_to": "nowhere"}, "the body is not"),
        ({"args": [], "kwargs": {}}, {"reply_to": "nowhere"}, "no deadline"),
        (b"\xff{", {"content_type": "application/json", "content_encoding": "utf-8"}, "unreadable body"),
        (
            b"x",
            {"content_type": "application/x-python-serialize", "content_encoding": "binary"},
            "unreadable body",
        ),
    ],
)
def test_what_is_no_request_becomes_a_dead_letter(
    probe: Probe, body: Any, properties: dict[str, Any], reason: str
) -> None:
    probe.execute("DELETE FROM inbox WHERE state = 'dead'")
    probe.publish(body, "probe.echo", **properties)
    found = until(lambda: probe.rows("SELECT handler, type, error FROM inbox WHERE state = 'dead'"))
    assert [(row.handler, row.type) for row in found] == [("rpc-probe", "malformed")]
    assert found[0].error.startswith(reason)
    assert probe.call("echo", number=1)["number"] == 1, "the service goes on"


def test_a_fact_is_told_once_it_is_committed_and_not_before(probe: Probe) -> None:
    kept, dropped = uuid4().hex, uuid4().hex
    probe.call("take_note", note=dropped, commit=False)
    probe.call("take_note", note=kept)
    until(lambda: probe.heard(kept) == 1)
    assert probe.heard(dropped) == 0
    assert probe.rows("SELECT 1 FROM outbox WHERE published_at IS NULL") == []


def test_a_fact_without_a_queue_stays_in_the_outbox(probe: Probe) -> None:
    event = str(uuid4())
    probe.execute(
        "INSERT INTO outbox (event_id, type, payload, public, correlation_id)"
        " VALUES (:event, 'probe.nobody_listens', '{}', false, '')",
        event=event,
    )
    until(lambda: "run the migrations of their consumers" in probe.process.output())
    assert probe.rows("SELECT 1 FROM outbox WHERE event_id = :event AND published_at IS NULL", event=event)
    probe.execute("DELETE FROM outbox WHERE event_id = :event", event=event)


def test_a_redelivered_event_has_one_effect(probe: Probe) -> None:
    note, event_id = uuid4().hex, str(uuid4())
    for _ in range(5):
        probe.publish({"text": note}, "probe.note_taken", "kaisen.events", message_id=event_id)
    marker = uuid4().hex
    probe.publish({"text": marker}, "probe.note_taken", "kaisen.events", message_id=str(uuid4()))
    until(lambda: probe.heard(marker) == 1)
    assert probe.heard(note) == 1


def test_a_failed_event_is_tried_again_and_the_next_one_is_not_held_up(probe: Probe) -> None:
    stuck, free = uuid4().hex, uuid4().hex
    probe.execute("INSERT INTO obstacle VALUES (:text)", text=stuck)
    probe.call("take_note", note=stuck)
    probe.call("take_note", note=free)
    until(lambda: probe.heard(free) == 1)
    until(lambda: probe.rows("SELECT 1 FROM inbox WHERE state = 'waiting' AND attempts >= 2"))
    assert probe.heard(stuck) == 0, "a failed attempt leaves nothing behind"
    probe.execute("DELETE FROM obstacle")
    until(lambda: probe.heard(stuck) == 1)


def test_an_event_given_up_is_listed_and_replayed(probe: Probe) -> None:
    note, event_id = uuid4().hex, str(uuid4())
    probe.execute("DELETE FROM inbox WHERE state = 'dead'")
    probe.execute("INSERT INTO obstacle VALUES (:text)", text=note)
    probe.publish({"text": note}, "probe.note_taken", "kaisen.events", message_id=event_id)
    until(
        lambda: probe.rows(
            "SELECT 1 FROM inbox WHERE event_id = :event AND state = 'waiting'", event=event_id
        )
    )
    probe.execute("UPDATE inbox SET attempts = 7 WHERE event_id = :event", event=event_id)
    until(
        lambda: probe.rows("SELECT 1 FROM inbox WHERE event_id = :event AND state = 'dead'", event=event_id)
    )
    listed = [json.loads(line) for line in probe.command("dead-letters", "tests.probe", "list").splitlines()]
    assert [(one["event_id"], one["handler"]) for one in listed] == [(event_id, QUEUE)]
    assert note not in json.dumps(listed), "a list shows no bodies"
    probe.execute("DELETE FROM obstacle")
    assert "1 handed back" in probe.command("dead-letters", "tests.probe", "replay", event_id)
    until(lambda: probe.heard(note) == 1)


def test_an_event_that_does_not_fit_is_given_up_at_once(probe: Probe) -> None:
    probe.execute("DELETE FROM inbox WHERE state = 'dead'")
    for properties in ({}, {"message_id": str(uuid4())}):
        probe.publish({"other": "canary-4712"}, "probe.note_taken", "kaisen.events", **properties)
    until(lambda: len(probe.rows("SELECT 1 FROM inbox WHERE state = 'dead'")) == 2)
    assert "canary-4712" not in probe.process.output()


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (b"\xff{", {"content_type": "application/data", "content_encoding": "binary"}),
        (b"{\x00}", {"content_type": "application/data", "content_encoding": "binary"}),
        ({}, {"headers": {"correlation_id": "a\x00b", "other": ["\x00"]}}),
    ],
)
@pytest.mark.parametrize("with_id", [True, False])
def test_an_event_that_no_database_can_store_is_given_up_and_the_service_goes_on(
    probe: Probe, body: Any, properties: dict[str, Any], with_id: bool
) -> None:
    probe.execute("DELETE FROM inbox WHERE state = 'dead'")
    identity = {"message_id": str(uuid4())} if with_id else {}
    probe.publish(body, "probe.note_taken", "kaisen.events", **identity, **properties)
    until(lambda: probe.rows("SELECT 1 FROM inbox WHERE state = 'dead'"))
    assert probe.call("echo", number=1)["number"] == 1


def test_a_message_is_not_settled_over_a_connection_that_broke(probe: Probe) -> None:
    with Connection(probe.amqp_uri) as broker:
        queue = broker.SimpleQueue(f"broken.{uuid4().hex}", queue_opts={"exclusive": True, "durable": False})
        queue.put("anything")
        message = queue.get(timeout=5)
        broker.connection.transport.sock.shutdown(socket.SHUT_RDWR)
        BusConsumer().ack_message(message)  # an error would end the service
        BusConsumer().requeue_message(message)
        broker.collect()


def test_what_is_kept_of_an_error_quotes_no_row(probe: Probe) -> None:
    probe.execute("DELETE FROM inbox WHERE state = 'dead'")
    with pytest.raises(IntegrityError) as failure:
        probe.execute("INSERT INTO inbox (event_id, handler) VALUES (:id, 'canary-4713')", id=uuid4())
    assert "canary-4713" in str(failure.value)
    kept = describe(failure.value)
    assert kept.startswith("IntegrityError: (psycopg2.errors.NotNullViolation) null value in column")
    assert "canary-4713" not in kept


def test_a_job_that_fails_is_told_of_and_runs_again(probe: Probe) -> None:
    note = f"for the job {uuid4().hex}"
    probe.execute("INSERT INTO obstacle VALUES ('the job')")
    told = {"event": "defect", "job": "take_away_notes"}
    until(lambda: [line for line in probe.log_lines() if told.items() <= line.items()])
    probe.execute("INSERT INTO note VALUES (:text)", text=note)
    assert probe.rows("SELECT 1 FROM note WHERE text = :text", text=note)
    probe.execute("DELETE FROM obstacle")
    until(lambda: probe.rows("SELECT 1 FROM note WHERE text = :text", text=note) == [])


def test_a_database_that_vanished_is_noticed(database_server_url: str) -> None:
    settings = Settings(
        amqp_uri="memory://", database_url=database_server_url, context_keys="", sealing_key=""
    )
    engine = make_engine(settings, "test")
    with engine.connect() as connection, socket.socket(fileno=_copied_socket(connection)) as wire:
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
        assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    engine.dispose()


def _copied_socket(connection: SqlConnection) -> int:
    return os.dup(connection.connection.dbapi_connection.fileno())  # type: ignore[union-attr]


def test_a_malformed_message_goes_back_to_its_queue(probe: Probe) -> None:
    probe.execute("DELETE FROM inbox WHERE state = 'dead'")
    probe.publish({"args": [], "kwargs": {}}, "probe.echo")
    until(lambda: probe.rows("SELECT 1 FROM inbox WHERE state = 'dead'"))
    first = probe.rows("SELECT event_id FROM inbox WHERE state = 'dead'")
    assert "1 handed back" in probe.command("dead-letters", "tests.probe", "replay", "all")
    until(lambda: probe.rows("SELECT event_id FROM inbox WHERE state = 'dead'") not in ([], first))


def test_idempotency_key(probe: Probe) -> None:
    key = uuid4().hex
    assert probe.call("take_note_once", note="a", key=key) == {"noted": "a", "repeated": False}
    assert probe.call("take_note_once", note="a", key=key) == {"noted": "a", "repeated": True}
    assert probe.refused("take_note_once", note="b", key=key) == "idempotency.mismatch"


def test_idempotency_key_used_at_the_same_time(probe: Probe) -> None:
    key, note = uuid4().hex, uuid4().hex

    def attempt(_: int) -> Any:
        try:
            return probe.call("take_note_once", note=note, key=key)["noted"]
        except errors.Conflict as error:
            return error.code

    with ThreadPoolExecutor(20) as pool:
        outcomes = set(pool.map(attempt, range(20)))
    assert outcomes <= {note, "idempotency.in_progress"}
    assert note in outcomes
    assert len(probe.rows("SELECT 1 FROM note WHERE text = :note", note=note)) == 1


def test_the_correlation_id_reaches_the_event(probe: Probe) -> None:
    correlation_id = uuid4().hex
    probe.call("take_note", note="n", correlation_id=correlation_id)
    seen = until(
        lambda: [line["event"] for line in probe.log_lines() if line.get("correlation_id") == correlation_id][
            1:
        ]
    )
    assert seen == ["event handled"]


def test_every_log_line_is_json(probe: Probe) -> None:
    lines = [line for line in probe.process.output().splitlines() if line]
    assert [line for line in lines if not line.startswith("{")] == []


def test_stopping_lets_running_work_end(probe: Probe) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(probe.call, "pause", seconds=1.0)
        until(
            lambda: probe.rows(
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            )
        )
        assert probe.process.stop(how=signal.SIGTERM) == 0
        assert running.result() is None
    probe.process.start()


def test_a_request_that_a_crash_cut_off_is_not_carried_out_again(probe: Probe) -> None:
    note = uuid4().hex

    def noted() -> int:
        return len(probe.rows("SELECT 1 FROM note WHERE text = :note", note=note))

    with ThreadPoolExecutor(1) as pool:
        cut_off = pool.submit(probe.call, "take_note_and_pause", timeout=8, note=note, seconds=5)
        until(noted)
        probe.process.kill()
        probe.process.start()
        assert probe.call("echo", number=1)["number"] == 1
        with pytest.raises(errors.TimedOut):
            cut_off.result()
    assert noted() == 1


def test_a_killed_service_tells_what_it_had_stored(probe: Probe) -> None:
    notes = [uuid4().hex for _ in range(20)]
    for note in notes:
        probe.call("take_note", note=note)
    probe.process.kill()
    probe.process.start()
    untold = "SELECT count(*) FROM outbox WHERE published_at IS NULL"

    def seen() -> str:
        return f"heard {[probe.heard(note) for note in notes]}, {probe.rows(untold)} untold\n{probe.process.tail()}"

    until(lambda: all(probe.heard(note) == 1 for note in notes), timeout=20, message=seen)


def test_it_is_alive_and_not_ready_until_its_database_is_there(
    probe: Probe, database_server_url: str, tmp_path: Path
) -> None:
    health = free_port()
    address = f"http://127.0.0.1:{health}"
    late = make_url(database_server_url).set(drivername="postgresql+psycopg2", database="test_probe_late")
    with probe.database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS test_probe_late"))
    env = probe.process.env | {
        "KAISEN_DATABASE_URL": late.render_as_string(hide_password=False),
        "KAISEN_HEALTH_PORT": str(health),
    }
    command = [sys.executable, "-m", "chassis", "serve", "tests.probe"]
    process = Process(command, env=env, log=tmp_path / "log", ready=f"{address}/livez")
    with process:
        waiting = requests.get(f"{address}/readyz", timeout=5)
        assert (waiting.status_code, waiting.json()["problems"]) == (
            503,
            {"service": "waiting for its broker and database"},
        )
        make_database(database_server_url, "probe_late")
        until(lambda: requests.get(f"{address}/readyz", timeout=5).ok, timeout=20)
    stuck = Process(
        command,
        env=env | {"KAISEN_AMQP_URI": "pyamqp://127.0.0.1:1//"},
        log=tmp_path / "log2",
        ready=f"{address}/livez",
    )
    with stuck:
        assert stuck.stop(timeout=5) == 0, "it can be stopped while it waits"


def test_wrong_settings_end_the_process_with_their_names(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chassis", "serve", "tests.probe"],
        env={"PATH": "/usr/bin", "KAISEN_AMQP_URI": "http://x", "KAISEN_POOL_SIZE": "many"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    for name in ("KAISEN_AMQP_URI", "KAISEN_DATABASE_URL", "KAISEN_POOL_SIZE", "KAISEN_CONTEXT_KEYS"):
        assert f"{name}: " in done.stderr
    assert "pyamqp://" in done.stderr
