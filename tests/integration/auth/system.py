"""The auth service as its callers see it: real processes, real broker, real database, real mail."""

import hashlib
import json
import re
import secrets
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
from joserfc.jwk import KeySet, OKPKey
from kombu import Connection, Producer
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from chassis import clock
from chassis.client import RpcClient
from chassis.context import Caller, verify
from chassis.events import EXCHANGE
from services.auth.codes import AttemptState
from services.auth.models import LoginAttempt
from services.auth.portals import Portal
from services.auth.staff_account import create_staff_account
from services.auth.usecases.tries import login_digest
from tests.harness import Process, free_port, until

BROWSER = {"client_ip": "192.0.2.1", "user_agent": "a test"}
COLUMNS = "login_id,kind,customer_code,role,email,contact_phone,initial_password,language"


_tokens: dict[str, str] = {}  # every token that was made, by its hash


def new_token() -> tuple[str, str]:
    """A token for an attempt or a session, as the gateway makes it, and its hash."""
    token = secrets.token_urlsafe(32)
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    _tokens[token_hash] = token
    return token, token_hash


def with_attempt(step: Any, token_hash: str) -> Any:
    """The answer of a step as the gateway hands it on: with the attempt's token, unless the login is done."""
    return step if step["next"] == "done" else {**step, "attempt": _tokens[token_hash]}


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    login_id: str
    password: str
    email: str
    customer_code: str


class Sandbox:
    """Mailbox and clock."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.smtp_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/sandbox"
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "--port",
            str(self.port),
            "--smtp-port",
            str(self.smtp_port),
        ]
        self.process = Process(
            [*command, "--state", str(folder / "sandbox")],
            env={},
            log=folder / "sandbox.log",
            ready=f"http://127.0.0.1:{self.port}/livez",
        )

    def letters(self, address: str) -> list[dict[str, str]]:
        answer: list[dict[str, str]] = requests.get(f"{self.url}/mail", {"to": address}, timeout=10).json()
        return answer

    def letter(self, address: str, number: int = 1) -> dict[str, str]:
        """The `number`-th letter to this address, once it has come."""
        return until(
            lambda: self.letters(address)[number - 1 :], 15, "no mail", ignore=requests.RequestException
        )[0]

    def code(self, address: str, number: int = 1) -> str:
        found = re.search(
            r"^(?:ログイン認証コード|Login code) : ([0-9]{6})$", self.letter(address, number)["text"], re.M
        )
        assert found is not None
        return found.group(1)

    @contextmanager
    def clock_at(self, instant: datetime) -> Iterator[None]:
        """Within, the product's clock runs on from `instant`; afterwards it shows real time."""
        self.move({"now": instant.isoformat()})
        try:
            yield
        finally:
            self.move({"reset": True})

    def move(self, to: dict[str, Any]) -> None:
        requests.post(f"{self.url}/clock", json=to, timeout=10).raise_for_status()


