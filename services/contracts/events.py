"""Facts that this service publishes.

Consumers keep a copy by the code; what is told again replaces what was told before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from chassis import auditing
from chassis.events import Event


@dataclass(frozen=True)
class CustomerRegistered(Event):
    """A customer is new, or has another name."""

    type: ClassVar[str] = "contracts.customer_registered"

    customer_code: str
    name: str


@dataclass(frozen=True)
class ContractRegistered(Event):
    """A contract is new, or is of another family or project than was told before."""

    type: ClassVar[str] = "contracts.contract_registered"

    customer_code: str
    contract_code: str
    family: str
    project_name: str


@dataclass(frozen=True)
class PasswordReflectionFailed(Event):
    """The SIP switch has not taken a line's new password; the former one stays in force until staff see to it."""

    type: ClassVar[str] = "contracts.password_reflection_failed"
    public: ClassVar[bool] = True

    customer_code: str
    contract_code: str
    phone_number: str
    changed_at: datetime
    reflected_by: datetime
    reason: str


@dataclass(frozen=True)
class Audited(auditing.Audited):
    """Somebody has done something here that belongs into the audit trail."""

    type: ClassVar[str] = "contracts.audited"
