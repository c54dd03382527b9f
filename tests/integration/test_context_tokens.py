"""Each service refuses by itself whatever is not a genuine, current statement of who asks (RFC 8725, JWT practices)."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from chassis import clock, context
from chassis.client import RpcClient
from chassis.context import Caller
from chassis.errors import Unauthenticated
from kaisen import keys
from tests.harness import ROOT, Process, free_port, make_database
from tests.servers import VirtualHosts

METHODS: dict[str, dict[str, Any]] = {  # a method of each service, and arguments that it takes
    "auth.list_keys": {},
    "contracts.list_contracts": {},
    "payments.list_charges": {"month": "2024-03"},
    "sim.list_sims": {},
}
EVERY_SERVICE = pytest.mark.parametrize("method", METHODS)


@dataclass(frozen=True)
class Services:
    """All four services on one broker, with the secrets of one installation."""

    client: RpcClient
    signing_key: str = field(repr=False)
    context_keys: str

    def call(self, method: str, token: str) -> Any:
        return self.client.call(method, timeout=10, context=token, **METHODS[method])

    @property
    def kid(self) -> str:
        return str(json.loads(self.signing_key)["kid"])

    def sign(self, data: bytes) -> bytes:
        """A genuine signature, of anything."""
        return _private_key(self.signing_key).sign(data)


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts: VirtualHosts, database_server_url: str
) -> Iterator[Services]:
    folder, amqp_uri = tmp_path_factory.mktemp("services"), virtual_hosts.new()
    secrets = keys.generate()
    with ExitStack() as running:
        for name in keys.SERVICES:
            port = free_port()
            process = Process(
                [sys.executable, "-m", "chassis", "serve", f"services.{name}"],
                env={
                    "KAISEN_AMQP_URI": amqp_uri,
                    "KAISEN_DATABASE_URL": make_database(database_server_url, f"tokens_{name}"),
                    "KAISEN_HEALTH_PORT": str(port),
                    "KAISEN_CARRIER_URL": "http://127.0.0.1:1",  # nobody is there, and nobody is asked
                    "KAISEN_FIELD_KEYS": json.dumps({"f1": base64.b64encode(bytes(32)).decode()}),
                    "KAISEN_SMDP_URL": "http://127.0.0.1:1",
                    "KAISEN_SMDP_ADDRESS": "smdp.example",
                    "KAISEN_SMDP_REQUESTER": "2.999.1",
                    "KAISEN_SWITCH_URL": "http://127.0.0.1:1",
                    **{setting.upper(): value for setting, value in secrets[name].items()},
                },
                log=folder / f"{name}.log",
                ready=f"http://127.0.0.1:{port}/readyz",
            )
            migrate = [sys.executable, "-m", "chassis", "migrate", f"services.{name}"]
            subprocess.run(migrate, env=process.env, cwd=ROOT, check=True)
            running.enter_context(process)
        client = RpcClient(amqp_uri, secrets["gateway"]["kaisen_sealing_keys"])
        running.callback(client.close)
        yield Services(
            client,
            secrets["auth"]["kaisen_context_signing_key"],
            secrets["auth"]["kaisen_context_keys"],
        )


def _private_key(jwk: str) -> Ed25519PrivateKey:
    encoded = json.loads(jwk)["d"]
    return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(encoded + "=="))


def _caller() -> Caller:
    return Caller(
        subject="somebody",
        kind="console",
        customer="TC0001-00001",
        roles=frozenset({"selfcare", "console_viewer", "console_administrator"}),
        login_id="somebody",
        language="ja",
        correlation_id="asked-by-test",
        authenticated_at=clock.wall(),
        session="a session",
        client_ip="192.0.2.1",
    )


def genuine(services: Services) -> str:
    return context.sign(_caller(), services.signing_key)


def _encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def rebuilt(
    services: Services,
    sign: Callable[[bytes], bytes] | None = None,
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """The genuine statement with other claims (None: without it) or another header, signed by `sign` (our own key)."""
    head, payload, _ = genuine(services).split(".")
    claims = {name: value for name, value in (_decode(payload) | changes).items() if value is not None}
    signed = f"{_encode(json.dumps(header or _decode(head)).encode())}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode((sign or services.sign)(signed.encode()))}"


def assert_refused(services: Services, method: str, token: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        services.call(method, token)
    assert (refusal.value.code, refusal.value.details) == ("context.invalid", {})


@EVERY_SERVICE
def test_a_genuine_statement_is_believed(services: Services, method: str) -> None:
    assert services.call(method, genuine(services))["items"] == []
    assert services.call(method, rebuilt(services))["items"] == [], (
        "what is refused below is so for its change"
    )


@EVERY_SERVICE
def test_another_payload_under_the_same_signature(services: Services, method: str) -> None:
    head, payload, signature = genuine(services).split(".")
    claims = _decode(payload) | {"customer": "TC0002-00001"}
    assert_refused(services, method, f"{head}.{_encode(json.dumps(claims).encode())}.{signature}")


@EVERY_SERVICE
@pytest.mark.parametrize("place", [0, 31, 63])
def test_another_signature(services: Services, method: str, place: int) -> None:
    signed, _, signature = genuine(services).rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[place] ^= 1
    assert_refused(services, method, f"{signed}.{_encode(bytes(raw))}")


@EVERY_SERVICE
def test_no_signature(services: Services, method: str) -> None:
    assert_refused(services, method, genuine(services).rpartition(".")[0] + ".")


@EVERY_SERVICE
def test_an_expired_statement(services: Services, method: str) -> None:
    past = int((clock.wall() - timedelta(seconds=context.LEEWAY + 1)).timestamp())
    assert_refused(services, method, rebuilt(services, exp=past))


@EVERY_SERVICE
def test_a_foreign_key(services: Services, method: str) -> None:
    """Of the right name, but not ours; also where the token brings it along."""
    foreign = OKPKey.generate_key("Ed25519", {"kid": services.kid})
    sign = _private_key(json.dumps(foreign.as_dict(private=True))).sign
    assert_refused(services, method, rebuilt(services, sign))
    header = {"alg": "Ed25519", "kid": services.kid, "jwk": foreign.as_dict(private=False)}
    assert_refused(services, method, rebuilt(services, sign, header))


@EVERY_SERVICE
def test_an_unknown_key_id(services: Services, method: str) -> None:
    assert_refused(services, method, rebuilt(services, header={"alg": "Ed25519", "kid": "unknown"}))


@EVERY_SERVICE
@pytest.mark.parametrize("name", ["none", "None", "NONE"])
def test_algorithm_none(services: Services, method: str, name: str) -> None:
    unsigned = rebuilt(services, lambda _: b"", {"alg": name, "kid": services.kid})
    assert_refused(services, method, unsigned)
    signed = rebuilt(services, header={"alg": name, "kid": services.kid})
    assert_refused(services, method, signed)


@EVERY_SERVICE
def test_the_public_key_as_a_shared_secret(services: Services, method: str) -> None:
    """The classic swap of algorithms: HS256, with what everybody may know as the secret."""
    public = json.loads(services.context_keys)["keys"][0]
    raw = base64.urlsafe_b64decode(public["x"] + "==")
    for secret in (raw, public["x"].encode(), json.dumps(public).encode(), services.context_keys.encode()):

        def sign(data: bytes, secret: bytes = secret) -> bytes:
            return hmac.new(secret, data, hashlib.sha256).digest()

        assert_refused(services, method, rebuilt(services, sign, {"alg": "HS256", "kid": services.kid}))


@EVERY_SERVICE
@pytest.mark.parametrize(
    "claim",
    [
        "iss",
        "exp",
        "sub",
        "kind",
        "customer",
        "roles",
        "login_id",
        "language",
        "correlation_id",
        "auth_time",
        "session",
        "client_ip",
    ],
)
def test_a_missing_claim(services: Services, method: str, claim: str) -> None:
    assert_refused(services, method, rebuilt(services, **{claim: None}))


@EVERY_SERVICE
@pytest.mark.parametrize("issuer", ["", "kaisen", "https://elsewhere.example", ["kaisen-auth"]])
def test_another_issuer(services: Services, method: str, issuer: Any) -> None:
    assert_refused(services, method, rebuilt(services, iss=issuer))


@EVERY_SERVICE
@pytest.mark.parametrize("token", ["", ".", "..", "nonsense", "a.b.c", "e30.e30.", "e30.e30.AA"])
def test_what_is_no_token(services: Services, method: str, token: str) -> None:
    assert_refused(services, method, token)
