"""Lists as CSV files, fetched and sent part by part whatever their size."""

import csv
import io
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from threading import BoundedSemaphore
from typing import Any, Literal

from flask import Flask, Response, current_app, stream_with_context

from chassis import clock, logs
from chassis.client import Answer
from chassis.errors import KaisenError, TooMany
from gateway.auth import renew_context

Encoding = Literal["utf-8", "cp932"]
Cells = Literal["plain", "spreadsheet"]
Chunk = dict[str, Any]  # a service's answer: items, next_cursor
Parts = Generator[str, None, None]

ENCODING = "utf-8 has a byte order mark; cp932 is for older spreadsheets"
CELLS = (
    'plain: texts as they are, for programs; spreadsheet: as `="…"`, so that opening the file in a spreadsheet keeps '
    "leading zeros"
)
ANSWER: dict[int, Any] = {
    200: {
        "description": "All hits, however many; cells are quoted, and what a spreadsheet might run is led by `'`",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}

_AHEAD = 3  # parts that are fetched while one is sent
_RENEW_SECONDS = 30  # half of a context's life
_RETRY_SECONDS = 30
_RISKY = ("=", "+", "-", "@", "\t", "\r")

_log = logs.get_logger()


def init_app(app: Flask) -> None:
    at_once = max(app.config["KAISEN"].web_threads // 2, 1)
    app.extensions["kaisen_downloads"] = BoundedSemaphore(at_once)


def download(
    name: str, columns: dict[str, Any], first: Chunk, fetch: Callable[[str], Chunk], encoding: Encoding
) -> Response:
    """A list that a service answers page by page. `columns` pairs the fields of an item with their titles; `first` is
    the first page, `fetch` gets the one at a cursor.
    """
    return stream(name, columns.values(), pages(list(columns), first, fetch), encoding)


def stream(name: str, titles: Iterable[Any], parts: Parts, encoding: Encoding) -> Response:
    """A file of the title row and of `parts`, which are rows of CSV, named `name` and the day; sent as it comes.
    Without titles there is no such row.

    Raises TooMany("download.busy"): half of the process's threads are kept for other requests.
    """
    running: BoundedSemaphore = current_app.extensions["kaisen_downloads"]
    if not running.acquire(blocking=False):
        raise TooMany("download.busy", retry_after=_RETRY_SECONDS)
    titles = list(titles)
    charset = "utf-8" if encoding == "utf-8" else "windows-31j"
    response = current_app.response_class(
        stream_with_context(content(name, titles, parts, encoding)),
        mimetype="text/csv",
        content_type=f"text/csv; charset={charset}; header={'present' if titles else 'absent'}",
    )
    response.call_on_close(running.release)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}_{clock.today():%Y%m%d}.csv"'
    return response


def content(name: str, titles: Iterable[Any], parts: Parts, encoding: Encoding) -> Iterator[bytes]:
    """The encoded file.

    A part that fails raises in the middle: the server then breaks the connection off instead of ending the body, and
    no client can take the part for the whole.
    """
    renewed = time.monotonic()
    with closing(parts):
        try:
            if titles := [str(title) for title in titles]:
                yield rows([titles]).encode("utf-8-sig" if encoding == "utf-8" else encoding)
            for part in parts:
                yield part.encode(encoding, errors="replace")
                if time.monotonic() - renewed > _RENEW_SECONDS:
                    renew_context()
                    renewed = time.monotonic()
        except GeneratorExit:
            _log.info("download given up", file=name)
            raise
        except KaisenError as error:
            _log.warning("download broken off", file=name, code=error.code)
            raise


def pages(
    fields: Sequence[str],
    first: Chunk,
    fetch: Callable[[str], Chunk],
    write: Callable[[str, Any], str] = lambda _field, value: cell(value),
) -> Parts:
    """Parts of a list that a service answers page by page: `first`, then what `fetch` gets at each cursor. `write`
    makes the cell of a field's value.
    """
    page = first
    while True:
        yield rows([[write(field, item[field]) for field in fields] for item in page["items"]])
        if page["next_cursor"] is None:
            return
        page = fetch(page["next_cursor"])


def ahead(first: str, cursors: Iterable[str], begin: Callable[[str], Answer]) -> Parts:
    """Parts that a service answers as text: `first`, then those at `cursors`. Some are asked for while one is sent, so
    that nobody waits for the other; what was asked for when the reader goes away is dropped.
    """
    waiting: deque[Answer] = deque()
    following = iter(cursors)
    try:
        waiting.extend(map(begin, islice(following, _AHEAD)))
        yield first
        while waiting:
            text = waiting.popleft().result()["text"]
            waiting.extend(map(begin, islice(following, _AHEAD - len(waiting))))
            yield text
    finally:
        for answer in waiting:
            answer.drop()


def cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def literal(value: str | None) -> str:
    """A text as a formula that is nothing but this text: a spreadsheet shows it as it is, whatever it looks like."""
    return '="' + value.replace('"', '""') + '"' if value else ""


def rows(cells: Iterable[Sequence[str]]) -> str:
    """The rows as CSV (RFC 4180), every cell quoted so that line breaks are kept."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(cells)
    return buffer.getvalue()
