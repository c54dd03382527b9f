"""The menu of a portal: what its customer can look up or change."""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from gateway.auth import access, current_account
from gateway.web.portals import PORTALS

blueprint = Blueprint("selfcare_menu", __name__, url_prefix="/selfcare")


@dataclass(frozen=True)
class Entry:
    """`endpoint` and `arguments` make the address that the entry leads to, `icon` is a name in icons.html."""

    name: str
    endpoint: str
    icon: str
    title: Any
    text: Any
    arguments: dict[str, str] = field(default_factory=dict)


_CONTRACTS = Entry(
    "contracts",
    "selfcare_contracts.guidance",
    "document",
    _l("ご契約情報照会"),
    _l("ご契約内容と、電話番号ごとの回線情報を一覧で確認できます。"),
)
_LINE_PASSWORD = Entry(
    "line-password",
    "selfcare_password_change.guidance",
    "key",
    _l("IP加入電話パスワード変更"),
    _l("IP電話対応機器が使うパスワードを、電話番号ごとに変更できます。"),
    {"kind": "line"},
)
_ADDON_PASSWORD = Entry(
    "addon-password",
    "selfcare_password_change.guidance",
    "key",
    _l("付加サービスパスワード変更"),
    _l("着信転送などの設定に使うパスワードを、電話番号ごとに変更できます。"),
    {"kind": "addon"},
)
_PASSWORD = Entry(
    "password",
    "account_password.change",
    "key",
    _l("セルフケアパスワード変更"),
    _l("この窓口へのログインに使うパスワードを変更できます。"),
)
_SESSIONS = Entry(
    "sessions",
    "account_sessions.listing",
    "window",
    _l("ログイン中の端末"),
    _l("どの端末でログインしているかを確認し、ほかの端末でのログインを終了できます。"),
)
_INQUIRY, _SETTINGS = _l("情報照会サービス"), _l("各種サービス設定・変更")
# by portal: groups of entries under their titles
_MENUS = {
    "ip_phone": (
        (_INQUIRY, (_CONTRACTS,)),
        (_SETTINGS, (_LINE_PASSWORD, _ADDON_PASSWORD, _PASSWORD, _SESSIONS)),
    ),
    "mobile_choice": (("", (_CONTRACTS, _PASSWORD, _SESSIONS)),),
    "free_voice": ((_INQUIRY, (_CONTRACTS,)), (_SETTINGS, (_PASSWORD, _SESSIONS))),
}


@blueprint.get("/menu")
@access("selfcare")
def show() -> str:
    account = current_account()
    assert account is not None
    return render_template("selfcare/menu.html", portal=PORTALS[account.portal], menu=_MENUS[account.portal])
