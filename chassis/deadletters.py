"""Looking at what was given up, and trying it again."""

from typing import Any

from kombu import Connection, Producer
from sqlalchemy import Engine, text

_LIST = text(
    "SELECT event_id, handler, type, error, attempts, received_at, length(body) AS size FROM inbox"
    " WHERE state = 'dead' ORDER BY received_at LIMIT :limit"
)
_RETRY = text(
    "UPDATE inbox SET state = 'waiting', attempts = 0, next_attempt_at = now()"
    " WHERE state = 'dead' AND type <> 'malformed' AND (:id = 'all' OR event_id::text = :id)"
)
_TAKE_MALFORMED = text(
    "DELETE FROM inbox WHERE state = 'dead' AND type = 'malformed' AND (:id = 'all' OR event_id::text = :id)"
    " RETURNING handler, body, properties"
)


def listing(engine: Engine, limit: int = 100) -> list[dict[str, Any]]:
    """The oldest dead letters, without their bodies."""
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(_LIST, {"limit": limit})]


def replay(engine: Engine, amqp_uri: str, identifier: str) -> int:
    """Hand one dead letter, or `all`, back; the number handed back.

    An event is tried again by its own handler; a message that was never understood goes back to its queue.
    """
    with engine.begin() as connection:
        count: int = connection.execute(_RETRY, {"id": identifier}).rowcount
        malformed = connection.execute(_TAKE_MALFORMED, {"id": identifier}).all()
        if malformed:
            with Connection(
                amqp_uri, connect_timeout=5, transport_options={"confirm_publish": True}
            ) as broker:
                producer = Producer(broker.channel())
                for row in malformed:
                    producer.publish(
                        row.body.encode(), exchange="", routing_key=row.handler, **row.properties
                    )
    return count + len(malformed)
