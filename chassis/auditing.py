"""What people do in a service, told to the audit trail, which the auth service keeps for all of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from chassis import clock
from chassis.context import Caller
from chassis.events import Event


@dataclass(frozen=True)
class Audited(Event):
    """Base of `service.audited`. `action` is `subject.verb`, `target` what it was done to, `result` `done`.

    `customer_code` is whose trail it belongs to. The correlation ID travels with every event.
    """

    at: datetime
    actor: str
    kind: str
    login_id: str
    customer_code: str | None
    client_ip: str
    action: str
    target: str
    result: str
    details: dict[str, Any]

    @classmethod
    def by(cls, caller: Caller, action: str, target: str, details: dict[str, Any]) -> Self:
        """That the caller has just done something; emit it in the transaction that does it."""
        return cls(
            clock.now(),
            caller.subject,
            caller.kind,
            caller.login_id,
            caller.customer,
            caller.client_ip,
            action,
            target,
            "done",
            details,
        )
