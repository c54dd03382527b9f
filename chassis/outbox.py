"""Publishes what the outbox holds: after the commit, in order, with the broker's confirmation, at least once."""

import eventlet
import structlog
from kombu import Connection, Producer
from nameko.extensions import SharedExtension
from sqlalchemy import text

from chassis.database import Engine
from chassis.events import EXCHANGE

log = structlog.get_logger()

_BATCH = 200
_IDLE_SECONDS = 1.0
_PATIENCE_SECONDS = 10.0

_TAKE = text(
    "SELECT id, event_id, type, payload, public, correlation_id, created_at FROM outbox"
    " WHERE published_at IS NULL ORDER BY id LIMIT :batch"
)


class OutboxRelay(SharedExtension):
    """Runs in every replica; an advisory lock lets one at a time publish, so that the order of facts is kept."""

    engine = Engine()

    def start(self) -> None:
        self._stopping = False
        self._thread = self.container.spawn_managed_thread(self._run, "outbox-relay")

    def stop(self) -> None:
        self._stopping = True
        self.engine.committed()
        self._thread.wait()

    def _run(self) -> None:
        while not self._stopping:
            # without a connection of its own the relay would share nameko's, whose confirms are off for replies
            broker = Connection(
                self.container.config["AMQP_URI"], transport_options={"confirm_publish": True}
            )
            try:
                self._relay(broker)
                broker.release()
            except Exception as error:  # broker or database away: nothing is lost, it stays in the table
                log.warning("outbox relay interrupted", error=type(error).__name__)
                broker.collect()  # without a farewell: a broker that is stuck would never return it
                eventlet.sleep(_IDLE_SECONDS)

    def _relay(self, broker: Connection) -> None:
        returned: set[str] = set()
        with _patience():
            producer = Producer(
                broker.channel(),
                exchange=EXCHANGE,
                auto_declare=True,
                on_return=lambda _error, _exchange, _key, message: returned.add(
                    message.properties["message_id"]
                ),
            )
        while not self._stopping:
            returned.clear()
            if self._publish_batch(producer, returned) == 0:
                self.engine.wait_for_commit(_IDLE_SECONDS)

    def _publish_batch(self, producer: Producer, returned: set[str]) -> int:
        """Publish the oldest rows; the number taken off the outbox."""
        with self.engine.engine.begin() as connection:
            lock = connection.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('outbox'))"))
            rows = connection.execute(_TAKE, {"batch": _BATCH}).all() if lock else []
            for row in rows:
                with _patience():
                    producer.publish(
                        row.payload,
                        routing_key=row.type,
                        message_id=str(row.event_id),
                        headers={
                            "correlation_id": row.correlation_id,
                            "occurred_at": row.created_at.isoformat(),
                        },
                        mandatory=not row.public,
                        delivery_mode=2,
                        serializer="json",
                    )
            told = [row.id for row in rows if str(row.event_id) not in returned]
            if told:
                connection.execute(
                    text("UPDATE outbox SET published_at = now() WHERE id = ANY(:ids)"), {"ids": told}
                )
        if returned:
            log.error(
                "events without a queue stay in the outbox; run the migrations of their consumers",
                count=len(returned),
            )
        return len(told)


def _patience() -> eventlet.Timeout:
    """An end to waiting for a broker that is stuck: a transaction, and the lock on the outbox, wait with us."""
    return eventlet.Timeout(_PATIENCE_SECONDS, TimeoutError("the broker does not answer"))
