"""Replicas of the payments service with a payment provider and a clock that can be moved: the sandbox's."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc.jwk import KeySet, OKPKey
from kombu import Connection, Producer
from sqlalchemy import Engine, create_engine, text

from chassis import context, errors
from chassis.client import RpcClient
from chassis.events import EXCHANGE
from sandbox.testing import running_sandbox
from tests.harness import ROOT, Process, free_port

# Public test numbers of the provider, and two of the sandbox's own for the banks whose debit cards are taken.
VISA = "4242424242424242"
MASTERCARD = "5555555555554444"
JCB = "3566002020360505"
AMEX = "378282246310005"
DINERS = "36227206271667"
DISCOVER = "6011111111111117"
OTHER_DEBIT = "4000056655665556"
RAKUTEN_DEBIT = "4000003921000002"
SURUGA_DEBIT = "4000003922000001"
DECLINED = "4000000000000002"
AUTHENTICATE = "4000002760003184"
RETURN_TO = "http://portal.example/selfcare/card/registrations/"
TIMEOUT_SECONDS = 1.5


def new_key() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Outside:
    """The payment provider, and the clock."""

    url: str

    def token(self, number: str = VISA, **changes: str) -> str:
        """What a browser is given for a card."""
        form = {
            "number": number,
            "exp_month": "12",
            "exp_year": "40",
            "cvc": "1234" if number == AMEX else "123",
        }
        body = {f"card[{name}]": value for name, value in (form | changes).items()}
        answer = requests.post(
            f"{self.url}/stripe/v1/payment_methods",
            data={"type": "card", "key": "pk_test_x", **body},
            timeout=10,
        )
        assert answer.ok, answer.text
        token: str = answer.json()["id"]
        return token

    def ask(self, path: str) -> Any:
        headers = {"Authorization": "Bearer sk_test_x"}
        return requests.get(f"{self.url}/stripe/v1{path}", headers=headers, timeout=10).json()

    def requests(self, action: str) -> list[dict[str, Any]]:
        found = requests.get(f"{self.url}/stripe/requests", timeout=10).json()
        return [one for one in found if one["action"] == action]

    def fault(self, action: str, kind: str, **more: Any) -> None:
        body = {"kind": kind, "match": {"action": action}, **more}
        requests.post(f"{self.url}/sandbox/faults", json=body, timeout=10).raise_for_status()

    def no_faults(self) -> None:
        requests.delete(f"{self.url}/sandbox/faults", timeout=10).raise_for_status()

    def authenticate(self, url: str, button: str) -> str:
        """The holder presses a button on the issuer's page; where that leads."""
        assert requests.get(url, timeout=10).ok
        answer = requests.post(url, data={button: "yes"}, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def clock(self, **change: Any) -> None:
        requests.post(f"{self.url}/sandbox/clock", json=change, timeout=10).raise_for_status()

    def now(self) -> datetime:
        answer = requests.get(f"{self.url}/sandbox/clock", timeout=10).json()
        return datetime.fromisoformat(answer["now"])


@dataclass(frozen=True)
class CardSystem:
    outside: Outside
    processes: list[Process]
    amqp_uri: str
    database: Engine
    client: RpcClient
    signing_key: str = field(repr=False)

    def holder(self) -> "Holder":
        """A customer of the test's own."""
        return Holder(self, f"C9{secrets.token_hex(5)}")

    def token(self, customer: str, **changes: Any) -> str:
        caller = context.Caller(
            subject=f"account of {customer}",
            kind="selfcare",
            customer=customer,
            roles=frozenset({"selfcare"}),
            login_id=customer,
            language="ja",
            correlation_id=secrets.token_hex(8),
            authenticated_at=self.outside.now(),
        )
        return context.sign(replace(caller, **changes), self.signing_key)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.database.connect() as connection:
            return list(connection.execute(text(statement), values))

    def execute(self, statement: str, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(text(statement), values)

    def charge(self, customer: str, start_date: str) -> None:
        """Tell of a completed recharge, as the SIM service does."""
        event = {
            "order_number": f"{customer}-RC260001",
            "item": 1,
            "customer_code": customer,
            "msisdn": "02010000022",
            "gigabytes": 3,
            "price_yen": 900,
            "start_date": start_date,
            "completed_at": f"{start_date}T04:00:00Z",
        }
        with Connection(self.amqp_uri) as broker:
            Producer(broker.channel(), exchange=EXCHANGE).publish(
                event,
                routing_key="sim.recharge_completed",
                message_id=str(secrets.token_hex(16)),
                serializer="json",
            )


@dataclass(frozen=True)
class Holder:
    """A customer and what the service says to it."""

    system: CardSystem
    customer: str

    def call(self, method: str, timeout: float = 10, **arguments: Any) -> Any:
        token = self.system.token(self.customer)
        return self.system.client.call(f"payments.{method}", timeout=timeout, context=token, **arguments)

    def register(self, number: str = VISA, key: str | None = None, **changes: str) -> Any:
        return self.register_token(self.system.outside.token(number, **changes), key)

    def register_token(self, token: str, key: str | None = None) -> Any:
        return self.call(
            "register_card", payment_method=token, idempotency_key=key or new_key(), return_to=RETURN_TO
        )

    def refused(self, number: str = VISA, **changes: str) -> errors.KaisenError:
        with pytest.raises(errors.KaisenError) as refusal:
            self.register(number, **changes)
        return refusal.value

    @property
    def card(self) -> Any:
        return self.call("get_card")["card"]

    def audited(self) -> list[tuple[str, str, str]]:
        """(action, target, result) of what was told to the audit trail."""
        found = self.system.rows(
            "SELECT payload FROM outbox WHERE type = 'payments.audited'"
            " AND payload->>'customer_code' = :customer ORDER BY id",
            customer=self.customer,
        )
        return [(row.payload["action"], row.payload["target"], row.payload["result"]) for row in found]

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        found = self.system.rows(
            "SELECT type, payload FROM outbox WHERE type LIKE 'payments.card%'"
            " AND payload->>'customer_code' = :customer ORDER BY id",
            customer=self.customer,
        )
        return [(row.type, row.payload) for row in found]

    def registrations(self) -> list[Any]:
        return self.system.rows(
            "SELECT * FROM card_registrations WHERE customer_code = :customer ORDER BY started_at",
            customer=self.customer,
        )


@contextmanager
def card_system(folder: Path, amqp_uri: str, database_url: str, replicas: int) -> Iterator[CardSystem]:
    signing = OKPKey.generate_key("Ed25519", {"kid": "test"})
    sealing = OKPKey.generate_key("X25519", {"kid": "payments"})
    chassis = [sys.executable, "-m", "chassis"]
    with running_sandbox(folder / "sandbox") as sandbox:
        env = {
            "KAISEN_AMQP_URI": amqp_uri,
            "KAISEN_DATABASE_URL": database_url,
            "KAISEN_CONTEXT_KEYS": json.dumps(KeySet([signing]).as_dict(private=False)),
            "KAISEN_SEALING_KEY": json.dumps(sealing.as_dict(private=True)),
            "KAISEN_SANDBOX_CLOCK_URL": f"{sandbox.url}/sandbox/clock",
            "KAISEN_PROVIDER_MODE": "sandbox",
            "KAISEN_PROVIDER_URL": f"{sandbox.url}/stripe",
            "KAISEN_PROVIDER_BROWSER_URL": sandbox.url,
            "KAISEN_PROVIDER_SECRET_KEY": "sk_test_x",
            "KAISEN_PROVIDER_PUBLISHABLE_KEY": "pk_test_x",
            "KAISEN_PROVIDER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        }
        ports = [free_port() for _ in range(replicas)]
        processes = [
            Process(
                [*chassis, "serve", "services.payments"],
                env=env | {"KAISEN_HEALTH_PORT": str(port)},
                log=folder / f"payments-{number}.log",
                ready=f"http://127.0.0.1:{port}/readyz",
            )
            for number, port in enumerate(ports)
        ]
        subprocess.run([*chassis, "migrate", "services.payments"], env=processes[0].env, cwd=ROOT, check=True)
        database = create_engine(database_url)
        client = RpcClient(amqp_uri, json.dumps(KeySet([sealing]).as_dict(private=False)))
        key = json.dumps(signing.as_dict(private=True))
        try:
            for process in processes:
                process.start()
            yield CardSystem(Outside(sandbox.url), processes, amqp_uri, database, client, key)
        finally:
            client.close()
            for process in processes:
                if process.running:
                    process.stop()
            database.dispose()
