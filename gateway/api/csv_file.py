"""Lists as CSV files, fetched and sent chunk by chunk whatever their size."""

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from flask import Response, current_app, stream_with_context

from chassis import clock, logs
from chassis.errors import KaisenError
from gateway.auth import renew_context

Encoding = Literal["utf-8", "cp932"]
Chunk = dict[str, Any]  # a service's answer: items, next_cursor

ENCODING = "utf-8 has a byte order mark; cp932 is for older spreadsheets"
ANSWER: dict[int, Any] = {
    200: {
        "description": "All hits, however many; cells are quoted, and what a spreadsheet might run is led by `'`",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}

_RENEW_SECONDS = 30  # half of a context's life
_RISKY = ("=", "+", "-", "@", "\t", "\r")

_log = logs.get_logger()


def download(
    name: str, columns: dict[str, Any], first: Chunk, fetch: Callable[[str], Chunk], encoding: Encoding
) -> Response:
    """A list as a streamed response, named `name` and the day. `columns` pairs the fields of an item with their titles;
    `first` is the first chunk, `fetch` gets the one at a cursor.
    """
    response = current_app.response_class(
        stream_with_context(chunks(name, columns, first, fetch, encoding)),
        mimetype="text/csv",
        content_type=f"text/csv; charset={'utf-8' if encoding == 'utf-8' else 'windows-31j'}; header=present",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}_{clock.today():%Y%m%d}.csv"'
    return response


def chunks(
    name: str, columns: dict[str, Any], chunk: Chunk, fetch: Callable[[str], Chunk], encoding: Encoding
) -> Iterator[bytes]:
    """The encoded file.

    A chunk that fails raises in the middle: the server then breaks the connection off instead of ending the body, and
    no client can take the part for the whole.
    """
    yield encode(
        [[str(title) for title in columns.values()]], "utf-8-sig" if encoding == "utf-8" else encoding
    )
    renewed = time.monotonic()
    while True:
        yield encode([[cell(item[field]) for field in columns] for item in chunk["items"]], encoding)
        if chunk["next_cursor"] is None:
            return
        try:
            if time.monotonic() - renewed > _RENEW_SECONDS:
                renew_context()
                renewed = time.monotonic()
            chunk = fetch(chunk["next_cursor"])
        except KaisenError as error:
            _log.warning("download broken off", file=name, code=error.code)
            raise


def cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def encode(rows: Sequence[Sequence[str]], encoding: str) -> bytes:
    """The rows as CSV (RFC 4180), every cell quoted so that leading zeros and line breaks are kept."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode(encoding, errors="replace")
