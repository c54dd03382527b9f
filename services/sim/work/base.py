"""What every kind of work at the systems outside has in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.database import UnitOfWork
from services.sim.adapters.carrier import Operation
from services.sim.settings import Settings


@dataclass(frozen=True)
class Task:
    """A claimed job, with what its order says. What would be of an item or order is None or empty without one."""

    job_id: UUID
    kind: str
    lane: str
    customer_code: str
    sim_serial: str | None
    group_id: int | None
    not_before: datetime
    correlation_id: str
    operations: list[dict[str, Any]] | None
    item_id: int | None
    position: int
    msisdn: str
    details: dict[str, Any]
    order_id: int | None
    order_number: str
    order_kind: str
    applicant: str
    start_date: date | None
    not_after: datetime | None
    price_yen: int
    terms: dict[str, Any]

    @property
    def sim(self) -> str:
        """The serial of the SIM that this is about; work on a group has none."""
        if self.sim_serial is None:
            raise ValueError(f"{self.kind} is not about a SIM")
        return self.sim_serial

    @property
    def group(self) -> int:
        """The id of the share group that this, or its order, is about; other work has none."""
        if self.group_id is None:
            raise ValueError(f"{self.kind} is not about a share group")
        return self.group_id

    def operation(self, action: str, **params: Any) -> Operation:
        """The one operation of this job that does `action` to its SIM or its group."""
        operation_id = f"{self.job_id}-{action}"
        if self.sim_serial is None:
            return Operation(operation_id, action, params, group=str(self.group_id))
        return Operation(operation_id, action, params, sim_serial=self.sim_serial)


@dataclass(frozen=True)
class Failed:
    """The work must not be done any more; its item fails with `reason`, a code for the customer."""

    reason: str


class Obsolete:
    """The work is not needed any more."""


Plan = list[Operation] | Failed | Obsolete


@dataclass(frozen=True)
class Site:
    """Where work is begun or ended: in whose transaction, at what time."""

    uow: UnitOfWork
    settings: Settings
    now: datetime


class Work(ABC):
    """A kind of job. Each is one object in services/sim/work. All methods are given many tasks at once, because many
    fall due together: they use few statements, however many the tasks are."""

    kind: str
    system: str = "carrier"
    """The system outside that is asked, by its name in the scheduler."""
    ends_item: bool = True
    """Whether the item of the order has ended with this job; otherwise `finish` adds the job that follows."""
    settles: bool = False
    """Whether `finish` changes what SIMs or groups may use; then the share groups of all tasks are locked, too."""

    @abstractmethod
    def begin(self, site: Site, tasks: Sequence[Task]) -> Mapping[UUID, Plan]:
        """What is to be sent for each job; the first attempt's operations are kept and sent by every later one.

        Nothing is locked but the jobs. An empty list is finished without asking anybody.
        """

    @abstractmethod
    def finish(self, site: Site, tasks: Sequence[Task]) -> None:
        """All operations of these jobs have been carried out: give them their effect here.

        The SIMs of the tasks are locked.
        """

    def fail(self, site: Site, tasks: Sequence[Task], *, unknown: bool) -> None:  # noqa: B027
        """These jobs will not be tried again; `unknown` tells that nobody knows whether they had an effect.

        The SIMs of the tasks are locked. By default nothing changes here.
        """
