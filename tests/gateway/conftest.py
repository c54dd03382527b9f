"""The gateway alone: its process with a real broker, on which no service answers."""

import json
import secrets
from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from joserfc.jwk import Key, KeySet, OKPKey

from chassis.client import RpcClient
from gateway.app import create_app
from gateway.settings import Settings
from tests.harness import ROOT
from tests.servers import VirtualHosts


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    """Compiled as `make setup` does it, should this run without make."""
    for source in (ROOT / "gateway/translations").glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            with source.open("rb") as po, target.open("wb") as mo:
                write_mo(mo, read_po(po))


@pytest.fixture(scope="session")
def sealing_keys() -> str:
    """Public keys of all services; nobody has the private ones."""
    keys: list[Key] = [
        OKPKey.generate_key("X25519", {"kid": name, "use": "enc"})
        for name in ("auth", "contracts", "payments", "sim")
    ]
    return json.dumps(KeySet(keys).as_dict(private=False))


@pytest.fixture(scope="session")
def settings(virtual_hosts: VirtualHosts, sealing_keys: str) -> Settings:
    return Settings(
        amqp_uri=virtual_hosts.new(),
        sealing_keys=sealing_keys,
        secret_key=secrets.token_urlsafe(32),
        rpc_timeout=0.5,
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[APIFlask]:
    rpc_client = RpcClient(settings.amqp_uri, settings.sealing_keys)
    yield create_app(settings, rpc_client)
    rpc_client.close()


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A browser without cookies, at http://localhost."""
    return app.test_client()


@pytest.fixture(scope="session")
def unreachable(sealing_keys: str) -> Iterator[APIFlask]:
    """A gateway whose broker is down."""
    settings = Settings(
        amqp_uri="pyamqp://guest:guest@127.0.0.1:1//",
        sealing_keys=sealing_keys,
        secret_key=secrets.token_urlsafe(32),
        rpc_timeout=0.5,
    )
    rpc_client = RpcClient(settings.amqp_uri, settings.sealing_keys)
    yield create_app(settings, rpc_client)
    rpc_client.close()
