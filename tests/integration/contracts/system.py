"""The contracts service as a process of its own, and what a test needs to speak to it over the bus."""

import base64
import csv
import io
import itertools
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet, OKPKey
from kombu import Connection, Queue
from sqlalchemy import create_engine, text

from chassis import clock, context
from chassis.client import RpcClient
from chassis.events import EXCHANGE
from tests.harness import ROOT, Process, free_port, until

_sequence = itertools.count(1)

CONTRACT = {
    "project_name": "本社",
    "family": "ip_phone",
    "service_type": "ip_phone",
    "service_name": "IP電話サービス",
    "sip_proxy": "192.0.2.166",
    "sip_domain": "sip.example",
    "call_plan": "3分課金プラン",
    "display_plan": "standard",
}
LINE = {
    "account_id": "815058050001",
    "line_password": "",
    "addon_password": "",
    "start_date": "2022-08-17",
    "end_date": "",
    "channels": "2",
    "notified_number": "",
    "pilot_number": "",
    "mobile_number": "",
}


def unique(prefix: str) -> str:
    """A code that no other test uses."""
    return f"{prefix}{next(_sequence):06d}"


def phones(count: int, start: str | None = None) -> list[str]:
    """Consecutive 050 numbers; without `start` from a range of ten thousand that no other test uses."""
    first = int(start or f"050{next(_sequence):04d}0000")
    return [f"{number:011d}" for number in range(first, first + count)]


def as_csv(rows: Iterable[Mapping[str, str]]) -> str:
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


class ContractsSystem:
    """Starts the service on an empty database; `client` calls it."""

    def __init__(self, amqp_uri: str, database_url: str, folder: Path, **settings: str) -> None:
        self.signing_key = OKPKey.generate_key("Ed25519", {"kid": "test"})
        sealing_key = OKPKey.generate_key("X25519", {"kid": "contracts"})
        self.field_keys = json.dumps({"f1": base64.b64encode(os.urandom(32)).decode()})
        self.amqp_uri = amqp_uri
        self.database_url = database_url
        self.engine = create_engine(database_url)
        port = free_port()
        env = {
            "KAISEN_AMQP_URI": amqp_uri,
            "KAISEN_DATABASE_URL": database_url,
            "KAISEN_CONTEXT_KEYS": json.dumps(KeySet([self.signing_key]).as_dict(private=False)),
            "KAISEN_SEALING_KEY": json.dumps(sealing_key.as_dict(private=True)),
            "KAISEN_FIELD_KEYS": self.field_keys,
            "KAISEN_SWITCH_URL": "http://127.0.0.1:9",  # nobody answers there
            "KAISEN_HEALTH_PORT": str(port),
            **settings,
        }
        self.process = Process(
            [sys.executable, "-m", "chassis", "serve", "services.contracts"],
            env=env,
            log=folder / "contracts.log",
            ready=f"http://127.0.0.1:{port}/readyz",
        )
        self.sealing_keys = json.dumps(KeySet([sealing_key]).as_dict(private=False))
        self.client = RpcClient(amqp_uri, self.sealing_keys)

    def __enter__(self) -> "ContractsSystem":
        migrate = [sys.executable, "-m", "chassis", "migrate", "services.contracts"]
        done = subprocess.run(migrate, env=self.process.env, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        self._take_events()
        self.process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process.running:
            self.process.stop()
        self.engine.dispose()

    # -- callers

    def token(self, **changes: Any) -> str:
        """A signed context of a self-care account; `changes` are fields of the Caller."""
        caller = context.Caller(
            subject="test",
            kind="selfcare",
            customer=None,
            roles=frozenset({"selfcare"}),
            login_id="test",
            language="ja",
            correlation_id=secrets.token_hex(8),
            authenticated_at=clock.wall(),
        )
        return context.sign(replace(caller, **changes), json.dumps(self.signing_key.as_dict(private=True)))

    def staff(self) -> str:
        return self.token(kind="staff", roles=frozenset({"staff_operations", "staff_support"}))

    def call(self, method: str, customer: str | None = None, **arguments: Any) -> Any:
        """Call as a self-care account of `customer`."""
        return self.client.call(
            f"contracts.{method}", timeout=10, context=self.token(customer=customer), **arguments
        )

    # -- imports

    def send(self, kind: str, content: str, mode: str = "apply") -> dict[str, Any]:
        """Import a file as staff; the report."""
        report: dict[str, Any] = self.client.call(
            "contracts.import_csv",
            timeout=60,
            context=self.staff(),
            sealed=("text",),
            kind=kind,
            mode=mode,
            text=content,
        )
        return report

    def store(self, kind: str, *rows: Mapping[str, str]) -> dict[str, Any]:
        """Import rows that must be good."""
        report = self.send(kind, as_csv(rows))
        assert report["applied"], report["errors"]
        return report

    def new_customer(self, name: str = "山田商店") -> str:
        code = unique("C9")
        self.store("customers", {"customer_code": code, "name": name})
        return code

    def new_contract(self, customer: str, **changes: str) -> str:
        code = unique("K")
        self.store("contracts", {"contract_code": code, "customer_code": customer} | CONTRACT | changes)
        return code

    def new_lines(self, contract: str, numbers: Iterable[str], **changes: str) -> None:
        rows = [LINE | {"contract_code": contract, "phone_number": number} | changes for number in numbers]
        self.store("lines", *rows)

    # -- events

    def _take_events(self) -> None:
        with Connection(self.amqp_uri) as connection:
            queue = Queue("test.events", exchange=EXCHANGE, routing_key="contracts.#", durable=True)
            queue(connection.default_channel).declare()

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """(type, payload) of the events published since the last call; waits until the outbox is empty.

        Without those for the audit trail, which every import has.
        """
        until(lambda: self.sql("SELECT count(*) FROM outbox WHERE published_at IS NULL") == [(0,)])
        events = []
        with Connection(self.amqp_uri) as connection:
            queue = Queue("test.events", exchange=EXCHANGE)(connection.default_channel)
            while (message := queue.get(no_ack=True)) is not None:
                events.append((message.delivery_info["routing_key"], message.payload))
        return [event for event in events if event[0] != "contracts.audited"]

    def audited(self) -> list[dict[str, Any]]:
        """What was told to the audit trail, oldest first, as it stands in the outbox."""
        found = self.sql("SELECT payload FROM outbox WHERE type = 'contracts.audited' ORDER BY id")
        return [row.payload for row in found]

    def change_rows(self, statement: str, **values: Any) -> None:
        """Write to the service's own database what no method would."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Rows of the service's own database: what is really stored."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), values))
