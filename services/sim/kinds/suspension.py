"""Suspending SIMs (一時停止) and resuming them (一時停止解除)."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from services.sim.kinds.base import Desk, Kind, Quote
from services.sim.kinds.selected import (
    SelectionRequest,
    common_service_type,
    confirm_statuses,
    notices,
    selected,
    targets,
)
from services.sim.kinds.starting import start_dates, start_on
from services.sim.models import Order, Sim

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class SuspendRequest(SelectionRequest):
    """`suspension_reason` (一時停止理由) is the customer's own note."""

    kind: Literal["CS"] = "CS"
    suspension_reason: Reason = ""


class ResumeRequest(SelectionRequest):
    kind: Literal["RS"] = "RS"


class Suspend(Kind):
    code = "CS"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"start_date": start_dates(desk)}

    def quote(self, desk: Desk, request: SuspendRequest) -> Quote:
        """Raises what `selected` and `start_on` do."""
        sims = selected(desk, request, {"active"})
        return _quote(
            desk, self.code, request, sims, "suspend", {"suspension_reason": request.suspension_reason}
        )

    def accept(self, desk: Desk, order: Order, request: SuspendRequest) -> None:
        confirm_statuses(desk, request, {"active"})


class Resume(Kind):
    code = "RS"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"start_date": start_dates(desk)}

    def quote(self, desk: Desk, request: ResumeRequest) -> Quote:
        """Raises what `selected` and `start_on` do."""
        sims = selected(desk, request, {"suspended"})
        return _quote(desk, self.code, request, sims, "resume", {})

    def accept(self, desk: Desk, order: Order, request: ResumeRequest) -> None:
        confirm_statuses(desk, request, {"suspended"})


def _quote(
    desk: Desk, kind: str, request: SelectionRequest, sims: list[Sim], work: str, terms: dict[str, Any]
) -> Quote:
    return Quote(
        kind=kind,
        customer_code=sims[0].customer_code,
        service_type=common_service_type(sims),
        **asdict(start_on(desk, request.start_date)),
        targets=targets(work, sims),
        terms=terms,
        notices=notices(len(sims)),
    )
