"""A service's own PostgreSQL database: engine, unit of work, and the extension that holds them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Self
from uuid import uuid4

import eventlet
from nameko.extensions import SharedExtension
from pydantic_core import to_jsonable_python
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, sessionmaker
from structlog.contextvars import get_contextvars

from chassis.events import Event
from chassis.settings import Settings

# A server that vanished without a word is noticed after half a minute, instead of after the kernel's two hours.
_KEEPALIVE = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def make_engine(settings: Settings, name: str) -> SqlEngine:
    """An engine whose connections time out by the settings and never show parameters in an error."""
    limits = (
        f"-c statement_timeout={settings.statement_timeout_ms} -c lock_timeout={settings.lock_timeout_ms}"
    )
    return create_engine(
        settings.database_url,
        connect_args={
            "options": f"{limits} -c timezone=UTC",
            "application_name": name,
            "connect_timeout": 5,
            **_KEEPALIVE,
        },
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,
    )


_EMIT = text(
    "INSERT INTO outbox (event_id, type, payload, public, correlation_id)"
    " SELECT (fact->>'event_id')::uuid, fact->>'type', fact->'payload', (fact->>'public')::boolean,"
    "  fact->>'correlation_id'"
    " FROM jsonb_array_elements(:rows) WITH ORDINALITY AS given (fact, place) ORDER BY place"
).bindparams(bindparam("rows", type_=JSONB))


class UnitOfWork:
    """One transaction: `with uow: …; uow.commit()`. Without a commit everything is rolled back, events included."""

    session: Session

    def __init__(
        self, open_session: Callable[[], Session], committed: Callable[[], None] = lambda: None
    ) -> None:
        self._open_session = open_session
        self._committed = committed

    def __enter__(self) -> Self:
        self.session = self._open_session()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()  # rolls back what was not committed

    def emit(self, *events: Event, correlation_ids: Sequence[str] = ()) -> None:
        """Store facts with the change that made them true; the relay publishes them after the commit, in this order.

        One statement, however many they are. `correlation_ids` are those of the requests that the facts go back to,
        one each, if it is not one request for all.
        """
        of_all = get_contextvars().get("correlation_id", "")
        rows = [
            {
                "event_id": str(uuid4()),
                "type": event.type,
                "payload": to_jsonable_python(asdict(event)),
                "public": event.public,
                "correlation_id": correlation_id,
            }
            for event, correlation_id in zip(events, correlation_ids or [of_all] * len(events), strict=True)
        ]
        self.session.execute(_EMIT, {"rows": rows})

    def commit(self) -> None:
        self.session.commit()
        self._committed()


class Engine(SharedExtension):
    """The one engine of a service process; `committed` wakes whoever waits for new outbox rows."""

    def setup(self) -> None:
        self.engine = make_engine(self.container.config["settings"], self.container.service_name)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._wake = eventlet.Event()

    def stop(self) -> None:
        self.engine.dispose()

    def unit_of_work(self) -> UnitOfWork:
        return UnitOfWork(self._sessions, self.committed)

    def committed(self) -> None:
        if not self._wake.ready():
            self._wake.send(None)

    def wait_for_commit(self, seconds: float) -> None:
        """Return after the next commit in this process, or after `seconds`."""
        with eventlet.Timeout(seconds, False):
            self._wake.wait()
        self._wake = eventlet.Event()
