"""What both kinds of consumer share: the connection to the broker, and where unreadable messages go."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import eventlet
import structlog
from kombu import Connection, Message
from nameko.messaging import QueueConsumer, QueueConsumerStopped
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import Engine

log = structlog.get_logger()

_MAX_STORED_BODY = 64 * 1024


class BusConsumer(QueueConsumer):
    """nameko's consumer, but nothing unreadable is lost, and the broker's return is noticed within two seconds."""

    engine = Engine()
    connected = False

    def run(self) -> None:
        try:
            super().run()
        except QueueConsumerStopped:
            log.info("stopped without the broker")

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.2, interval_step=0.4, interval_max=2
            )
            try:
                yield connection
            finally:
                self.connected = False

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        self.connected = False
        log.warning("broker unreachable", error=type(exc).__name__, retry_in=interval)
        if self._pending_remove_providers:  # asked to stop meanwhile: the broker may never come back
            self.on_iteration()
            if self.should_stop:
                raise QueueConsumerStopped

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **kwargs: Any) -> None:
        self.connected = True
        super().on_consume_ready(connection, channel, consumers, **kwargs)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        consumers = super().get_consumers(consumer_cls, channel)
        for provider, consumer in self._consumers.items():
            consumer.on_decode_error = partial(self._unreadable, provider.queue.name)
        return consumers

    def _unreadable(self, queue: str, message: Message, error: Exception) -> None:
        self.dead_letter(message, queue, f"unreadable body: {type(error).__name__}")

    def ack_message(self, message: Message) -> None:
        with _perhaps_in_vain():
            super().ack_message(message)

    def requeue_message(self, message: Message) -> None:
        with _perhaps_in_vain():
            super().requeue_message(message)

    def dead_letter(self, message: Message, queue: str, reason: str) -> None:
        """Keep a message that can never be handled for an operator to look at, and take it off the queue."""
        try:
            self._store(message, queue, reason)
        except Exception as error:  # without a database it stays with the broker
            log.warning("dead letter not stored yet", queue=queue, error=type(error).__name__)
            eventlet.sleep(1)
            self.requeue_message(message)
            return
        log.error("dead letter", queue=queue, reason=reason)
        self.ack_message(message)

    def _store(self, message: Message, queue: str, reason: str) -> None:
        raw = message.body.encode() if isinstance(message.body, str) else bytes(message.body or b"")
        properties = {
            "content_type": message.content_type,
            "content_encoding": message.content_encoding,
            "headers": message.headers,
        }
        written = json.dumps(properties, default=str, ensure_ascii=False).replace("\\u0000", "\\ufffd")
        with self.engine.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO inbox (event_id, handler, type, state, body, properties, error)"
                    " VALUES (:id, :queue, 'malformed', 'dead', :body, :properties, :reason)"
                ).bindparams(bindparam("properties", type_=JSONB)),
                {
                    "id": uuid4(),
                    "queue": queue,
                    "body": storable(raw[:_MAX_STORED_BODY].decode("utf-8", "replace")),
                    "properties": json.loads(storable(written)),
                    "reason": reason,
                },
            )


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


@contextmanager
def _perhaps_in_vain() -> Iterator[None]:
    """A connection that breaks now has the message delivered again; nameko would end the whole service for it."""
    try:
        yield
    except Exception as error:
        log.warning("message not settled, it will be delivered again", error=type(error).__name__)
