"""Reissuing SIMs (SIM再発行): the number stays, the SIM is another, on a card or as an eSIM."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select, update

from chassis.errors import Conflict, Invalid
from services.sim import stock_store, store
from services.sim.delivery import Delivery, contact_problems, delivery_problems, refuse
from services.sim.kinds import card_delivery, esim
from services.sim.kinds.base import Desk, Kind, Quote, Target
from services.sim.kinds.esim import EsimReissueRequest
from services.sim.kinds.reissuing import ReissueRequest, reissuable
from services.sim.models import Order, OrderItem, Sim
from services.sim.states import SimStatus


class CardReissueRequest(ReissueRequest):
    """To one place."""

    sim_type: Literal["card"] = "card"
    sim_size: Annotated[str, Field(max_length=50)]
    delivery: Delivery


AnyReissue = Annotated[CardReissueRequest | EsimReissueRequest, Field(discriminator="sim_type")]


class Reissue(Kind):
    """The SIM is `reissuing` from the order of a card on, and goes on working until the new one takes its place. For an
    eSIM it is from the order's time on, which may be months ahead."""

    code = "SR"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {"card": card_delivery.choices(desk), "esim": esim.choices(desk)}

    def quote(self, desk: Desk, request: AnyReissue) -> Quote:
        """Raises what `esim.quote` does for an eSIM; for a card what `reissuable` and `card_delivery.day_of` do,
        Invalid("order.fields", errors=[…]) and Invalid("sim_size.unknown", allowed=[…])."""
        if isinstance(request, EsimReissueRequest):
            return esim.quote(desk, request)
        sim = reissuable(desk, request.sim_serial)
        refuse(
            contact_problems(request.contact_name, request.contact_mail) + delivery_problems(request.delivery)
        )
        check_size(desk, request.sim_size)
        day, terms = card_delivery.day_of(desk, request.delivery_date)
        return Quote(
            kind=self.code,
            customer_code=sim.customer_code,
            service_type=sim.service_type,
            **asdict(day),
            targets=[Target(None, sim.serial, sim.msisdn, holds=True)],
            terms={
                "sim_type": "card",
                "sim_size": request.sim_size,
                "reason": request.reason,
                "plan": sim.plan,
                "project_name": sim.project_name,
                **terms,
            },
            notices=["reissue.card"],
        )

    def accept(self, desk: Desk, order: Order, request: AnyReissue) -> None:
        """Raises Conflict("sim.not_reissuable") if the SIM has changed in this moment."""
        if request.sim_type == "esim":
            return
        if not set_status(desk, order, "active", "reissuing"):
            raise Conflict("sim.not_reissuable", status=reissuable(desk, request.sim_serial).status)

    def withdraw(self, desk: Desk, order: Order) -> None:
        if order.terms["sim_type"] == "esim":
            return
        set_status(desk, order, "reissuing", "active")
        stock_store.release(desk.session, item_ids(desk, order))


def check_size(desk: Desk, size: str) -> None:
    """Raises Invalid("sim_size.unknown", allowed=[…])."""
    if size not in desk.settings.sim_sizes:
        raise Invalid("sim_size.unknown", allowed=list(desk.settings.sim_sizes))


def item_ids(desk: Desk, order: Order) -> list[int]:
    return list(desk.session.scalars(select(OrderItem.id).where(OrderItem.order_id == order.id)))


def set_status(desk: Desk, order: Order, before: SimStatus, after: SimStatus) -> bool:
    """Whether the SIM of the order was in the state `before`; it is in `after` then."""
    serials = list(desk.session.scalars(select(OrderItem.sim_serial).where(OrderItem.order_id == order.id)))
    changed = desk.session.scalars(
        update(Sim)
        .where(store.is_any(Sim.serial, [each for each in serials if each]), Sim.status == before)
        .values(status=after)
        .returning(Sim.serial)
        .execution_options(synchronize_session=False)
    ).all()
    return len(changed) == len(serials)
