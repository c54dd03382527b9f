"""Many messages on their way to the broker at once, and what became of each."""

from collections.abc import Iterator
from typing import Any

import eventlet
from kombu import Connection
from kombu.transport import pyamqp

from chassis.events import EXCHANGE

UNROUTABLE = "unroutable"
NACKED = "nacked"

_BREATH = 50  # messages between which other green threads get a turn


class Publisher:
    """Sends facts without waiting in between; `wait` waits for the confirmations of all.

    `stored` (message ids) and `refused` (message id: why) are what is known of those sent since `begin`. They are true
    after an exception, too, but then the publisher is of no more use. The in-memory transport confirms nothing: what
    was sent is stored.
    """

    def __init__(self, broker: Connection) -> None:
        self._broker = broker
        self._channel = broker.channel()
        EXCHANGE(self._channel).declare()
        self._confirms = isinstance(self._channel, pyamqp.Channel)
        if self._confirms:
            self._channel.confirm_select()
            self._channel.events["basic_ack"].add(self._acked)
            self._channel.events["basic_nack"].add(self._nacked)
            self._channel.events["basic_return"].add(self._returned)
        self._last_tag = 0
        self._open: dict[int, str] = {}  # message ids by delivery tag, in the order of sending
        self.begin()

    def begin(self) -> None:
        self.stored: list[str] = []
        self.refused: dict[str, str] = {}

    def send(
        self, message_id: str, routing_key: str, body: str, headers: dict[str, str], mandatory: bool
    ) -> None:
        """`body` is JSON. A mandatory message that no queue takes is refused."""
        message = self._channel.prepare_message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            headers=headers,
            properties={"message_id": message_id, "delivery_mode": 2},
        )
        self._last_tag += 1
        if self._confirms:  # before it is sent, because sending also reads what the broker says meanwhile
            self._open[self._last_tag] = message_id
        self._channel.basic_publish(
            message, exchange=EXCHANGE.name, routing_key=routing_key, mandatory=mandatory
        )
        if not self._confirms:
            self.stored.append(message_id)
        if self._last_tag % _BREATH == 0:
            eventlet.sleep(0)

    def wait(self) -> None:
        """Return once the broker has answered for every message."""
        while self._open:
            self._broker.drain_events()

    def _acked(self, tag: int, multiple: bool) -> None:
        # what is returned is acknowledged afterwards
        self.stored += [one for one in self._settled(tag, multiple) if one not in self.refused]

    def _nacked(self, tag: int, multiple: bool) -> None:
        self.refused.update(dict.fromkeys(self._settled(tag, multiple), NACKED))

    def _returned(self, _error: Exception, _exchange: str, _key: str, message: Any) -> None:
        self.refused[message.properties["message_id"]] = UNROUTABLE

    def _settled(self, tag: int, multiple: bool) -> Iterator[str]:
        if not multiple:
            yield self._open.pop(tag)
            return
        while self._open and (oldest := next(iter(self._open))) <= tag:
            yield self._open.pop(oldest)
