"""The staff's shipping desk and the stock, and what customers are asked for less often because of it."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis import clock
from chassis.context import Caller
from chassis.database import UnitOfWork
from chassis.rpc import rpc
from services.sim.arguments import Limit, Text
from services.sim.kinds import card_delivery
from services.sim.kinds.base import Desk
from services.sim.models_stock import StockState
from services.sim.permissions import OPERATE, ORDER
from services.sim.settings import Settings
from services.sim.shipment_store import ShipmentState
from services.sim.states import SimType
from services.sim.usecases import handing_over, shipments, stock
from services.sim.usecases.choosing_cards import Card
from services.sim.usecases.sims import find_sim

Kind = Literal["SR", "NS"]
CarrierName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
]
Tracking = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z-]{0,40}$")]
Serial = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{4,32}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{10,15}$")]


class GivenCard(BaseModel):
    """A card by its serial, and the number of a new line unless the card comes with one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sim_serial: Serial
    msisdn: Number | None = None


GivenCards = Annotated[list[GivenCard], Field(max_length=1000)]


class ShippingMethods:
    uow: Callable[[], UnitOfWork]
    settings: Settings

    @rpc(ORDER)
    def last_delivery(self, caller: Caller, *, sim_serial: Text | None = None) -> dict[str, Any]:
        with self.uow() as uow:
            desk = Desk(uow, self.settings, caller, clock.now())
            sim = find_sim(uow, caller.customer, sim_serial) if sim_serial else None
            return card_delivery.last_delivery(desk, sim.msisdn if sim else None)

    @rpc(OPERATE)
    def list_shipments(
        self,
        caller: Caller,
        *,
        state: ShipmentState | None = None,
        kind: Kind | None = None,
        customer_code: Text | None = None,
        number: Text | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return shipments.list_shipments(
                Desk(uow, self.settings, caller, clock.now()),
                state=state,
                kind=kind,
                customer=customer_code,
                number=number,
                cursor=cursor,
                limit=limit,
            )

    @rpc(OPERATE)
    def get_shipment(self, caller: Caller, *, number: Text) -> dict[str, Any]:
        with self.uow() as uow:
            return shipments.get_shipment(Desk(uow, self.settings, caller, clock.now()), number)

    @rpc(OPERATE)
    def prepare_shipment(
        self, caller: Caller, *, number: Text, cards: GivenCards | None = None
    ) -> dict[str, Any]:
        with self.uow() as uow:
            desk = Desk(uow, self.settings, caller, clock.now())
            handing_over.prepare(desk, number, _cards(cards))
            return shipments.get_shipment(desk, number)

    @rpc(OPERATE)
    def hand_over_shipment(
        self,
        caller: Caller,
        *,
        number: Text,
        carrier_name: CarrierName,
        tracking_number: Tracking,
        cards: GivenCards | None = None,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            desk = Desk(uow, self.settings, caller, clock.now())
            handing_over.hand_over(desk, number, _cards(cards), carrier_name, tracking_number)
            return shipments.get_shipment(desk, number)

    @rpc(OPERATE)
    def record_arrival(self, caller: Caller, *, number: Text, arrived_on: date) -> dict[str, Any]:
        with self.uow() as uow:
            desk = Desk(uow, self.settings, caller, clock.now())
            shipments.record_arrival(desk, number, arrived_on)
            return shipments.get_shipment(desk, number)

    @rpc(OPERATE)
    def list_stock(
        self,
        caller: Caller,
        *,
        state: StockState | None = None,
        sim_type: SimType | None = None,
        serial: Text | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        with self.uow() as uow:
            return stock.list_stock(
                Desk(uow, self.settings, caller, clock.now()),
                state=state,
                sim_type=sim_type,
                serial=serial,
                cursor=cursor,
                limit=limit,
            )

    @rpc(OPERATE)
    def retire_stock(self, caller: Caller, *, sim_serial: Text) -> None:
        with self.uow() as uow:
            stock.retire(Desk(uow, self.settings, caller, clock.now()), sim_serial)


def _cards(given: list[GivenCard] | None) -> list[Card] | None:
    return None if given is None else [Card(each.sim_serial, each.msisdn) for each in given]
