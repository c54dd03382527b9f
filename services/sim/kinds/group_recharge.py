"""Recharges of share groups (リチャージ(大規模シェア))."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt

from chassis.clock import in_japan
from chassis.errors import Conflict
from services.sim import share_store
from services.sim.kinds.base import Desk, Kind, Quote, Request, Target
from services.sim.kinds.share_terms import GroupId, group_of
from services.sim.kinds.starting import start_dates, start_on
from services.sim.pricing import recharge_price_yen
from services.sim.timing import recharge_valid_through


class GroupRechargeRequest(Request):
    """`start_date` None is today."""

    kind: Literal["GR"] = "GR"
    group_id: GroupId
    gigabytes: StrictInt
    start_date: Annotated[str, Field(max_length=20)] | None = None


class GroupRecharge(Kind):
    code = "GR"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"prices_yen": dict(desk.settings.recharge_prices), "start_date": start_dates(desk)}

    def quote(self, desk: Desk, request: GroupRechargeRequest) -> Quote:
        """Raises what `group_of` does, Conflict("share.not_begun"), Conflict("share.being_deleted", number=…),
        Invalid("recharge.amount") and Invalid("start_date.out_of_range")."""
        share_store.lock_orders(desk.session, desk.customer)
        group = group_of(desk, request.group_id)
        today = in_japan(desk.now).date()
        if group.starts_on is None or group.starts_on > today:
            raise Conflict("share.not_begun")
        for other in share_store.open_orders(desk.session, [group.id])[group.id]:
            if other.kind == "SD":
                raise Conflict("share.being_deleted", number=other.number)
        price = recharge_price_yen(request.gigabytes, prices=desk.settings.recharge_prices)
        start = start_on(desk, request.start_date)
        members = share_store.members(desk.session, group.id, today)
        return Quote(
            kind=self.code,
            customer_code=group.customer_code,
            service_type="data",
            **asdict(start),
            targets=[Target("group_recharge")],
            terms={
                "name": group.name,
                "members": len(members),
                "gigabytes": request.gigabytes,
                "valid_through": recharge_valid_through(start.start_date),
            },
            price_yen=price,
            group_id=group.id,
        )
