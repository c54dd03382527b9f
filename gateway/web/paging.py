"""Walking through a list that is handed out in pages by cursors.

A cursor leads forward only. The way back is the trail of cursors that led here, carried in the address, so that a page
can be reloaded, shared and opened twice.
"""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

SIZES = (20, 50, 100)
_STEPS_BACK = 10  # keeps addresses short; beyond them there is the link to the first page


@dataclass(frozen=True)
class Position:
    """Where in the list the reader is. `cursor` is None on the first page; `trail` holds "" for the first page."""

    size: int
    number: int
    cursor: str | None
    trail: tuple[str, ...]


@dataclass(frozen=True)
class Pager:
    """What the pager of a page shows; a link that leads nowhere is None. `sizes` pairs a page size with its link."""

    total: int
    first: int
    last: int
    first_url: str | None
    previous_url: str | None
    next_url: str | None
    sizes: tuple[tuple[int, str | None], ...]


def position(default_size: int, given: MultiDict[str, str] | None = None) -> Position:
    """The position that the request's address names, or `given`; anything odd in it means the first page."""
    given = request.args if given is None else given
    size = given.get("limit", default_size, type=int)
    number = given.get("page", 1, type=int)
    cursor = given.get("cursor") or None
    if size not in SIZES:
        size = default_size
    if cursor is None or number < 2:
        return Position(size, 1, None, ())
    return Position(size, number, cursor, tuple(given.getlist("back")[-_STEPS_BACK:]))


def pager(here: Position, answer: dict[str, Any], search: dict[str, Any]) -> Pager:
    """The pager for a service's `answer` (total, items, next_cursor); `search` goes along in every link."""
    before = (here.number - 1) * here.size
    onward = answer["next_cursor"]

    def link(number: int, cursor: str | None, trail: tuple[str, ...]) -> str:
        place = {"page": number, "cursor": cursor, "back": list(trail)} if cursor else {}
        return _url(search | {"limit": here.size} | place)

    next_url = previous_url = first_url = None
    if onward:
        next_url = link(here.number + 1, onward, (*here.trail, here.cursor or "")[-_STEPS_BACK:])
    if here.trail:
        previous_url = link(here.number - 1, here.trail[-1] or None, here.trail[:-1])
    if here.number > 1:
        first_url = link(1, None, ())
    return Pager(
        total=answer["total"],
        first=before + 1 if answer["items"] else 0,
        last=before + len(answer["items"]),
        first_url=first_url,
        previous_url=previous_url,
        next_url=next_url,
        sizes=tuple((size, None if size == here.size else _url(search | {"limit": size})) for size in SIZES),
    )


def _url(query: dict[str, Any]) -> str:
    assert request.endpoint is not None
    return url_for(request.endpoint, **(request.view_args or {}), **query)
