"""Ending SIMs for good (解約)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import func, or_, select

from services.sim import store
from services.sim.accounting import end_of, next_month
from services.sim.kinds.base import Desk, Kind, Quote
from services.sim.kinds.selected import (
    LIVING,
    SelectionRequest,
    common_service_type,
    confirm_statuses,
    notices,
    selected,
    targets,
)
from services.sim.kinds.starting import start_dates, start_on
from services.sim.membership_store import promised_groups
from services.sim.models import Bucket, Order, OrderItem, Sim
from services.sim.models_shares import SharePlace
from services.sim.orders import ItemState

LEAST_MEMBERS = 2


class TerminationRequest(SelectionRequest):
    kind: Literal["TM"] = "TM"


class Termination(Kind):
    code = "TM"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"start_date": start_dates(desk)}

    def accept(self, desk: Desk, order: Order, request: TerminationRequest) -> None:
        confirm_statuses(desk, request, LIVING)

    def quote(self, desk: Desk, request: TerminationRequest) -> Quote:
        """Raises what `selected` and `start_on` do.

        The terms tell what is lost: `fees_through`, the last day that is charged for; `recharge_bytes`, bought data
        that is unused by now; `groups` that SIMs leave, with the number of SIMs that stay; `orders` of other kinds
        that will fail, because their day is not before this one's.
        """
        sims = selected(desk, request, LIVING)
        start = start_on(desk, request.start_date)
        after = next_month(start.start_date)
        groups = _groups(desk, sims, start.start_date, after)
        orders = _overtaken(desk, request.sim_serials, start.start_date)
        told = ["termination.final", *notices(len(sims))]
        if any(group["staying"] < LEAST_MEMBERS for group in groups):
            told.append("termination.group_too_small")
        if orders:
            told.append("termination.orders_fail")
        return Quote(
            kind=self.code,
            customer_code=sims[0].customer_code,
            service_type=common_service_type(sims),
            **asdict(start),
            targets=targets("terminate", sims),
            terms={
                "fees_through": after - timedelta(days=1),
                "recharge_bytes": _unused_recharges(desk, request.sim_serials, start.start_date),
                "groups": groups,
                "orders": orders,
            },
            notices=told,
            unconfirmed=frozenset({"recharge_bytes"}),  # falls with every byte that is used
        )


def _groups(desk: Desk, sims: Sequence[Sim], on: date, after: date) -> list[dict[str, Any]]:
    """The groups that SIMs leave: {"group_id", "name", "leaving", "staying"}."""
    leaving = {sim.msisdn for sim in sims}
    group_of = promised_groups(desk.session, leaving, on)
    groups = {group.id: group for group in group_of.values()}
    members = desk.session.execute(
        select(SharePlace.group_id, SharePlace.msisdn).where(
            SharePlace.group_id.in_(groups),
            SharePlace.from_month <= after,
            or_(SharePlace.until_month.is_(None), SharePlace.until_month > after),
        )
    ).all()
    return [
        {
            "group_id": group.id,
            "name": group.name,
            "leaving": sum(of.id == group.id for of in group_of.values()),
            "staying": sum(row.group_id == group.id and row.msisdn not in leaving for row in members),
        }
        for group in sorted(groups.values(), key=lambda group: group.id)
    ]


def _unused_recharges(desk: Desk, serials: Sequence[str], on: date) -> int:
    """Bytes bought for the SIMs that are unused now and could be used on that day yet."""
    unused = desk.session.scalar(
        select(func.sum(Bucket.amount_bytes - Bucket.used_bytes)).where(
            store.is_any(Bucket.sim_serial, serials),
            Bucket.kind == "recharge",
            Bucket.valid_until >= end_of(on),
        )
    )
    return int(unused or 0)


def _overtaken(desk: Desk, serials: Sequence[str], on: date) -> list[str]:
    """The numbers of open orders that do not hold these SIMs, for that day or later."""
    found = desk.session.scalars(
        select(Order.number)
        .join(OrderItem, OrderItem.order_id == Order.id)
        .where(
            store.is_any(OrderItem.sim_serial, serials),
            OrderItem.state == ItemState.PENDING,
            ~OrderItem.holds,
            Order.start_date >= on,
        )
        .distinct()
        .order_by(Order.number)
    )
    return list(found)
