"""Events handled exactly once in effect: inbox row, effect and outbox in one transaction; retries; dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, get_type_hints
from uuid import UUID

import eventlet
import structlog
from kombu import Message, Queue
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
from pydantic import BaseModel, ValidationError
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis import logs
from chassis.bus import BusConsumer, storable
from chassis.database import Engine, UnitOfWork
from chassis.events import EXCHANGE

log = structlog.get_logger()

MAX_ATTEMPTS = 8
_MAX_BACKOFF_SECONDS = 300
_POLL_SECONDS = 1.0

# a row that is done or dead is not touched, so that a redelivered event has no second effect
_BEGIN = text(
    "INSERT INTO inbox (event_id, handler, type, state, body, properties, handled_at)"
    " VALUES (:event_id, :handler, :type, 'done', '', '{}', now())"
    " ON CONFLICT (event_id, handler) DO UPDATE SET state = 'done', body = '', error = NULL, handled_at = now()"
    " WHERE inbox.state = 'waiting' RETURNING 1"
)
_FAILED = text(
    "INSERT INTO inbox (event_id, handler, type, state, body, properties, attempts, next_attempt_at, error)"
    " VALUES (:event_id, :handler, :type, :state, :body, :properties, 1, now() + interval '1 second', :error)"
    " ON CONFLICT (event_id, handler) DO UPDATE SET attempts = inbox.attempts + 1, error = :error,"
    "  state = CASE WHEN :state = 'dead' OR inbox.attempts + 1 >= :max_attempts THEN 'dead' ELSE 'waiting' END,"
    "  next_attempt_at = now() + least(power(2, inbox.attempts), :max_backoff) * interval '1 second'"
    " WHERE inbox.state = 'waiting' RETURNING state, attempts"
).bindparams(bindparam("properties", type_=JSONB))
# the claim pushes the next attempt away, so that another replica does not take the row meanwhile
_CLAIM = text(
    "UPDATE inbox SET next_attempt_at = now() + interval '60 seconds' WHERE (event_id, handler) IN"
    " (SELECT event_id, handler FROM inbox WHERE handler = :handler AND state = 'waiting' AND next_attempt_at <= now()"
    "  ORDER BY next_attempt_at LIMIT 20 FOR UPDATE SKIP LOCKED) RETURNING event_id, type, body, properties"
)


@dataclass(frozen=True)
class Delivery:
    """One event on its way into one handler."""

    event_id: UUID
    handler: str
    type: str
    body: str
    correlation_id: str
    unit_of_work: Callable[[], UnitOfWork]


class EventHandler(Entrypoint):
    """Consumes one type of event from a queue of its own, which all replicas of the service share."""

    consumer = BusConsumer()
    engine = Engine()

    def __init__(self, event_type: str, **kwargs: Any) -> None:
        self.event_type = event_type
        super().__init__(**kwargs)

    def make_queue(self, service: str, method: str) -> Queue:
        return Queue(
            f"{service}.{method}",
            exchange=EXCHANGE,
            routing_key=self.event_type,
            durable=True,
            queue_arguments={"x-queue-type": "quorum"},
        )

    def setup(self) -> None:
        self.queue = self.make_queue(self.container.service_name, self.method_name)
        self.consumer.register_provider(self)

    def start(self) -> None:
        self._stopping = False
        self._retries = self.container.spawn_managed_thread(self._retry, f"retries-{self.method_name}")

    def stop(self) -> None:
        self._stopping = True
        self.consumer.unregister_provider(self)
        self._retries.wait()

    def handle_message(self, _decoded: Any, message: Message) -> None:
        try:
            event_id, body, correlation_id = _read(message)
        except ValueError as error:
            self.consumer.dead_letter(message, self.queue.name, f"not an event: {error}")
            return
        try:
            self._spawn(event_id, body, correlation_id, partial(self.consumer.ack_message, message))
        except ContainerBeingKilled:
            self.consumer.requeue_message(message)

    def _spawn(self, event_id: UUID, body: str, correlation_id: str, finish: Callable[[], None]) -> None:
        delivery = Delivery(
            event_id, self.queue.name, self.event_type, body, correlation_id, self.engine.unit_of_work
        )
        self.container.spawn_worker(
            self, (delivery,), {}, handle_result=partial(self._settle, delivery, finish)
        )

    def _settle(
        self, delivery: Delivery, finish: Callable[[], None], _ctx: Any, result: Any, exc_info: Any
    ) -> Any:
        while exc_info is not None:
            try:
                self._record_failure(delivery, exc_info[1])
                break
            except (
                Exception
            ) as error:  # without a database neither effect nor failure can be stored: hold the message
                log.warning("failure not recorded yet", handler=delivery.handler, error=type(error).__name__)
                eventlet.sleep(_POLL_SECONDS)
                if self._stopping:
                    return result, exc_info  # unacknowledged: the broker delivers it again
        finish()
        return result, exc_info

    def _record_failure(self, delivery: Delivery, error: Exception) -> None:
        permanent = isinstance(error, ValidationError)  # the same body can never become valid
        with self.engine.engine.begin() as connection:
            row = connection.execute(
                _FAILED,
                {
                    "event_id": delivery.event_id,
                    "handler": delivery.handler,
                    "type": delivery.type,
                    "state": "dead" if permanent else "waiting",
                    "body": delivery.body,
                    "properties": {"correlation_id": delivery.correlation_id},
                    "error": describe(error),
                    "max_attempts": MAX_ATTEMPTS,
                    "max_backoff": _MAX_BACKOFF_SECONDS,
                },
            ).first()
        if row is not None:
            log.error(
                "event not handled",
                handler=delivery.handler,
                event_id=str(delivery.event_id),
                correlation_id=delivery.correlation_id,
                state=row.state,
                attempts=row.attempts,
                error=type(error).__name__,
            )

    def _retry(self) -> None:
        while not self._stopping:
            eventlet.sleep(_POLL_SECONDS)
            try:
                with self.engine.engine.begin() as connection:
                    due = connection.execute(_CLAIM, {"handler": self.queue.name}).all()
                for row in due:
                    self._spawn(
                        row.event_id, row.body, row.properties.get("correlation_id", ""), lambda: None
                    )
            except ContainerBeingKilled:
                return
            except Exception as error:
                log.warning("retries interrupted", handler=self.queue.name, error=type(error).__name__)


def _read(message: Message) -> tuple[UUID, str, str]:
    """Event id, body and correlation id; ValueError without an id, or if the body is not UTF-8."""
    try:
        event_id = UUID(message.properties.get("message_id", ""))
    except ValueError:
        raise ValueError("no id") from None
    body = message.body if isinstance(message.body, str) else bytes(message.body).decode()
    correlation_id = str((message.headers or {}).get("correlation_id", ""))
    return event_id, storable(body), storable(correlation_id)


def describe(error: Exception) -> str:
    """What went wrong, without the values that went wrong: they may be nobody's business.

    Of a database's error that is the first line; those after it quote the row.
    """
    if isinstance(error, ValidationError):
        fields = [(".".join(map(str, one["loc"])), one["type"]) for one in error.errors(include_input=False)]
        return f"the body does not fit: {fields}"[:500]
    return storable(f"{type(error).__name__}: {error}".splitlines()[0])[:500]


def on_event(event_type: str) -> Callable[[Callable[..., None]], Any]:
    """Make `method(self, uow, event)` the handler of `event_type`.

    `event` is annotated with a pydantic model of the fields that the handler reads. The method stores its effect
    through `uow` and does not commit: the chassis commits effect, inbox row and new events together. An exception
    rolls all of it back and leads to another attempt, MAX_ATTEMPTS in all; then the event is a dead letter.
    """

    def decorate(method: Callable[..., None]) -> Any:
        @wraps(method)
        def handle(service: Any, delivery: Delivery) -> None:
            model: type[BaseModel] = get_type_hints(method)["event"]
            with logs.bind(correlation_id=delivery.correlation_id), delivery.unit_of_work() as uow:
                values = {"event_id": delivery.event_id, "handler": delivery.handler, "type": delivery.type}
                if uow.session.execute(_BEGIN, values).first() is None:
                    return
                method(service, uow, model.model_validate_json(delivery.body))
                uow.commit()
                log.info("event handled", handler=delivery.handler, event_id=str(delivery.event_id))

        return EventHandler.decorator(event_type)(handle)

    return decorate
