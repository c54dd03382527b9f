"""Publishes what the outbox holds: after the commit, in order, with the broker's confirmation, at least once."""

from collections.abc import Iterator
from contextlib import contextmanager

import eventlet
import structlog
from kombu import Connection
from nameko.extensions import SharedExtension
from prometheus_client import Counter
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import text

from chassis.database import Engine
from chassis.publishing import NACKED, UNROUTABLE, Publisher
from chassis.retention import Retention

log = structlog.get_logger()

REFUSED = Counter(
    "kaisen_outbox_refused_total", "Facts that the broker refused, each time it did", ["service", "reason"]
)

# facts in a batch; however many were refused before, the others have their room
_FRESH = 400
_AGAIN = 100
_MAX_PAUSE_SECONDS = 300
_IDLE_SECONDS = 1.0
_PATIENCE_SECONDS = 10.0

_REASONS = {
    UNROUTABLE: "events without a queue stay in the outbox; run the migrations of their consumers",
    NACKED: "events that the broker could not store stay in the outbox",
}

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('outbox'))")
_TAKE = text(
    "SELECT id, event_id, type, payload::text AS body, public, correlation_id, created_at FROM outbox WHERE id IN ("
    " (SELECT id FROM outbox WHERE published_at IS NULL AND retry_at IS NULL ORDER BY id LIMIT :fresh) UNION ALL"
    " (SELECT id FROM outbox WHERE published_at IS NULL AND retry_at <= now() ORDER BY retry_at, id LIMIT :again)"
    ") ORDER BY id"
)
_TOLD = text(
    "UPDATE outbox SET published_at = now(), retry_at = NULL WHERE event_id = ANY(CAST(:ids AS uuid[]))"
)
_REFUSED = text(
    "UPDATE outbox SET attempts = attempts + 1,"
    "  retry_at = now() + least(power(2, least(attempts, 30)), :max_pause) * interval '1 second'"
    " WHERE event_id = ANY(CAST(:ids AS uuid[])) RETURNING type, retry_at - now() AS pause"
)


class OutboxRelay(SharedExtension):
    """Runs in every replica; an advisory lock lets one at a time publish, so that the order of facts is kept."""

    engine = Engine()

    def setup(self) -> None:
        self._retention = Retention(self.container.config["settings"])

    def start(self) -> None:
        self._stopping = False
        self._thread = self.container.spawn_managed_thread(self._run, "outbox-relay")

    def stop(self) -> None:
        self._stopping = True
        self.engine.committed()
        self._thread.wait()

    def _run(self) -> None:
        while not self._stopping:
            broker = Connection(self.container.config["AMQP_URI"])
            try:
                self._relay(broker)
                broker.release()
            except Exception as error:  # broker or database away: nothing is lost, it stays in the table
                log.warning("outbox relay interrupted", error=type(error).__name__)
                broker.collect()  # without a farewell: a broker that is stuck would never return it
                eventlet.sleep(_IDLE_SECONDS)

    def _relay(self, broker: Connection) -> None:
        with _patience():
            publisher = Publisher(broker)
        while not self._stopping:
            settled = self._publish_batch(publisher)
            more_to_delete = self._delete_old()
            if settled == 0 and not more_to_delete:
                self.engine.wait_for_commit(_IDLE_SECONDS)

    @contextmanager
    def _turn(self) -> Iterator[SqlConnection | None]:
        """A transaction that holds the outbox's lock; None while another replica holds it."""
        with self.engine.engine.begin() as connection:
            yield connection if connection.scalar(_LOCK) else None

    def _delete_old(self) -> bool:
        """Whether there may be more to delete."""
        if not self._retention.is_due():
            return False
        with self._turn() as connection:
            return connection is not None and self._retention.delete_some(connection)

    def _publish_batch(self, publisher: Publisher) -> int:
        """Publish the oldest rows; how many of them the broker took or refused.

        A transaction holds the lock until the broker has answered for all, so that no other replica overtakes. What it
        took before an interruption is noted, so that a slow broker sees each batch begin further on.
        """
        interruption: Exception | None = None
        publisher.begin()
        with self._turn() as connection:
            if connection is None:
                return 0
            rows = connection.execute(_TAKE, {"fresh": _FRESH, "again": _AGAIN}).all()
            try:
                with _patience():
                    for row in rows:
                        publisher.send(
                            str(row.event_id),
                            row.type,
                            row.body,
                            {
                                "correlation_id": row.correlation_id,
                                "occurred_at": row.created_at.isoformat(),
                            },
                            mandatory=not row.public,
                        )
                    publisher.wait()
            except Exception as error:
                interruption = error
            if publisher.stored:
                connection.execute(_TOLD, {"ids": publisher.stored})
            self._let_wait(connection, publisher.refused)
        if interruption is not None:
            raise interruption
        return len(rows)

    def _let_wait(self, connection: SqlConnection, refused: dict[str, str]) -> None:
        """Pass over refused facts for a pause, twice as long each time, so that they hold up nobody."""
        for reason, message in _REASONS.items():
            ids = [one for one, why in refused.items() if why == reason]
            if not ids:
                continue
            rows = connection.execute(_REFUSED, {"ids": ids, "max_pause": _MAX_PAUSE_SECONDS}).all()
            REFUSED.labels(self.container.service_name, reason).inc(len(ids))
            log.error(
                message,
                count=len(ids),
                types=sorted({row.type for row in rows}),
                retry_in=max(row.pause for row in rows).total_seconds(),
            )


def _patience() -> eventlet.Timeout:
    """An end to waiting for a broker that is stuck: a transaction, and the lock on the outbox, wait with us."""
    return eventlet.Timeout(_PATIENCE_SECONDS, TimeoutError("the broker does not answer"))
