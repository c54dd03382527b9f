"""The list of orders as a CSV file: the nine columns of its page, in the reader's language."""

from typing import Any

from flask import Response

from gateway import rpc
from gateway.api import csv_file
from gateway.texts.order_list import COLUMNS
from gateway.web import labels
from gateway.web.formats import day

_DAYS = ("accepted_at", "executed_on", "cancelled_on")  # a spreadsheet may read these as it likes


def download(search: dict[str, Any], encoding: csv_file.Encoding, cells: csv_file.Cells) -> Response:
    """All hits, however many, as a streamed response. Raises what sim.export_orders does for its first part."""

    def fetch(cursor: str | None) -> csv_file.Chunk:
        found = rpc.call("sim.export_orders", cursor=cursor, **search)
        return found | {"items": [row(order) for order in found["items"]]}

    def write(column: str, value: str) -> str:
        is_text = cells == "spreadsheet" and column not in _DAYS
        return csv_file.literal(value) if is_text else csv_file.cell(value)

    parts = csv_file.pages(list(COLUMNS), fetch(None), fetch, write)
    return csv_file.stream("orders", COLUMNS.values(), parts, encoding)


def row(order: dict[str, Any]) -> dict[str, str]:
    """An order's cells by column."""
    return {
        "customer": f"{order['customer_code']} {order['customer_name']}",
        "number": order["number"],
        "kind": str(labels.ORDER_KIND[order["kind"]]),
        "service_type": str(labels.ORDER_SERVICE_TYPE.get(order["service_type"], order["service_type"])),
        "applicant": order["applicant"],
        "accepted_at": day(order["accepted_at"]),
        "executed_on": executed_on(order),
        "cancelled_on": day(order["cancelled_at"]),
        "status": str(labels.ORDER_STATUS[order["status"]].text),
    }


def executed_on(order: dict[str, Any]) -> str:
    """依頼実行日: the day it ran, or is to run; a cancelled order never runs."""
    if order["executed_at"]:
        return day(order["executed_at"])
    return "" if order["status"] == "cancelled" else day(order["start_date"])
