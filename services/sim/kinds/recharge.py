"""Recharges (リチャージ) of single SIMs."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt

from chassis.errors import Conflict
from services.sim.kinds.base import Desk, Kind, Quote, Request, Target
from services.sim.kinds.starting import start_dates, start_on
from services.sim.membership_store import promised_groups
from services.sim.pricing import recharge_price_yen
from services.sim.timing import recharge_valid_through
from services.sim.usecases.sims import find_sim


class RechargeRequest(Request):
    """`start_date` None is today."""

    kind: Literal["RC"] = "RC"
    sim_serial: Annotated[str, Field(max_length=32)]
    gigabytes: StrictInt
    start_date: Annotated[str, Field(max_length=20)] | None = None


class Recharge(Kind):
    code = "RC"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"prices_yen": dict(desk.settings.recharge_prices), "start_date": start_dates(desk)}

    def quote(self, desk: Desk, request: RechargeRequest) -> Quote:
        """Raises NotFound("sim.unknown"), Invalid("recharge.amount"), Invalid("start_date.out_of_range"),
        Conflict("sim.not_rechargeable") with the SIM's status and Conflict("sim.in_group", group_id=…, group_name=…),
        because what a member of a share group uses is taken from the group."""
        sim = find_sim(desk.uow, desk.customer, request.sim_serial)
        price = recharge_price_yen(request.gigabytes, prices=desk.settings.recharge_prices)
        start = start_on(desk, request.start_date)
        if sim.status != "active":
            # data bought for a line that cannot communicate would run out unused
            raise Conflict("sim.not_rechargeable", status=sim.status)
        group = promised_groups(desk.session, [sim.msisdn], start.start_date).get(sim.msisdn)
        if group is not None:
            raise Conflict("sim.in_group", group_id=group.id, group_name=group.name)
        return Quote(
            kind=self.code,
            customer_code=sim.customer_code,
            service_type=sim.service_type,
            **asdict(start),
            targets=[Target("recharge", sim.serial, sim.msisdn)],
            terms={
                "plan": sim.plan,
                "project_name": sim.project_name,
                "gigabytes": request.gigabytes,
                "valid_through": recharge_valid_through(start.start_date),
            },
            price_yen=price,
        )
