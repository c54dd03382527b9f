"""Facts that services tell each other: published through the outbox, handled once through the inbox."""

from dataclasses import dataclass
from typing import ClassVar

from kombu import Exchange

EXCHANGE = Exchange("kaisen.events", type="topic", durable=True)


@dataclass(frozen=True)
class Event:
    """Base of every published fact: a frozen dataclass of plain values, named in the past tense.

    `type` is the routing key `service.fact`. `public` marks a fact that no part of Kaisen consumes itself, so that it
    may be published without a queue to take it.
    """

    type: ClassVar[str]
    public: ClassVar[bool] = False
