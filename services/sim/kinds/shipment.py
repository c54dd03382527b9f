"""New SIM cards for a customer (新規出荷): ordered by number, chosen from the stock by staff."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt
from sqlalchemy import delete, update

from chassis.errors import Invalid
from services.sim import stock_store, store
from services.sim.delivery import Delivery, Line, Mail, contact_problems, delivery_problems, refuse
from services.sim.kinds import card_delivery
from services.sim.kinds.base import Desk, Kind, Quote, Request, Target
from services.sim.kinds.reissue import check_size, item_ids
from services.sim.models import Order, OrderItem, Sim
from services.sim.states import ServiceType

MOST_SIMS = 1000


class ShipmentRequest(Request):
    """`quantity` cards of one plan to one place; `delivery_date` is `YYYY-MM-DD`, None is as soon as possible."""

    kind: Literal["NS"] = "NS"
    quantity: StrictInt
    plan: Annotated[str, Field(max_length=200)]
    service_type: ServiceType = "data"
    project_name: Annotated[Line, Field(min_length=1)]
    sim_size: Annotated[str, Field(max_length=50)]
    contact_name: Line
    contact_mail: Mail
    delivery: Delivery
    delivery_date: Annotated[str, Field(max_length=20)] | None = None


class NewShipment(Kind):
    """Its items have no SIM until staff have chosen the cards."""

    code = "NS"

    def choices(self, desk: Desk) -> dict[str, Any]:
        return {
            **card_delivery.choices(desk),
            "plans": dict(desk.settings.plans),
            "most": MOST_SIMS,
            "price_yen": desk.settings.shipment_price_yen,
        }

    def quote(self, desk: Desk, request: ShipmentRequest) -> Quote:
        """Raises Invalid: shipment.quantity, plan.unknown, sim_size.unknown, order.fields (errors=[…]) and
        delivery_date.out_of_range."""
        assert desk.customer is not None  # console callers have one
        settings = desk.settings
        if not 1 <= request.quantity <= MOST_SIMS:
            raise Invalid("shipment.quantity", most=MOST_SIMS)
        if request.plan not in settings.plans:
            raise Invalid("plan.unknown", allowed=list(settings.plans))
        check_size(desk, request.sim_size)
        refuse(
            contact_problems(request.contact_name, request.contact_mail) + delivery_problems(request.delivery)
        )
        day, terms = card_delivery.day_of(desk, request.delivery_date)
        return Quote(
            kind=self.code,
            customer_code=desk.customer,
            service_type=request.service_type,
            **asdict(day),
            targets=[Target(None)] * request.quantity,
            terms={
                "quantity": request.quantity,
                "plan": request.plan,
                "project_name": request.project_name,
                "sim_type": "card",
                "sim_size": request.sim_size,
                **terms,
            },
            price_yen=settings.shipment_price_yen * request.quantity,
        )

    def withdraw(self, desk: Desk, order: Order) -> None:
        """Cards that staff have chosen already go back to the stock, and the SIMs that they were to be are gone."""
        unassign(desk, order)


def unassign(desk: Desk, order: Order) -> None:
    """Take the cards away from an order for new ones that has not been handed over."""
    session = desk.session
    items = item_ids(desk, order)
    serials = stock_store.reserved(session, items).values()
    session.execute(update(OrderItem).where(OrderItem.id.in_(items)).values(sim_serial=None, msisdn=""))
    session.execute(delete(Sim).where(store.is_any(Sim.serial, list(serials)), Sim.status == "ordered"))
    stock_store.release(session, items)
