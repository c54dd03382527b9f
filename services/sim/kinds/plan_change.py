"""Changing what is registered of SIMs (SIM情報変更): their plan, the name of their project."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chassis.errors import Conflict, Invalid
from services.sim.kinds.base import Desk, Kind, Quote, Target
from services.sim.kinds.selected import (
    LIVING,
    SelectionRequest,
    common_service_type,
    confirm_statuses,
    notices,
    selected,
)
from services.sim.kinds.starting import start_dates, start_on
from services.sim.membership_store import promised_groups
from services.sim.models import Order
from services.sim.sims_store import describing

ProjectName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"
    ),
]


class PlanChangeRequest(SelectionRequest):
    """What is None stays as it is; one of the two is given."""

    kind: Literal["PR"] = "PR"
    plan: Annotated[str, Field(max_length=200)] | None = None
    project_name: ProjectName | None = None


class PlanChange(Kind):
    code = "PR"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"plans": dict(desk.settings.plans), "start_date": start_dates(desk)}

    def accept(self, desk: Desk, order: Order, request: PlanChangeRequest) -> None:
        confirm_statuses(desk, request, LIVING)

    def quote(self, desk: Desk, request: PlanChangeRequest) -> Quote:
        """Raises what `selected` and `start_on` do, Invalid("plan_change.nothing") if nothing is to change,
        Invalid("plan.unknown", allowed=[…]) and Conflict("plan_change.same") if all is so already."""
        plans = desk.settings.plans
        if request.plan is None and request.project_name is None:
            raise Invalid("plan_change.nothing")
        if request.plan is not None and request.plan not in plans:
            raise Invalid("plan.unknown", allowed=list(plans))
        sims = selected(desk, request, LIVING)
        if all(
            request.plan in (None, sim.plan) and request.project_name in (None, sim.project_name)
            for sim in sims
        ):
            raise Conflict("plan_change.same")
        start = start_on(desk, request.start_date)
        in_groups = promised_groups(desk.session, [sim.msisdn for sim in sims], start.start_date)
        return Quote(
            kind=self.code,
            customer_code=sims[0].customer_code,
            service_type=common_service_type(sims),
            **asdict(start),
            targets=[
                Target(
                    "change_plan",
                    sim.serial,
                    sim.msisdn,
                    holds=True,
                    details=describing(sim) | {"project_name": sim.project_name},
                )
                for sim in sims
            ],
            terms={
                "plan": request.plan,
                "plan_bytes": None if request.plan is None else plans[request.plan],
                "project_name": request.project_name,
                "before": [
                    {"plan": plan, "plan_bytes": plans[plan], "sims": sum(sim.plan == plan for sim in sims)}
                    for plan in plans
                    if any(sim.plan == plan for sim in sims)
                ],
            },
            notices=[
                *notices(len(sims)),
                *(["plan_change.in_group"] if in_groups and request.plan is not None else []),
            ],
        )
