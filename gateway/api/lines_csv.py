"""The lines of a contract as a CSV file."""

from functools import partial
from typing import Any

from flask import Response

from gateway import rpc
from gateway.api import csv_file
from gateway.texts.lines import COLUMNS

_CHUNK = 2_000  # lines a call


def download(
    contract_code: str, search: dict[str, Any], encoding: csv_file.Encoding, *, passwords: bool = False
) -> Response:
    """The file as a streamed response, with `passwords` in clear or as stars.

    Raises what contracts.export_lines, or contracts.export_lines_in_clear, does for its first chunk.
    """
    fetch = partial(_fetch, contract_code, search, passwords)
    first = fetch(None)
    shown = {name: COLUMNS[name] for name in COLUMNS if not first["items"] or name in first["items"][0]}
    return csv_file.download(f"lines_{contract_code}", shown, first, fetch, encoding)


def _fetch(contract_code: str, search: dict[str, Any], passwords: bool, cursor: str | None) -> csv_file.Chunk:
    asked = {"contract_code": contract_code, **search, "cursor": cursor, "limit": _CHUNK}
    found: csv_file.Chunk = (
        rpc.call_sealed("contracts.export_lines_in_clear", **asked)
        if passwords
        else rpc.call("contracts.export_lines", **asked)
    )
    return found
