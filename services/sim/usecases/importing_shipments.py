"""Handing many orders over to shipping by one file: a row is a card."""

from typing import Any

from chassis import csvfile
from chassis.csvfile import ImportReport
from chassis.errors import KaisenError
from services.sim.imports import Mode, ShipmentRow
from services.sim.kinds.base import Desk
from services.sim.usecases import choosing_cards
from services.sim.usecases.choosing_cards import Card
from services.sim.usecases.handing_over import open_order, ship

Rows = list[tuple[int, ShipmentRow]]


def import_shipments(desk: Desk, mode: Mode, text: str) -> ImportReport:
    """Check a file of cards, and with mode "apply" hand over all its orders; the caller commits.

    The cards of an order are rows with its number, one for each of its SIMs, all with the same parcel.
    """
    rows, errors = csvfile.read(text, ShipmentRow, ("sim_serial",))
    refused = {error["row"] for error in errors if error["row"] > 1}
    parcels: dict[str, Rows] = {}
    for number, row in rows:
        parcels.setdefault(row.order_number, []).append((number, row))
    choosing_cards.hold_numbers(desk)
    numbers: dict[str, int] = {}
    for row_number, row in rows:
        if row.msisdn and numbers.setdefault(row.msisdn, row_number) != row_number:
            errors.append({"row": row_number, "field": "msisdn", "code": "import.number_given"})
    for order_number in sorted(parcels):  # two files lock their orders in the same order
        errors += _problems(desk, order_number, parcels[order_number])
    applied = mode == "apply" and not errors
    if applied:
        for order_number, cards in parcels.items():
            order, items = open_order(desk, order_number)
            choosing_cards.choose(desk, order, items, [_card(row) for _, row in cards])
            ship(desk, order, items, cards[0][1].carrier_name, cards[0][1].tracking_number)
    return csvfile.report(
        "shipments", mode, len(rows) + len(refused), errors, created=len(rows), applied=applied
    )


def _problems(desk: Desk, order_number: str, rows: Rows) -> list[dict[str, Any]]:
    first = rows[0][1]
    try:
        order, items = open_order(desk, order_number)
    except KaisenError as error:
        code = "import.order_unknown" if error.code == "shipment.unknown" else "import.order_not_open"
        return [{"row": number, "field": "order_number", "code": code} for number, _ in rows]
    if len(rows) != len(items):
        return [
            {
                "row": rows[-1][0],
                "field": "order_number",
                "code": "shipment.card_count",
                "wanted": len(items),
                "given": len(rows),
            }
        ]
    parcel = (first.carrier_name, first.tracking_number)
    differing = [
        {"row": number, "field": "tracking_number", "code": "import.parcel_differs"}
        for number, row in rows
        if (row.carrier_name, row.tracking_number) != parcel
    ]
    found = choosing_cards.problems(desk, order, items, [_card(row) for _, row in rows])
    return differing + [
        {"row": rows[each.index][0], "field": each.field, "code": each.code, **each.details} for each in found
    ]


def _card(row: ShipmentRow) -> Card:
    return Card(row.sim_serial, row.msisdn)
