"""The lines of a contract as a CSV file."""

from functools import partial
from typing import Any

from flask import Response

from gateway import rpc
from gateway.api import csv_file
from gateway.texts.lines import COLUMNS

_LINES_IN_CLEAR = 2_000  # a call
_NUMBERS = ("number", "start_date", "end_date", "channels")  # a spreadsheet may read these as it likes


def download(
    contract_code: str,
    search: dict[str, Any],
    encoding: csv_file.Encoding,
    cells: csv_file.Cells,
    *,
    passwords: bool = False,
) -> Response:
    """The file as a streamed response, with `passwords` in clear or as stars.

    Raises what contracts.export_lines, or contracts.export_lines_in_clear, does for its first part.
    """
    parts = _in_clear if passwords else _masked
    columns, texts = parts({"contract_code": contract_code, **search}, cells)
    titles = [COLUMNS[name] for name in columns]
    return csv_file.stream(f"lines_{contract_code}", titles, texts, encoding)


def _masked(search: dict[str, Any], cells: csv_file.Cells) -> tuple[list[str], csv_file.Parts]:
    asked = {**search, "cells": cells}
    first = rpc.call("contracts.export_lines", **asked)

    def begin(cursor: str) -> rpc.Answer:
        return rpc.begin("contracts.export_lines", **asked, cursor=cursor)

    return first["columns"], csv_file.ahead(first["text"], first["cursors"], begin)


def _in_clear(search: dict[str, Any], cells: csv_file.Cells) -> tuple[list[str], csv_file.Parts]:
    fetch = partial(_page_in_clear, search)
    first = fetch(None)
    columns = [name for name in COLUMNS if not first["items"] or name in first["items"][0]]
    return columns, csv_file.pages(columns, first, fetch, partial(_cell, cells))


def _page_in_clear(search: dict[str, Any], cursor: str | None) -> csv_file.Chunk:
    method = "contracts.export_lines_in_clear"
    page: csv_file.Chunk = rpc.call_sealed(method, **search, cursor=cursor, limit=_LINES_IN_CLEAR)
    return page


def _cell(cells: csv_file.Cells, column: str, value: Any) -> str:
    is_text = cells == "spreadsheet" and column not in _NUMBERS
    return csv_file.literal(value) if is_text else csv_file.cell(value)
