"""What people prove themselves with: an authenticator app, recovery codes, a passkey in software; and their holders."""

import hashlib
import json
import secrets
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from chassis import clock
from chassis.errors import KaisenError
from tests.integration.auth.system import BROWSER, Person, System, new_token, with_attempt

ORIGIN = "http://localhost:8000"  # the default of the setting public_url
_SEALED = {"attempt", "code", "password", "recovery_code", "recovery_codes", "secret", "totp"}
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_STEP = timedelta(seconds=30)
REQUIRE = "UPDATE customers SET factors_required = true WHERE customer_code = :code"


def new_recovery_codes() -> list[str]:
    return ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(10)]


def call(system: System, method: str, **arguments: Any) -> Any:
    """A call with everything sealed that must be."""
    sealed = tuple(_SEALED & arguments.keys())
    return system.client.call(f"auth.{method}", timeout=60, sealed=sealed, **arguments)


def step(system: System, method: str, token_hash: str | None = None, **arguments: Any) -> Any:
    """The same for a step of a login."""
    chosen = token_hash or new_token()[1]
    return with_attempt(call(system, method, session_hash=chosen, **arguments, **BROWSER), chosen)


def refusal(act: Callable[[], Any]) -> str:
    """The code with which the act is refused; "done" if it is not."""
    try:
        act()
    except KaisenError as error:
        return error.code
    return "done"


def offer(auth: System, attempt: str, **offered: Any) -> str:
    """What becomes of a login that offers this."""
    return refusal(lambda: step(auth, "verify_factor", attempt=attempt, **offered))


class Steps:
    """The product's clock, in the middle of a time step; `forward` moves it on."""

    def __init__(self, system: System) -> None:
        self._sandbox = system.sandbox
        now = clock.wall()
        self.now = now - timedelta(seconds=now.timestamp() % 30) + timedelta(seconds=35)
        self.forward(timedelta())

    def forward(self, time: timedelta = _STEP) -> None:
        self.now += time
        self._sandbox.move({"now": self.now.isoformat()})


@contextmanager
def controlled_clock(system: System) -> Iterator[Steps]:
    try:
        yield Steps(system)
    finally:
        system.sandbox.move({"reset": True})


@dataclass
class App:
    """An authenticator app with one secret."""

    secret: str = field(default_factory=lambda: b32encode(secrets.token_bytes(20)).decode())

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.secret).at(at)

    def wrong_code(self, at: datetime) -> str:
        near = {self.code(at + steps * _STEP) for steps in range(-2, 3)}
        return next(code for code in map("{:06d}".format, range(10)) if code not in near)


@dataclass
class Member:
    """Somebody of the console or the staff, logged in."""

    system: System
    person: Person
    portal: str
    token_hash: str = ""

    def start(self) -> Any:
        """The step that a right password leads to; with `done` they are logged in."""
        self.token_hash = new_token()[1]
        started = self.system.start_login(
            self.portal, self.person.login_id, self.person.password, session_hash=self.token_hash
        )
        if started["next"] != "done":
            self.token_hash = new_token()[1]  # for the next step: every one has a token of its own
        return started

    def call(self, method: str, **arguments: Any) -> Any:
        context = self.system.resolve(self.token_hash)["context"]
        return call(self.system, method, context=context, **arguments)

    def add_totp(self, at: datetime, name: str = "App") -> tuple[App, list[str]]:
        """A new one-time password, whose code of this instant is used up, and the recovery codes sent with it."""
        app, codes = App(), new_recovery_codes()
        self.call("begin_totp", secret=app.secret, name=name)
        self.call("confirm_totp", code=app.code(at), recovery_codes=codes)
        return app, codes

    def add_passkey(self, name: str = "Key") -> "Passkey":
        passkey = Passkey()
        options = self.call("begin_passkey")["options"]
        self.call(
            "finish_passkey",
            response=passkey.create(options),
            name=name,
            recovery_codes=new_recovery_codes(),
        )
        return passkey

    def factors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("list_factors")["items"]
        return found

    def audit(self) -> list[tuple[str, str]]:
        """(action, result) of all that they did about factors, the oldest first."""
        with self.system.database.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT action, result FROM audit WHERE login_id = %s"
                " AND (action LIKE 'factor.%%' OR action LIKE 'recovery%%') ORDER BY seq",
                (self.person.login_id,),
            )
            return [(row.action, row.result) for row in rows]


def join(system: System, portal: str = "console", role: str = "viewer") -> Member:
    """A new member who is logged in."""
    member = Member(system, system.new_person(portal, role), portal)
    assert member.start()["next"] == "done"
    return member


class Passkey:
    """A credential of W3C Web Authentication in software: P-256, attestation "none", with a signature counter."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.count = 0

    def create(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`; `changes` are what a forger would change."""
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], 0x41, changes) + attested
        return self._answer(
            clientDataJSON=self._client("webauthn.create", options, changes),
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}),
        )

    def get(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`; the counter grows with it."""
        self.count += 1
        client = self._client("webauthn.get", options, changes)
        data = self._data(options["rpId"], 0x01, changes)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _client(self, kind: str, options: dict[str, Any], changes: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": ORIGIN, "crossOrigin": False}
        return json.dumps({**said, **{name: changes[name] for name in said if name in changes}}).encode()

    def _data(self, host: str, flags: int, changes: dict[str, Any]) -> bytes:
        named = hashlib.sha256(changes.get("host", host).encode()).digest()
        return named + bytes([changes.get("flags", flags)]) + changes.get("count", self.count).to_bytes(4)

    def _answer(self, **response: bytes) -> dict[str, Any]:
        named = in_base64url(self.id)
        shown = {name: in_base64url(value) for name, value in response.items()}
        return {"id": named, "rawId": named, "type": "public-key", "response": shown}


def in_base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
