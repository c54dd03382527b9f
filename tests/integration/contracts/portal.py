"""The gateway in front of the contracts service, with a customer who is always logged in."""

import json
import secrets
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.harness import Process, free_port, until
from tests.integration.contracts.system import ContractsSystem

_GUNICORN = ("-m", "gunicorn", "-c", "python:gateway.gunicorn_conf", "gateway.wsgi:app")
_PIECE = 1 << 16


@dataclass(frozen=True)
class Portal:
    """`gateway` is gunicorn's process; the worker is its child."""

    url: str
    gateway: Process
    session: requests.Session

    def get(self, path: str) -> requests.Response:
        """An answer whose body is still to come."""
        return self.session.get(f"{self.url}/api/v1{path}", stream=True, timeout=60)

    def pieces(self, path: str) -> Generator[bytes, None, None]:
        """The body of an answer as it comes."""
        with self.get(path) as answer:
            answer.raise_for_status()
            yield from answer.iter_content(_PIECE)


@contextmanager
def portal(system: ContractsSystem, customer: str, folder: Path, **settings: str) -> Iterator[Portal]:
    sessions = Process(
        [sys.executable, "-m", "chassis", "serve", "tests.sessions"],
        env=system.process.env
        | {
            "KAISEN_HEALTH_PORT": str(free_port()),
            "KAISEN_CUSTOMER": customer,
            "KAISEN_CONTEXT_SIGNING_KEY": json.dumps(system.signing_key.as_dict(private=True)),
        },
        log=folder / "sessions.log",
    )
    port = free_port()
    gateway = Process(
        [sys.executable, *_GUNICORN],
        env={
            "KAISEN_AMQP_URI": system.amqp_uri,
            "KAISEN_SEALING_KEYS": system.sealing_keys,
            "KAISEN_SECRET_KEY": secrets.token_urlsafe(32),
            "KAISEN_PORT": str(port),
            "KAISEN_WEB_WORKERS": "1",
            **settings,
        },
        log=folder / "gateway.log",
        ready=f"http://127.0.0.1:{port}/livez",
    )
    session = requests.Session()
    session.headers["Authorization"] = "Bearer anybody"
    with sessions, gateway, session:
        found = Portal(f"http://127.0.0.1:{port}", gateway, session)
        until(
            lambda: session.get(f"{found.url}/api/v1/contracts", timeout=30).ok,
            30,
            lambda: f"{sessions.tail()}\n{gateway.tail()}",
        )
        yield found
