"""Facts that this service publishes."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from chassis import auditing
from chassis.events import Event


@dataclass(frozen=True)
class CardRegistered(Event):
    """A customer pays by another card from now on; it pays the use of the present month, too."""

    type: ClassVar[str] = "payments.card_registered"
    public: ClassVar[bool] = True

    customer_code: str
    brand: str
    registered_at: datetime


@dataclass(frozen=True)
class CardRemoved(Event):
    """A customer has no card any more."""

    type: ClassVar[str] = "payments.card_removed"
    public: ClassVar[bool] = True

    customer_code: str
    removed_at: datetime


@dataclass(frozen=True)
class Audited(auditing.Audited):
    """Somebody has done something here that belongs into the audit trail."""

    type: ClassVar[str] = "payments.audited"
