"""The manual of a portal: a chapter a menu entry, to read in the portal and to take along as one file.

A chapter's text is `templates/manual/<language>/<name>.html`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template
from flask_babel import lazy_gettext as _l

from chassis import clock
from chassis.errors import NotFound
from gateway import language, rpc
from gateway.account import own_account, render
from gateway.auth import access
from gateway.selfcare.menu import entries
from gateway.web.portals import PORTALS

blueprint = Blueprint("selfcare_manual", __name__, url_prefix="/selfcare/manual")

_STYLES = ("theme.css", "tables.css", "manual.css")  # those that the manual needs where it stands alone


@dataclass(frozen=True)
class Chapter:
    name: str
    title: Any
    text: Any


_LOGIN = Chapter(
    "login",
    _l("ログインと画面の使い方"),
    _l("ログインのしかた、認証コード、メールアドレスの登録・変更、画面の進み方を説明します。"),
)
_HELP = Chapter(
    "help",
    _l("お困りのときは"),
    _l("よくある表示とその対処、お問い合わせ先をまとめています。"),
)


def chapters(portal: str) -> tuple[Chapter, ...]:
    """The chapters of the portal's manual: every entry of its menu has one."""
    of_menu = (Chapter(entry.name, entry.title, entry.text) for entry in entries(portal))
    return (_LOGIN, *of_menu, _HELP)


@blueprint.get("")
@access("selfcare")
def contents() -> str:
    return render("selfcare/manual.html", chapters=chapters(own_account().portal))


@blueprint.get("/<code:name>")
@access("selfcare")
def chapter(name: str) -> str:
    """One chapter, with the way to those before and after it. Raises NotFound for none of the reader's portal."""
    known = chapters(own_account().portal)
    place = next((place for place, one in enumerate(known) if one.name == name), None)
    if place is None:
        raise NotFound("manual.unknown")
    return render(
        "selfcare/manual_chapter.html",
        chapters=known,
        here=known[place],
        before=known[place - 1] if place else None,
        after=known[place + 1] if place + 1 < len(known) else None,
        **_facts(),
    )


@blueprint.get("/download")
@access("selfcare")
def download() -> Response:
    """The whole manual as one HTML file that needs nothing else."""
    portal = PORTALS[own_account().portal]
    page = render_template(
        "manual/file.html",
        portal=portal,
        chapters=chapters(portal.code),
        styles=[Path(current_app.static_folder or "", name).read_text() for name in _STYLES],
        today=clock.today(),
        **_facts(),
    )
    response = make_response(page)
    name = f"manual_{portal.code}_{language.current()}.html"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _facts() -> dict[str, Any]:
    """What chapters tell that is not theirs to decide."""
    return {"folder": f"manual/{language.current()}", "times": rpc.call("contracts.reflection_times")}
