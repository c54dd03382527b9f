"""Secrets driven through every flow are found where they belong and nowhere else: in no log, table, message or mail."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import requests
from kombu import Connection, Exchange, Queue
from sqlalchemy import create_engine, inspect, make_url, text

from chassis import clock
from kaisen.api import Api
from tests.e2e.members import logged_in, new_member
from tests.e2e.system import Client, EmbeddedSystem
from tests.harness import until
from tests.servers import VirtualHosts

TRACE = Exchange("amq.rabbitmq.trace", type="topic", durable=True, internal=True)


class Bus:
    """Every message of the virtual host, as the broker itself saw it."""

    def __init__(self, connection: Connection) -> None:
        self._queue = Queue("canaries", TRACE, "#", exclusive=True).bind(connection.default_channel)
        self._queue.declare()
        self.seen: list[str] = []

    def read(self) -> list[str]:
        while message := self._queue.get(no_ack=True):
            body = (
                message.body
                if isinstance(message.body, str)
                else bytes(message.body).decode(errors="replace")
            )
            self.seen.append(f"{message.headers} {body}")
        return self.seen


@contextmanager
def listening_to(system: EmbeddedSystem, virtual_hosts: VirtualHosts) -> Iterator[Bus]:
    uri = system.process.env["KAISEN_AMQP_URI"]
    virtual_hosts.trace(uri)
    with Connection(uri) as connection:
        yield Bus(connection)


def everything_stored(system: EmbeddedSystem) -> str:
    """All rows of all tables of all services, as text."""
    server = make_url(system.process.env["KAISEN_DATABASE_URL"])
    found = []
    for service in ("auth", "contracts", "payments", "sim"):
        engine = create_engine(server.set(database=f"kaisen_{service}"))
        with engine.connect() as connection:
            for table in inspect(engine).get_table_names():
                rows = connection.execute(text(f'SELECT CAST(t AS text) FROM "{table}" t'))  # noqa: S608
                found += [f"{table}: {row}" for (row,) in rows]
        engine.dispose()
    return "\n".join(found)


def everything_logged(system: EmbeddedSystem) -> str:
    return "\n".join(path.read_text() for path in (system.state / "logs").iterdir())


def mails(system: EmbeddedSystem) -> list[dict[str, str]]:
    found: list[dict[str, str]] = requests.get(f"{system.sandbox_url}/sandbox/mail", timeout=10).json()
    return found


class Canaries:
    """The secrets of a run, by name; a code is looked for with its borders, being but six digits."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def add(self, name: str, secret: str) -> str:
        assert secret
        self.secrets[name] = secret
        return secret

    def found_in(self, haystack: str) -> list[str]:
        """A code may be part of a number or a hash by chance, but not stand alone in quotes or after a colon."""
        return [
            name
            for name, secret in self.secrets.items()
            if re.search(rf"(?<![0-9A-Za-z.]){re.escape(secret)}(?![0-9A-Za-z])", haystack)
        ]


def one_time_password(secret: str, later: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.wall() + timedelta(seconds=30 * later))


def refused(client: Client, path: str, body: dict[str, Any]) -> None:
    assert client.send("POST", path, json=body).status_code in (401, 403, 422)


