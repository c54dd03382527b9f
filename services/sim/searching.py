"""Which SIMs are asked for, and in which order."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from services.sim.states import ServiceType, SimStatus, SimType

SimSortColumn = Literal[
    "sim_serial",
    "msisdn",
    "status",
    "service_type",
    "project_name",
    "plan",
    "sim_type",
    "used",
    "remaining",
    "restricted",
    "as_of",
]

SimSort = Literal[
    SimSortColumn,
    "-sim_serial",
    "-msisdn",
    "-status",
    "-service_type",
    "-project_name",
    "-plan",
    "-sim_type",
    "-used",
    "-remaining",
    "-restricted",
    "-as_of",
]
"""A column, from the smallest value on; led by `-`, from the largest on."""

Part = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]  # the database refuses a NUL in any text


@dataclass(frozen=True)
class SimSearch:
    """Conditions that a SIM must all satisfy; None, blank or empty is not a condition.

    `serial`, `msisdn` and `project_name` find parts, without regard to case and to hyphens of a number; `status` may be
    several, of which a SIM has one.
    """

    status: SimStatus | list[SimStatus] | None = None
    serial: Part | None = None
    msisdn: Part | None = None
    service_type: ServiceType | None = None
    plan: Part | None = None
    sim_type: SimType | None = None
    project_name: Part | None = None
    restricted: bool | None = None

    @property
    def statuses(self) -> list[SimStatus]:
        if self.status is None:
            return []
        return self.status if isinstance(self.status, list) else [self.status]
