"""The staff's shipping desk as tests meet it, with a stock of cards."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from chassis.csvfile import ImportReport
from tests.integration.sim_system import STAFF_ROLES, Customer, SimSystem

STOCK_COLUMNS = "sim_serial,sim_type,sim_size,msisdn"
SHIPMENT_COLUMNS = "order_number,sim_serial,msisdn,carrier_name,tracking_number"

DELIVERY = {
    "postcode": "105-0011",
    "prefecture": "東京都",
    "city": "港区",
    "street": "芝公園4-2-8",
    "building": "みなとビル3階",
    "recipient": "港 花子",
    "phone": "03-1234-5678",
}
CONTACT = {"contact_name": "港 太郎", "contact_mail": "taro@minato.example"}

_CARDS = count(1)
_NUMBERS = count(1)


def reissue(serial: str, **more: Any) -> dict[str, Any]:
    """A request for a card in place of a SIM's."""
    return {
        "kind": "SR",
        "sim_type": "card",
        "sim_serial": serial,
        "sim_size": "nano",
        "reason": "lost_or_stolen",
        "delivery": DELIVERY,
        "delivery_date": None,
        **CONTACT,
        **more,
    }


def shipment(quantity: int = 1, **more: Any) -> dict[str, Any]:
    """A request for new cards."""
    return {
        "kind": "NS",
        "quantity": quantity,
        "plan": "1GB",
        "service_type": "data",
        "project_name": "案件B",
        "sim_size": "nano",
        "delivery": DELIVERY,
        "delivery_date": None,
        **CONTACT,
        **more,
    }


def new_number() -> str:
    return f"0709{next(_NUMBERS):07}"


class ShippingDesk:
    def __init__(self, system: SimSystem) -> None:
        self._system = system

    def call(self, method: str, **arguments: Any) -> Any:
        return self._system.call(method, STAFF_ROLES, None, "operations", **arguments)

    def stock(self, number: int = 1, size: str = "nano", *, numbered: bool = False) -> list[str]:
        """The serials of new cards in the stock."""
        serials = [f"CD{next(_CARDS):010}" for _ in range(number)]
        rows = [f"{serial},card,{size},{new_number() if numbered else ''}" for serial in serials]
        report = self._system.import_csv("stock", STOCK_COLUMNS, rows)
        assert report.applied, report.errors
        return serials

    def hand_over(self, number: str, *serials: str, **more: Any) -> dict[str, Any]:
        """With these cards, or with any."""
        cards = [{"sim_serial": serial} for serial in serials] or None
        parcel = {"carrier_name": "みなと運輸", "tracking_number": "1234-5678"} | more
        found: dict[str, Any] = self.call("hand_over_shipment", number=number, **({"cards": cards} | parcel))
        return found

    def shipment(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("get_shipment", number=number)
        return found

    def import_shipments(self, rows: Sequence[str], mode: str = "apply") -> ImportReport:
        return self._system.import_csv("shipments", SHIPMENT_COLUMNS, rows, mode)

    def state(self, serial: str) -> str:
        """Of a card in the stock."""
        found = self._system.rows("SELECT state FROM sim_stock WHERE serial = :serial", serial=serial)
        return str(found[0].state)


def reissued(desk: ShippingDesk, customer: Customer, serial: str) -> tuple[str, str]:
    """(order, new serial) of a SIM that has been reissued."""
    (card,) = desk.stock()
    number = customer.place(reissue(serial))["number"]
    desk.hand_over(number, card)
    customer.wait_for(number, "completed")
    return number, card