class System:
    """One auth service with its surroundings; `folder` takes their logs and state."""

    def __init__(self, folder: Path, amqp_uri: str, database_url: str, **settings: str) -> None:
        signing = OKPKey.generate_key("Ed25519", {"kid": "test"})
        sealing = OKPKey.generate_key("X25519", {"kid": "auth"})
        self.amqp_uri = amqp_uri
        self.database_url = database_url
        self.context_keys = json.dumps(KeySet([signing]).as_dict(private=False))
        self.sandbox = Sandbox(folder)
        self.health_port = free_port()
        self.folder = folder
        self.env = {
            "KAISEN_AMQP_URI": amqp_uri,
            "KAISEN_DATABASE_URL": database_url,
            "KAISEN_CONTEXT_KEYS": self.context_keys,
            "KAISEN_CONTEXT_SIGNING_KEY": json.dumps(signing.as_dict(private=True)),
            "KAISEN_SEALING_KEY": json.dumps(sealing.as_dict(private=True)),
            "KAISEN_CODE_PEPPER": secrets.token_urlsafe(32),
            "KAISEN_FIELD_KEYS": json.dumps({"k1": b64encode(secrets.token_bytes(32)).decode()}),
            "KAISEN_SANDBOX_CLOCK_URL": f"{self.sandbox.url}/clock",
            "KAISEN_SMTP_PORT": str(self.sandbox.smtp_port),
            **settings,
        }
        self.service = self.make_service(self.health_port)
        self.client = RpcClient(amqp_uri, json.dumps(KeySet([sealing]).as_dict(private=False)))
        self.database = create_engine(database_url)
        self._staff_context = ""

    def make_service(self, health_port: int) -> Process:
        """Another replica of the service."""
        return Process(
            [sys.executable, "-m", "chassis", "serve", "services.auth"],
            env={**self.env, "KAISEN_HEALTH_PORT": str(health_port)},
            log=self.folder / f"auth-{health_port}.log",
            ready=f"http://127.0.0.1:{health_port}/readyz",
        )

    def start(self) -> None:
        self.sandbox.process.start()
        command = [sys.executable, "-m", "chassis", "migrate", "services.auth"]
        migrate = Process(command, env=self.env, log=self.folder / "migrate.log")
        migrate.start()
        until(lambda: not migrate.running, 30, "the migration does not end")
        self.service.start()

    def stop(self) -> None:
        self.client.close()
        self.database.dispose()
        for process in (self.service, self.sandbox.process):
            if process.running:
                process.stop()

    # calls

    def start_login(self, portal: str, login_id: str, password: str, **other: Any) -> Any:
        arguments = {
            "portal": portal,
            "login_id": login_id,
            "password": password,
            "language": "ja",
            "session_hash": new_token()[1],
            **BROWSER,
            **other,
        }
        step = self.client.call("auth.start_login", timeout=30, sealed=("password",), **arguments)
        return with_attempt(step, arguments["session_hash"])

    def verify_code(
        self, attempt: str, code: str, token_hash: str | None = None, timeout: float = 30, **other: Any
    ) -> Any:
        chosen = token_hash or new_token()[1]
        step = self.client.call(
            "auth.verify_code",
            timeout=timeout,
            sealed=("attempt", "code"),
            attempt=attempt,
            code=code,
            session_hash=chosen,
            **(BROWSER | other),
        )
        return with_attempt(step, chosen)

    def set_password(self, attempt: str, password: str, token_hash: str | None = None) -> Any:
        chosen = token_hash or new_token()[1]
        step = self.client.call(
            "auth.set_password",
            timeout=30,
            sealed=("attempt", "password"),
            attempt=attempt,
            password=password,
            session_hash=chosen,
            **BROWSER,
        )
        return with_attempt(step, chosen)

    def change_password(self, token_hash: str, current: str, new: str) -> Any:
        return self.client.call(
            "auth.change_password",
            timeout=30,
            context=self.resolve(token_hash)["context"],
            sealed=("current", "new"),
            current=current,
            new=new,
        )

    def start_recovery(self, attempt: str, email: str, contact_phone: str = "0441234567") -> Any:
        token_hash = new_token()[1]
        step = self.client.call(
            "auth.start_recovery",
            timeout=60,
            sealed=("attempt", "email", "contact_phone"),
            attempt=attempt,
            email=email,
            contact_phone=contact_phone,
            session_hash=token_hash,
            **BROWSER,
        )
        return with_attempt(step, token_hash)

    def resolve(self, token_hash: str, language: str = "ja") -> Any:
        return self.client.call(
            "auth.resolve",
            timeout=10,
            session_hash=token_hash,
            language=language,
            client_ip=BROWSER["client_ip"],
        )

    def caller(self, token_hash: str, language: str = "ja") -> Caller:
        """What the services are told about the session's owner."""
        return verify(self.resolve(token_hash, language)["context"], self.context_keys)

    def end_session(self, token_hash: str) -> Any:
        return self.client.call("auth.end_session", timeout=10, session_hash=token_hash)

    def import_accounts(self, *rows: str, mode: str = "apply", context: str | None = None) -> Any:
        return self.client.call(
            "auth.import_csv",
            timeout=60,
            context=context or self.staff_context(),
            sealed=("text",),
            kind="accounts",
            mode=mode,
            text="\n".join([COLUMNS, *rows]),
        )

    # what others do

    def tell(self, event_type: str, event_id: str | None = None, **payload: Any) -> None:
        """A fact that another service has published; told again with the same `event_id`."""
        with Connection(self.amqp_uri) as connection:
            Producer(connection.channel(), exchange=EXCHANGE).publish(
                payload,
                routing_key=event_type,
                message_id=event_id or str(uuid4()),
                headers={"correlation_id": "test"},
                delivery_mode=2,
                serializer="json",
            )

    def new_customer(self, *families: str) -> str:
        """The code of a customer with one contract of each family, known to the service."""
        code = f"TC{secrets.token_hex(2).upper()}-{secrets.randbelow(100_000):05d}"
        self.tell("contracts.customer_registered", customer_code=code, name="港 太郎")
        for number, family in enumerate(families):
            contract = {"contract_code": f"{code}-{number}", "family": family, "project_name": "本社"}
            self.tell("contracts.contract_registered", customer_code=code, **contract)
        known = "SELECT (SELECT count(*) FROM customers WHERE customer_code = :code)"
        contracts = "(SELECT count(*) FROM contracts WHERE customer_code = :code)"
        until(lambda: self.value(f"{known} + {contracts}", code=code) == 1 + len(families), 20, "not told")
        return code

    def new_person(
        self,
        kind: str = "selfcare",
        role: str = "",
        families: tuple[str, ...] = ("ip_phone",),
        **columns: str,
    ) -> Person:
        """An account with a password, and its customer unless it is one of staff."""
        customer = "" if kind == "staff" else self.new_customer(*families)
        login_id = f"C9{secrets.token_hex(6)}"
        password = columns.get("password", secrets.token_urlsafe(12))
        email = columns.get("email", f"{login_id}@customer.example")
        phone = columns.get("phone", "0441234567")
        row = [login_id, kind, customer, role, email, phone, password, columns.get("language", "")]
        report = self.import_accounts(",".join(row))
        assert report["applied"], report
        person = Person(login_id, password, email, customer)
        if kind == "selfcare" or not password or columns.get("initial"):
            return person
        return self.first_login(person, kind)

    def first_login(self, person: Person, portal: str) -> Person:
        """The person with a password of their own instead of the initial one, and logged out again."""
        chosen = secrets.token_urlsafe(12)
        _, token_hash = new_token()
        started = self.start_login(portal, person.login_id, person.password)
        assert started["next"] == "password"
        self.set_password(started["attempt"], chosen, token_hash)
        self.end_session(token_hash)
        return replace(person, password=chosen)

    def staff_context(self) -> str:
        """A fresh statement for a member of staff who may import."""
        if not self._staff_context:
            password = secrets.token_urlsafe(12)
            create_staff_account(self.database_url, "first-staff", "administrator", password)
            _, self._staff_context = new_token()
            self.start_login("staff", "first-staff", password, session_hash=self._staff_context)
        context: str = self.resolve(self._staff_context)["context"]
        return context

    def log_in(self, person: Person, portal: str = "ip_phone") -> str:
        """The hash of the token of a new session."""
        _, token_hash = new_token()
        if portal in ("console", "staff"):
            self.start_login(portal, person.login_id, person.password, session_hash=token_hash)
            return token_hash
        earlier = len(self.sandbox.letters(person.email))
        attempt = self.start_login(portal, person.login_id, person.password)["attempt"]
        self.verify_code(attempt, self.sandbox.code(person.email, earlier + 1), token_hash)
        return token_hash

    def fail(self, portal: str, login_id: str, times: int, client_ip: str = BROWSER["client_ip"]) -> None:
        """As if so many wrong passwords had been tried, all of them just now."""
        now = clock.wall()
        failed = {
            "login_digest": login_digest(login_id, self.env["KAISEN_CODE_PEPPER"]),
            "portal": Portal(portal),
            "state": AttemptState.REFUSED,
            "client_ip": client_ip,
            "started_at": now,
            "failed_at": now,
        }
        with Session(self.database) as session:
            session.add_all(LoginAttempt(id=f"failed {uuid4()}", **failed) for _ in range(times))
            session.commit()

    # what only an operator sees

    def value(self, statement: str, **values: Any) -> Any:
        with self.database.connect() as connection:
            return connection.execute(text(statement), values).scalar()

    def execute(self, statement: str, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(text(statement), values)

    def log_lines(self, **having: Any) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.service.output().splitlines() if line.startswith("{")]
        return [line for line in lines if having.items() <= line.items()]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
