"""The SIM service as tests meet it: real processes, a real broker and database, and the sandbox as the carrier."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
from joserfc.jwk import OKPKey
from kombu import Connection, Exchange, Queue
from sqlalchemy import Engine, create_engine, text

from chassis import clock, context
from chassis.client import RpcClient
from chassis.csvfile import ImportReport
from tests.harness import Process, free_port, make_database, until

CONSOLE_ROLES = frozenset({"console_viewer", "console_operator", "console_administrator"})
VIEWER_ROLES = frozenset({"console_viewer"})
STAFF_ROLES = frozenset({"staff_support", "staff_operations"})

SIM_COLUMNS = "sim_serial,customer_code,project_name,msisdn,sim_type,sim_size,plan,status,activated_on"
USAGE_COLUMNS = "record_id,sim_serial,used_at,bytes"

GB = 10**9


class Sandbox:
    """The outside world: the carrier, its faults, and the clock of all processes."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fault(self, kind: str, **more: Any) -> None:
        answer = requests.post(f"{self.url}/sandbox/faults", json={"kind": kind, **more}, timeout=10)
        answer.raise_for_status()

    def no_faults(self) -> None:
        requests.delete(f"{self.url}/sandbox/faults", timeout=10).raise_for_status()

    def move_clock(self, now: datetime) -> None:
        """Every process that follows the clock has moved when this returns."""
        body = {"now": now.isoformat()}
        requests.post(f"{self.url}/sandbox/clock", json=body, timeout=10).raise_for_status()

    def reset_clock(self) -> None:
        requests.post(f"{self.url}/sandbox/clock", json={"reset": True}, timeout=10).raise_for_status()

    def now(self) -> datetime:
        answer = requests.get(f"{self.url}/sandbox/clock", timeout=10)
        return clock.in_japan(datetime.fromisoformat(answer.json()["now"]))

    def effects(self, serial: str) -> list[tuple[str, int]]:
        """What the carrier has done to a SIM, oldest first: (action, number of effects)."""
        answer = requests.get(f"{self.url}/carrier/operations", params={"sim_serial": serial}, timeout=10)
        return [(each["action"], each["effects"]) for each in answer.json()]

    def requests(self, serial: str) -> list[dict[str, Any]]:
        """Every request to change a SIM, with or without an effect."""
        answer = requests.get(f"{self.url}/carrier/requests", params={"sim_serial": serial}, timeout=10)
        found: list[dict[str, Any]] = answer.json()
        return found

    def sim(self, serial: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/carrier/sims/{serial}", timeout=10)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


class Customer:
    """A console user of a customer of his own, who sees nothing of other tests."""

    def __init__(self, system: "SimSystem", code: str, roles: frozenset[str] = CONSOLE_ROLES) -> None:
        self._system = system
        self.code = code
        self.roles = roles
        self.login_id = f"user-{code}"
        self._serials = count(1)

    def call(self, method: str, *, correlation_id: str | None = None, **arguments: Any) -> Any:
        return self._system.call(
            method, self.roles, self.code, self.login_id, correlation_id=correlation_id, **arguments
        )

    def as_viewer(self) -> "Customer":
        return Customer(self._system, self.code, VIEWER_ROLES)

    def new_sim(self, plan: str = "500MB", status: str = "active") -> str:
        """The serial of a new SIM of this customer."""
        return self.new_sims(1, plan, status)[0]

    def new_sims(self, number: int, plan: str = "500MB", status: str = "active") -> list[str]:
        digits = self.code.removeprefix("TC").replace("-", "")
        serials = [f"AF{digits}{next(self._serials):05}" for _ in range(number)]
        rows = [
            f"{serial},{self.code},案件A,020{serial[4:6]}0{serial[-5:]},card,nano,{plan},{status},2026-01-01"
            for serial in serials
        ]
        report = self._system.import_csv("sims", SIM_COLUMNS, rows)
        assert report.applied, report.errors
        return serials

    def use(self, serial: str, at: datetime, amount: int) -> None:
        """Import one usage record."""
        row = f"{uuid4().hex},{serial},{at.isoformat()},{amount}"
        report = self._system.import_csv("usage", USAGE_COLUMNS, [row])
        assert report.created == 1, report.errors

    def sim(self, serial: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("get_sim", sim_serial=serial)
        return found

    def quote_recharge(
        self, serial: str, gigabytes: Any = 1, start_date: str | None = None
    ) -> dict[str, Any]:
        return self.quote(
            {"kind": "RC", "sim_serial": serial, "gigabytes": gigabytes, "start_date": start_date}
        )

    def quote(self, order: dict[str, Any]) -> dict[str, Any]:
        quote: dict[str, Any] = self.call("quote_order", order=order)
        return quote

    def place(
        self, order: dict[str, Any], fingerprint: str | None = None, key: str | None = None, **more: Any
    ) -> dict[str, Any]:
        placed: dict[str, Any] = self.call(
            "place_order", order=order, fingerprint=fingerprint, idempotency_key=key or uuid4().hex, **more
        )
        return placed

    def change(self, number: str, order: dict[str, Any], fingerprint: str | None = None) -> dict[str, Any]:
        changed: dict[str, Any] = self.call(
            "change_order",
            number=number,
            order=order,
            fingerprint=fingerprint,
            idempotency_key=uuid4().hex,
        )
        return changed

    def recharge(
        self,
        serial: str,
        gigabytes: int = 1,
        key: str | None = None,
        start_date: str | None = None,
        fingerprint: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        wanted = {"kind": "RC", "sim_serial": serial, "gigabytes": gigabytes, "start_date": start_date}
        return self.place(wanted, fingerprint, key, **more)

    def order(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("get_order", number=number)
        return found

    def wait_for(self, number: str, status: str, timeout: float = 20) -> dict[str, Any]:
        """The order, once it has the status."""
        seen: dict[str, Any] = {}

        def reached() -> bool:
            seen.update(self.order(number))
            return bool(seen["status"] == status)

        until(reached, timeout, lambda: f"order {number} is {seen}\n{self._system.tail()}")
        return seen


class SimSystem:
    def __init__(
        self,
        sandbox: Sandbox,
        replicas: Sequence[Process],
        client: RpcClient,
        engine: Engine,
        amqp_uri: str,
        signing_key: str,
    ) -> None:
        self.sandbox = sandbox
        self.replicas = replicas
        self._client = client
        self._engine = engine
        self._amqp_uri = amqp_uri
        self._signing_key = signing_key
        self._codes = (f"TC{number:04}-{number % 7:05}" for number in count(1))

    @property
    def engine(self) -> Engine:
        """The service's database."""
        return self._engine

    def call(
        self,
        method: str,
        roles: frozenset[str],
        customer: str | None,
        login_id: str,
        *,
        correlation_id: str | None = None,
        sealed: tuple[str, ...] = (),
        timeout: float = 30,
        authenticated_at: datetime | None = None,
        **arguments: Any,
    ) -> Any:
        correlation_id = correlation_id or uuid4().hex
        caller = context.Caller(
            subject=f"id-of-{login_id}",
            kind="console" if customer else "staff",
            customer=customer,
            roles=roles,
            login_id=login_id,
            language="ja",
            correlation_id=correlation_id,
            authenticated_at=authenticated_at or clock.wall(),
        )
        return self._client.call(
            f"sim.{method}",
            timeout=timeout,
            context=context.sign(caller, self._signing_key),
            correlation_id=correlation_id,
            sealed=sealed,
            **arguments,
        )

    def customer(self) -> Customer:
        """A new customer, told by an event as the contracts service does."""
        code = next(self._codes)
        self.tell_customer(code, f"株式会社{code}")
        return Customer(self, code)

    def tell_customer(self, code: str, name: str) -> None:
        with Connection(self._amqp_uri) as connection:
            connection.Producer().publish(
                {"customer_code": code, "name": name},
                exchange=Exchange("kaisen.events", type="topic", durable=True),
                routing_key="contracts.customer_registered",
                message_id=str(uuid4()),
                headers={"correlation_id": "test"},
                serializer="json",
            )
        until(
            lambda: self.rows(
                "SELECT 1 FROM customers WHERE code = :code AND name = :name", code=code, name=name
            ),
            message=self.tail,
        )

    def import_csv(
        self, kind: str, columns: str, rows: Sequence[str], mode: str = "apply", timeout: float = 60
    ) -> ImportReport:
        report = self.call(
            "import_csv",
            STAFF_ROLES,
            None,
            "operations",
            kind=kind,
            mode=mode,
            text="\n".join([columns, *rows, ""]),
            sealed=("text",),
            timeout=timeout,
        )
        return ImportReport.model_validate(report)

    def import_usage(self, *rows: str) -> ImportReport:
        return self.import_csv("usage", USAGE_COLUMNS, rows)

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def change(self, statement: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(text(statement), values)

    @contextmanager
    def transaction(self, statement: str, **values: Any) -> Iterator[None]:
        """An open transaction in which the statement has been executed, so that its locks are held."""
        with self._engine.begin() as connection:
            connection.execute(text(statement), values)
            yield

    def until_blocked(self) -> None:
        """Return when some transaction of this database waits for a lock."""
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        until(lambda: self.rows(waiting), message="nobody waits for a lock")

    def told(self, number: str) -> list[dict[str, Any]]:
        """The payloads of the events that tell that an order was completed, as they stand in the outbox."""
        found = self.rows(
            "SELECT payload FROM outbox WHERE type = 'sim.recharge_completed' AND payload ->> 'order_number' = :number",
            number=number,
        )
        return [row.payload for row in found]

    def published(self) -> list[dict[str, Any]]:
        """What has arrived on the queue that stands for a consumer of completed recharges, taken off it."""
        with Connection(self._amqp_uri) as connection:
            queue = Queue("test.recharges")(connection.default_channel)
            taken = []
            while (message := queue.get(no_ack=True)) is not None:
                taken.append(message.payload)
            return taken

    def carrier_group(self, group_id: int) -> dict[str, Any]:
        """What the carrier knows of a share group, its members among it; nothing if it does not know it."""
        answer = requests.get(f"{self.sandbox.url}/carrier/groups/{group_id}", timeout=10)
        found: dict[str, Any] = answer.json() if answer.ok else {}
        return found

    def log_lines(self) -> list[dict[str, Any]]:
        lines = "\n".join(replica.output() for replica in self.replicas).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def tail(self) -> str:
        return "\n".join(replica.tail() for replica in self.replicas)


@contextmanager
def sim_system(
    folder: Path,
    amqp_uri: str,
    database_server_url: str,
    replicas: int = 1,
    carrier_latency_ms: int = 0,
    **settings: str,
) -> Iterator[SimSystem]:
    """A running SIM service of some replicas, with a sandbox and a database of its own."""
    sandbox_port, smtp_port = free_port(), free_port()
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    signing_key = OKPKey.generate_key("Ed25519", {"kid": "test"})
    sealing_key = OKPKey.generate_key("X25519", {"kid": "sim"})
    database_url = make_database(database_server_url, f"sim_{secrets.token_hex(4)}")
    env = {
        "KAISEN_AMQP_URI": amqp_uri,
        "KAISEN_DATABASE_URL": database_url,
        "KAISEN_CONTEXT_KEYS": json.dumps({"keys": [signing_key.as_dict(private=False)]}),
        "KAISEN_SEALING_KEY": json.dumps(sealing_key.as_dict(private=True)),
        "KAISEN_SANDBOX_CLOCK_URL": f"{sandbox_url}/sandbox/clock",
        "KAISEN_CARRIER_URL": sandbox_url,
        "KAISEN_CARRIER_TIMEOUT_SECONDS": "0.5",
        "KAISEN_FIELD_KEYS": json.dumps({"f1": base64.b64encode(os.urandom(32)).decode()}),
        "KAISEN_SMDP_URL": sandbox_url,
        "KAISEN_SMDP_ADDRESS": "smdp.example",
        "KAISEN_SMDP_REQUESTER": "2.999.1",
        "KAISEN_SMDP_TIMEOUT_SECONDS": "0.5",
        "KAISEN_LEASE_SECONDS": "4",
        **settings,
    }
    ports = ["--port", str(sandbox_port), "--smtp-port", str(smtp_port)]
    sandbox = Process(
        [sys.executable, "-m", "sandbox", *ports, "--state", folder / "sandbox"],
        env={"KAISEN_SANDBOX_CARRIER_LATENCY_MS": str(carrier_latency_ms)},
        log=folder / "sandbox.log",
        ready=f"{sandbox_url}/livez",
    )
    client = RpcClient(amqp_uri, json.dumps({"keys": [sealing_key.as_dict(private=False)]}))
    engine = create_engine(database_url)
    started: list[Process] = []
    with sandbox:
        try:
            migrate = Process(
                [sys.executable, "-m", "chassis", "migrate", "services.sim"],
                env=env,
                log=folder / "migrate.log",
            )
            migrate.start()
            until(lambda: not migrate.running, 60)
            assert "migrated" in migrate.output(), migrate.tail()
            with Connection(amqp_uri) as connection:
                exchange = Exchange("kaisen.events", type="topic", durable=True)
                for name, fact in (
                    ("recharges", "recharge_completed"),
                    ("audit", "audited"),
                    ("profiles", "profile_ready"),
                    ("mails", "order_progressed"),
                ):
                    queue = Queue(f"test.{name}", exchange, f"sim.{fact}", durable=True)
                    queue(connection.default_channel).declare()
            for number in range(replicas):
                port = free_port()
                replica = Process(
                    [sys.executable, "-m", "chassis", "serve", "services.sim"],
                    env=env | {"KAISEN_HEALTH_PORT": str(port)},
                    log=folder / f"sim-{number}.log",
                    ready=f"http://127.0.0.1:{port}/readyz",
                )
                started.append(replica.start())
            yield SimSystem(
                Sandbox(sandbox_url),
                started,
                client,
                engine,
                amqp_uri,
                json.dumps(signing_key.as_dict(private=True)),
            )
        finally:
            client.close()
            engine.dispose()
            for replica in started:
                if replica.running:
                    replica.stop()
