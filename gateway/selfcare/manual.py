"""The manual of a portal: a chapter a menu entry, to read in the portal and to take along as one file.

A chapter's text is `templates/manual/<language>/<name>.html`.
"""

from typing import Any

from flask import Blueprint, Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import language, rpc
from gateway.account import own_account, render
from gateway.auth import access
from gateway.selfcare.menu import entries
from gateway.web.manual import Chapter, one_file, opened
from gateway.web.portals import PORTALS

blueprint = Blueprint("selfcare_manual", __name__, url_prefix="/selfcare/manual")

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
    """One chapter. Raises NotFound for none of the reader's portal."""
    known = chapters(own_account().portal)
    return render("selfcare/manual_chapter.html", **opened(known, name), **_facts())


@blueprint.get("/download")
@access("selfcare")
def download() -> Response:
    portal = PORTALS[own_account().portal]
    title = _("%(portal)s マニュアル", portal=portal.name)
    return one_file(title, "selfcare", portal.code, chapters(portal.code), _facts() | {"portal": portal})


def _facts() -> dict[str, Any]:
    """What chapters tell that is not theirs to decide."""
    return {"folder": f"manual/{language.current()}", "times": rpc.call("contracts.reflection_times")}
