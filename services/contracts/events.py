"""Facts that this service publishes.

Consumers keep a copy by the code; what is told again replaces what was told before.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

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
class LineChoiceChanged(Event):
    """What a line of Mobile Choice 050 has now: its mobile number, its group and its usage limit; None for none."""

    type: ClassVar[str] = "contracts.line_choice_changed"
    public: ClassVar[bool] = True

    customer_code: str
    contract_code: str
    phone_number: str
    mobile_number: str | None
    group_code: str | None
    limit_code: str | None


@dataclass(frozen=True)
class UsageLimitChanged(Event):
    """A usage limit is new or says something else; `terms` are all that it says now, None when it is deleted."""

    type: ClassVar[str] = "contracts.usage_limit_changed"
    public: ClassVar[bool] = True

    customer_code: str
    contract_code: str
    limit_code: str
    terms: dict[str, Any] | None


@dataclass(frozen=True)
class RejectionsChanged(Event):
    """Lines reject callers, or do not any longer; of a long list several facts tell, each a part of it.

    `action` is register or delete, `entries` are pairs of phone_number and rejected_number.
    """

    type: ClassVar[str] = "contracts.rejections_changed"
    public: ClassVar[bool] = True

    customer_code: str
    contract_code: str
    action: str
    entries: list[dict[str, str]]


@dataclass(frozen=True)
class ApplicationProgressed(Event):
    """An application for more numbers was received, issued or declined; its contact is told by mail.

    `start_date` and `reason` are None where there is none. `language` is ja or en.
    """

    type: ClassVar[str] = "contracts.application_progressed"

    customer_code: str
    number: str
    state: str
    count: int
    start_date: date | None
    reason: str | None
    contact_email: str
    language: str


@dataclass(frozen=True)
class Audited(auditing.Audited):
    """Somebody has done something here that belongs into the audit trail."""

    type: ClassVar[str] = "contracts.audited"
