"""What every kind of order has in common: how it is quoted, and what it keeps besides the order itself."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python
from sqlalchemy.orm import Session

from chassis.context import Caller
from chassis.database import UnitOfWork
from services.sim.models import Order
from services.sim.settings import Settings


class Request(BaseModel):
    """What a customer asks for. Subclasses name their kind by `kind: Literal["RC"]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True)
class Desk:
    """Where orders are taken: in whose transaction, by whom, at what time."""

    uow: UnitOfWork
    settings: Settings
    caller: Caller
    now: datetime

    @property
    def session(self) -> Session:
        return self.uow.session

    @property
    def customer(self) -> str | None:
        return self.caller.customer


@dataclass(frozen=True)
class Target:
    """One item of an order: a SIM, a group, or a SIM that is yet to be chosen.

    `work` names the job that carries it out from the order's time on; None waits for the hand of staff. `details` is
    kept with the item (JSON), and `holds` keeps other orders that change the SIM away while this one is open.
    """

    work: str | None
    sim_serial: str | None = None
    msisdn: str = ""
    holds: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quote:
    """What an order would be if it were placed now.

    The fingerprint stands for all that a customer confirms, but not for what moves with every second: the execution
    window of the same day, and what `unconfirmed` names of the terms. `notices` are codes for what the customer
    should know besides.
    """

    kind: str
    customer_code: str
    service_type: str
    start_date: date
    not_before: datetime
    not_after: datetime
    cancellable_until: datetime | None
    targets: Sequence[Target]
    terms: Mapping[str, Any] = field(default_factory=dict)
    price_yen: int = 0
    group_id: int | None = None
    by_hand: bool = False
    notices: Sequence[str] = ()
    unconfirmed: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        confirmed = {
            "kind": self.kind,
            "customer": self.customer_code,
            "start_date": self.start_date,
            "cancellable_until": self.cancellable_until,
            "targets": [(each.sim_serial, each.msisdn, each.details) for each in self.targets],
            "terms": {name: value for name, value in self.terms.items() if name not in self.unconfirmed},
            "price_yen": self.price_yen,
            "group_id": self.group_id,
            "notices": self.notices,
        }
        canonical = json.dumps(to_jsonable_python(confirmed), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


class Kind(ABC):
    """A kind of order. Each is one object in services/sim/kinds; what happens by itself is in services/sim/work.

    `request` in the methods is of the kind's own model.
    """

    code: ClassVar[str]

    @abstractmethod
    def choices(self, desk: Desk) -> dict[str, Any]:
        """What a form offers: the days or months to start on, prices, plans; raises nothing."""

    @abstractmethod
    def quote(self, desk: Desk, request: Any) -> Quote:
        """What `request` would be now; raises every refusal, so that nothing is refused later that could be told."""

    def accept(self, desk: Desk, order: Order, request: Any) -> None:  # noqa: B027
        """Keep what the kind keeps besides the order, which has been stored: slots, reservations, a new group."""

    def withdraw(self, desk: Desk, order: Order) -> None:  # noqa: B027
        """Undo `accept`, because the order is cancelled or about to be changed."""
