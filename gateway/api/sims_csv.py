"""SIMs as CSV files: the list, and their numbers as an upload takes them back."""

from functools import partial
from typing import Any

from flask import Response

from gateway import rpc
from gateway.api import csv_file
from gateway.texts.sims import SIM_FILE_COLUMNS
from gateway.web import formats, labels

_TEXTS = ("sim_serial", "msisdn")  # a spreadsheet would take them for numbers


def sims(conditions: dict[str, Any], encoding: csv_file.Encoding, cells: csv_file.Cells) -> Response:
    """All hits, however many, in the words of the page."""
    fetch = partial(_fetch, conditions)
    parts = csv_file.pages(list(SIM_FILE_COLUMNS), fetch(None), fetch, partial(_cell, cells))
    return csv_file.stream("sims", SIM_FILE_COLUMNS.values(), parts, encoding)


def numbers(conditions: dict[str, Any]) -> Response:
    """The hyphenated number of each hit, nothing else."""
    fetch = partial(_fetch, conditions)
    return csv_file.stream("sim_numbers", [], csv_file.pages(["number"], fetch(None), fetch), "utf-8")


def _fetch(conditions: dict[str, Any], cursor: str | None) -> csv_file.Chunk:
    part: csv_file.Chunk = rpc.call("sim.export_sims", cursor=cursor, **conditions)
    return part


def _cell(cells: csv_file.Cells, column: str, value: Any) -> str:
    match column:
        case "status":
            return str(labels.SIM_STATUS[value].text)
        case "service_type":
            return str(labels.SIM_SERVICE_TYPE[value])
        case "sim_type":
            return str(labels.SIM_TYPE[value])
        case "used_bytes":
            return formats.used_gigabytes(value)
        case "capacity_bytes":
            return formats.gigabytes(value)
        case "remaining_bytes":
            return formats.left_gigabytes(value)
        case "restricted":
            return str(labels.SIM_RESTRICTED[value])
        case "as_of":
            return formats.moment(value)
        case "options":
            return csv_file.cell(" ".join(value))
    is_text = cells == "spreadsheet" and column in _TEXTS
    return csv_file.literal(value) if is_text else csv_file.cell(value)
