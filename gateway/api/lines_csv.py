"""The lines of a contract as a CSV file, fetched and sent chunk by chunk whatever its size."""

import csv
import io
import time
from collections.abc import Iterator
from typing import Any, Literal

from flask import Response, current_app, stream_with_context

from chassis import clock, logs
from chassis.errors import KaisenError
from gateway import rpc
from gateway.auth import renew_context
from gateway.texts.lines import COLUMNS

_CHUNK = 2_000  # lines a call
_RENEW_SECONDS = 30  # half of a context's life
_RISKY = ("=", "+", "-", "@", "\t", "\r")

_log = logs.get_logger()


def download(contract_code: str, search: dict[str, Any], encoding: Literal["utf-8", "cp932"]) -> Response:
    """The file as a streamed response. Raises what contracts.export_lines does for its first chunk."""
    first = _fetch(contract_code, search, None)
    shown = [name for name in COLUMNS if not first["items"] or name in first["items"][0]]
    response = current_app.response_class(
        stream_with_context(chunks(contract_code, search, first, shown, encoding)),
        mimetype="text/csv",
        content_type=f"text/csv; charset={'utf-8' if encoding == 'utf-8' else 'windows-31j'}; header=present",
    )
    name = f"lines_{contract_code}_{clock.today():%Y%m%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def chunks(
    contract_code: str, search: dict[str, Any], chunk: dict[str, Any], shown: list[str], encoding: str
) -> Iterator[bytes]:
    """The encoded file.

    A chunk that fails raises in the middle: the server then breaks the connection off instead of ending the body, and
    no client can take the part for the whole.
    """
    yield encode([[str(COLUMNS[name]) for name in shown]], "utf-8-sig" if encoding == "utf-8" else encoding)
    renewed = time.monotonic()
    while True:
        yield encode([[cell(item[name]) for name in shown] for item in chunk["items"]], encoding)
        if chunk["next_cursor"] is None:
            return
        try:
            if time.monotonic() - renewed > _RENEW_SECONDS:
                renew_context()
                renewed = time.monotonic()
            chunk = _fetch(contract_code, search, chunk["next_cursor"])
        except KaisenError as error:
            _log.warning("download broken off", contract=contract_code, code=error.code)
            raise


def _fetch(contract_code: str, search: dict[str, Any], cursor: str | None) -> dict[str, Any]:
    found: dict[str, Any] = rpc.call(
        "contracts.export_lines", contract_code=contract_code, **search, cursor=cursor, limit=_CHUNK
    )
    return found


def cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def encode(rows: list[list[str]], encoding: str) -> bytes:
    """The rows as CSV (RFC 4180), every cell quoted so that leading zeros and line breaks are kept."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode(encoding, errors="replace")