def drive_selfcare(system: EmbeddedSystem, canaries: Canaries, folder: Path) -> None:
    """Wrong and right password, wrong and right code, recovery, change of the password, proof, logout."""
    customer = system.client("C900000001").get("/auth/session")["customer_code"]
    login_id = f"C9{secrets.token_hex(6)}"
    email = f"{login_id}@canary.example"
    first = canaries.add("imported password", secrets.token_urlsafe(18))
    path = folder / "accounts.csv"
    path.write_text(
        "login_id,kind,customer_code,role,email,contact_phone,initial_password,language\n"
        f"{login_id},selfcare,{customer},,{email},0441234567,{first},ja\n"
    )
    staff = Api(system.url)
    who_imports = system.credentials("staff-admin")
    staff.login(who_imports["login_id"], who_imports["password"])
    assert staff.import_file("accounts", path, "apply")["applied"]
    staff.logout()
    me = Client(system.url)
    who = {"portal": "ip_phone", "login_id": login_id}
    refused(me, "/auth/login", {**who, "password": canaries.add("wrong password", secrets.token_urlsafe(18))})
    step = me.post("/auth/login", {**who, "password": first})
    code = canaries.add("code", system.mailed_code(email, 0))
    refused(me, "/auth/code", {"attempt": step["attempt"], "code": f"{(int(code) + 1) % 10**6:06d}"})
    canaries.add("first attempt", step["attempt"])
    new_email = f"new-{email}"
    recovery = {
        "attempt": step["attempt"],
        "email": new_email,
        "contact_phone": "0441234567",
    }
    step = me.post("/auth/recovery", recovery)
    canaries.add("attempt after recovery", step["attempt"])
    code = canaries.add("code after recovery", system.mailed_code(new_email, 0))
    me.token = canaries.add(
        "session", me.post("/auth/code", {"attempt": step["attempt"], "code": code})["token"]
    )
    chosen = canaries.add("chosen password", secrets.token_urlsafe(18))
    refused(me, "/account/password", {"current": canaries.secrets["wrong password"], "new": chosen})
    assert me.send("POST", "/account/password", json={"current": first, "new": chosen}).status_code < 300
    me.token = canaries.add("session after proof", me.post("/auth/proof", {"password": chosen})["token"])
    assert me.send("POST", "/auth/logout").status_code == 204


def drive_console(system: EmbeddedSystem, canaries: Canaries, folder: Path) -> None:
    """Initial password, its change, one-time passwords, recovery codes, an API key, an account without an address."""
    member = new_member(system, folder)
    canaries.add("console password", member["password"])
    me = logged_in(system, member)
    canaries.add("console session", me.token or "")
    secret = canaries.add(
        "one-time-password secret", me.post("/account/factors/totp", {"name": "App"}, 201)["secret"]
    )
    added = me.post("/account/factors/totp/confirmation", {"code": one_time_password(secret)})
    for number, code in enumerate(added["recovery_codes"]):
        canaries.add(f"recovery code {number}", code)
    step = me.post("/auth/login", member)
    canaries.add("factor attempt", step["attempt"])
    done = me.post("/auth/factor", {"attempt": step["attempt"], "recovery_code": added["recovery_codes"][0]})
    me.token = canaries.add("session by recovery code", done["token"])

    admin = system.log_in("aoba-admin")
    canaries.add("administrator's session", admin.token or "")
    day = (clock.today() + timedelta(days=30)).isoformat()
    key = admin.post("/api-keys", {"name": "canary", "role": "viewer", "expires_on": day}, 201)
    canaries.add("API key", next(value for value in key.values() if str(value).startswith("kaisen_")))
    assert Client(system.url, canaries.secrets["API key"]).send("GET", "/sims").status_code == 200
    body = {"login_id": f"canary-{secrets.token_hex(4)}", "role": "viewer", "language": "ja"}
    made = admin.post("/accounts", body, 201)
    canaries.add("initial password", made["initial_password"])


def test_no_secret_is_found_where_it_does_not_belong(
    served_system: EmbeddedSystem, virtual_hosts: VirtualHosts, tmp_path: Path
) -> None:
    canaries = Canaries()
    with listening_to(served_system, virtual_hosts) as bus:
        drive_selfcare(served_system, canaries, tmp_path)
        while_codes_are_alive = everything_stored(served_system)
        drive_console(served_system, canaries, tmp_path)
        until(lambda: any("auth.create_account" in one for one in bus.read()))  # the last one
        messages = bus.read()
    assert len(messages) > 100
    assert len(canaries.secrets) > 20
    assert canaries.found_in(while_codes_are_alive) == []
    assert canaries.found_in(everything_stored(served_system)) == []
    assert canaries.found_in(everything_logged(served_system)) == []
    assert canaries.found_in("\n".join(messages)) == []
    for mail in mails(served_system):
        allowed = {name for name in canaries.secrets if name.startswith("code")}
        assert set(canaries.found_in(json.dumps(mail, ensure_ascii=False))) <= allowed, mail["subject"]
