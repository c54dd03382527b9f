"""Manuals to read in a portal, chapter by chapter, and to take along as one file.

A chapter's text is `<folder>/<name>.html` of the templates, a folder a language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, current_app, make_response, render_template

from chassis import clock
from chassis.errors import NotFound
from gateway import language

_STYLES = ("theme.css", "tables.css", "manual.css")  # those that a manual needs where it stands alone


@dataclass(frozen=True)
class Chapter:
    name: str
    title: Any
    text: Any


def opened(chapters: Sequence[Chapter], name: str) -> dict[str, Any]:
    """What a chapter's page shows: the chapter, and the way to those before and after it. Raises NotFound."""
    place = next((place for place, one in enumerate(chapters) if one.name == name), None)
    if place is None:
        raise NotFound("manual.unknown")
    return {
        "chapters": chapters,
        "here": chapters[place],
        "before": chapters[place - 1] if place else None,
        "after": chapters[place + 1] if place + 1 < len(chapters) else None,
    }


def one_file(
    title: str, area: str, name: str, chapters: Sequence[Chapter], facts: dict[str, Any]
) -> Response:
    """The whole manual as one HTML file that needs nothing else; `area` is the portal's class in the style sheet."""
    page = render_template(
        "manual/file.html",
        manual_title=title,
        area=area,
        chapters=chapters,
        styles=[Path(current_app.static_folder or "", style).read_text() for style in _STYLES],
        today=clock.today(),
        **facts,
    )
    response = make_response(page)
    attachment = f'attachment; filename="manual_{name}_{language.current()}.html"'
    response.headers["Content-Disposition"] = attachment
    return response
