"""Calls to services over the bus, for a process with threads: one reply consumer, futures by correlation id."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import Any
from uuid import uuid4

import structlog
from kombu import Connection, Consumer, Exchange, Message, Producer, Queue

from chassis import answers, clock, errors, sealing

log = structlog.get_logger()

_RPC_EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True)
_CONNECT_SECONDS = 3.0


class Answer:
    """What a call will bring: either `result` or `drop` is called once."""

    def __init__(self, future: Future[Any], deadline: float, forget: Callable[[], object]) -> None:
        self._future = future
        self._deadline = deadline
        self._forget = forget

    def result(self) -> Any:
        """Waits for it; raises what `RpcClient.call` does."""
        try:
            reply = self._future.result(max(self._deadline - time.monotonic(), 0))
        except FutureTimeout:
            raise errors.TimedOut("service.timed_out") from None
        finally:
            self._forget()
        if reply["error"] is not None:
            raise errors.from_wire(reply["error"])
        return reply["result"]

    def drop(self) -> None:
        """Nobody waits for it any more."""
        self._forget()


class RpcClient:
    """Thread-safe; connects at the first call, so that it may be made before a fork.

    `sealing_keys` is the public JWK set that sealed arguments are encrypted with, one key a service.
    """

    def __init__(self, amqp_uri: str, sealing_keys: str) -> None:
        self._uri = amqp_uri
        self._sealing_keys = sealing_keys
        self._pending: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()
        self._connected = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._reply_queue = self._publishes_for = ""
        self._publisher: Connection | None = None
        self._producer: Producer | None = None

    def call(
        self,
        method: str,
        *,
        timeout: float,
        context: str | None = None,
        correlation_id: str | None = None,
        sealed: tuple[str, ...] = (),
        **arguments: Any,
    ) -> Any:
        """The result of `service.method(**arguments)`; arguments named in `sealed` travel encrypted.

        Raises the service's own chassis.errors, TimedOut when no answer came within `timeout` seconds (the work may
        have been done all the same), Unavailable when the request could not be sent (it was not).
        """
        return self.begin(
            method,
            timeout=timeout,
            context=context,
            correlation_id=correlation_id,
            sealed=sealed,
            **arguments,
        ).result()

    def begin(
        self,
        method: str,
        *,
        timeout: float,
        context: str | None = None,
        correlation_id: str | None = None,
        sealed: tuple[str, ...] = (),
        **arguments: Any,
    ) -> "Answer":
        """Like `call`, but only sends the request; its answer comes while the caller does something else."""
        deadline = time.monotonic() + timeout
        service = method.partition(".")[0]
        for name in sealed:
            if arguments.get(name) is not None:
                arguments[name] = sealing.seal(arguments[name], service, self._sealing_keys)
        self._start()
        if not self._connected.wait(min(timeout, _CONNECT_SECONDS)):
            raise errors.Unavailable("service.unavailable")
        call_id = uuid4().hex
        future: Future[Any] = Future()
        self._pending[call_id] = future
        answer = Answer(future, deadline, lambda: self._pending.pop(call_id, None))
        try:
            self._send(method, arguments, call_id, deadline, context, correlation_id)
        except BaseException:
            answer.drop()
            raise
        return answer

    def ready(self) -> bool:
        """Whether replies can reach this process now."""
        self._start()
        return self._connected.wait(0.5)

    def close(self) -> None:
        self._stopping = True
        if self._thread is not None:
            self._thread.join(timeout=5)
        with self._lock:
            self._drop_publisher()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._consume, daemon=True, name="rpc-replies")
                self._thread.start()

    def _send(
        self,
        method: str,
        arguments: dict[str, Any],
        call_id: str,
        deadline: float,
        context: str | None,
        correlation: str | None,
    ) -> None:
        if not self._lock.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise errors.Unavailable("service.unavailable")
        try:
            for attempt in (1, 2):  # the second one on a new connection: an idle one may have died unnoticed
                left = max(deadline - time.monotonic(), 0.001)
                headers = {
                    "deadline": clock.wall().timestamp() + left,
                    "correlation_id": correlation or uuid4().hex,
                    "context": context,
                }
                try:
                    self._ready_producer(left).publish(
                        {"args": [], "kwargs": arguments},
                        exchange=_RPC_EXCHANGE,
                        routing_key=method,
                        reply_to=self._reply_queue,
                        correlation_id=call_id,
                        headers=headers,
                        expiration=left,
                        timeout=left,
                        delivery_mode=1,
                        serializer="json",
                    )
                    return
                except Exception as error:
                    self._drop_publisher()
                    if attempt == 2:
                        raise errors.Unavailable("service.unavailable") from error
        finally:
            self._lock.release()

    def _ready_producer(self, seconds: float) -> Producer:
        """Of a connection no older than the one of the replies, whose heartbeat tells when the broker is gone."""
        if self._producer is None or self._publishes_for != self._reply_queue:
            self._drop_publisher()
            self._publishes_for = self._reply_queue
            self._publisher = Connection(self._uri, connect_timeout=min(seconds, _CONNECT_SECONDS))
            self._publisher.ensure_connection(max_retries=0)  # kombu would wait and try again by itself
            self._producer = Producer(self._publisher.channel())
        return self._producer

    def _drop_publisher(self) -> None:
        if self._publisher is not None:
            self._publisher.collect()  # without a farewell: a broker that is stuck would never return it
        self._publisher = self._producer = None

    def _consume(self) -> None:
        delay = 0.1
        while not self._stopping:
            try:
                with Connection(self._uri, heartbeat=20, connect_timeout=_CONNECT_SECONDS) as connection:
                    connection.ensure_connection(max_retries=0)  # our own waits are shorter than kombu's
                    name = f"replies.{socket.gethostname()}.{uuid4().hex}"
                    queue = Queue(name, exclusive=True, auto_delete=True, durable=False)
                    with Consumer(
                        connection, [queue], callbacks=[self._settle], no_ack=True, accept=["json"]
                    ):
                        self._reply_queue = name
                        self._connected.set()
                        delay = 0.1
                        self._drain(connection)
            except Exception as error:
                if not self._stopping:
                    log.warning("broker unreachable", error=type(error).__name__, retry_in=delay)
            finally:
                self._connected.clear()
                self._fail_pending()
            if not self._stopping:
                time.sleep(delay)
                delay = min(delay * 2, 2.0)

    def _drain(self, connection: Connection) -> None:
        while not self._stopping:
            with suppress(TimeoutError):
                connection.drain_events(timeout=1)
            connection.heartbeat_check()

    def _settle(self, body: Any, message: Message) -> None:
        future = self._pending.get(message.properties.get("correlation_id", ""))
        if future is not None and not future.done():
            future.set_result(answers.from_wire(body))

    def _fail_pending(self) -> None:
        """Their replies went to a queue that is gone; whether the work was done is unknown."""
        for future in list(self._pending.values()):
            if not future.done():
                future.set_exception(errors.TimedOut("service.connection_lost"))
