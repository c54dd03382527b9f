"""The menu of a portal: what its customer can look up or change, in the order of the portal's manual."""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from gateway.auth import access, current_account
from gateway.web.portals import PORTALS

blueprint = Blueprint("selfcare_menu", __name__, url_prefix="/selfcare")


@dataclass(frozen=True)
class Entry:
    """`name` is also that of the entry's chapter in the manual; `endpoint` and `arguments` make the address that the
    entry leads to, its guidance; `icon` is a name in icons.html.
    """

    name: str
    endpoint: str
    icon: str
    title: Any
    text: Any
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Entries under a title; the only one of a menu that needs no title has none."""

    title: Any
    entries: tuple[Entry, ...]


_CONTRACTS = Entry(
    "contracts",
    "selfcare_contracts.guidance",
    "document",
    _l("ご契約情報照会"),
    _l("ご契約内容と、電話番号ごとの回線情報を一覧で確認できます。"),
)
_USAGE = Entry(
    "usage",
    "selfcare_usage.guidance",
    "list",
    _l("ご利用状況照会"),
    _l("通話の回数、時間、料金を、電話番号ごとに確認できます。"),
)
_CALL_DETAILS = Entry(
    "call-details",
    "selfcare_call_details.guidance",
    "search",
    _l("明細照会"),
    _l(
        "通話先の電話番号、日時、時間、料金などを、1通話ごとに確認できます。ご利用には、別途お申し込み（無料）が必要です。"
    ),
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
_MORE_NUMBERS = Entry(
    "applications",
    "selfcare_applications.guidance",
    "plus",
    _l("050番号追加申込"),
    _l("ご契約に、050番号を追加でお申し込みいただけます。"),
)
_MORE_IP_NUMBERS = Entry(
    "applications",
    "selfcare_applications.guidance",
    "plus",
    _l("IP電話番号（050番号）追加申込"),
    _l("IP電話番号（050番号）を追加でお申し込みいただけます。"),
)
_PAIR_REGISTER = Entry(
    "pair-register",
    "selfcare_pairs.guidance",
    "mobile",
    _l("モバイルチョイス050登録"),
    _l("IP電話番号（050番号）と携帯電話番号の紐付けを登録できます。"),
    {"kind": "register"},
)
_PAIR_RELEASE = Entry(
    "pair-release",
    "selfcare_pairs.guidance",
    "minus",
    _l("モバイルチョイス050解除"),
    _l("IP電話番号（050番号）と携帯電話番号の紐付けを解除できます。"),
    {"kind": "release"},
)
_MASTERS = Entry(
    "masters",
    "selfcare_masters.guidance",
    "list",
    _l("マスタテーブル設定（グループ・利用制限）"),
    _l("グループと利用制限のマスタ情報を設定・変更できます。"),
)
_ASSIGNMENTS = Entry(
    "assignments",
    "selfcare_assignments.guidance",
    "person",
    _l("グループ・利用制限設定・内容変更"),
    _l("電話番号ごとのグループと利用制限の設定を変更できます。"),
)
_REJECTIONS = Entry(
    "rejections",
    "selfcare_rejections.guidance",
    "cross",
    _l("着信拒否一括登録・削除"),
    _l("着信を拒否したい番号の登録と削除を、一括で設定できます。"),
)
_BULK = Entry(
    "bulk",
    "selfcare_bulk.guidance",
    "upload",
    _l("アップロード・ダウンロード"),
    _l("モバイルチョイス“050”の登録、更新、解除を、CSVファイルで一括して行えます。"),
)
_CARD = Entry(
    "card",
    "selfcare_card.guidance",
    "yen",
    _l("クレジットカード情報登録・変更"),
    _l("お支払いに使うクレジットカードを登録・変更できます。"),
)
_PASSWORD = Entry(
    "password",
    "selfcare_own_password.guidance",
    "lock",
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
_INQUIRY = _l("情報照会サービス")
_SETTINGS = _l("各種サービス設定・変更")

MENUS: dict[str, tuple[Group, ...]] = {
    "ip_phone": (
        Group(_INQUIRY, (_CONTRACTS, _USAGE, _CALL_DETAILS)),
        Group(_SETTINGS, (_LINE_PASSWORD, _ADDON_PASSWORD, _MORE_NUMBERS)),
        Group(_l("お支払いとログイン"), (_CARD, _PASSWORD, _SESSIONS)),
    ),
    "mobile_choice": (
        Group(
            _SETTINGS,
            (
                _MORE_IP_NUMBERS,
                _PAIR_REGISTER,
                _PAIR_RELEASE,
                _MASTERS,
                _ASSIGNMENTS,
                _REJECTIONS,
                _BULK,
            ),
        ),
        Group(_l("ご契約とログイン"), (_CONTRACTS, _PASSWORD, _SESSIONS)),
    ),
    "free_voice": (
        Group(_INQUIRY, (_CONTRACTS, _USAGE, _CALL_DETAILS)),
        Group(_SETTINGS, (_PASSWORD, _SESSIONS)),
    ),
}


def entries(portal: str) -> tuple[Entry, ...]:
    """All entries of the portal's menu, in their order."""
    return tuple(entry for group in MENUS[portal] for entry in group.entries)


@blueprint.get("/menu")
@access("selfcare")
def show() -> str:
    account = current_account()
    assert account is not None
    return render_template("selfcare/menu.html", portal=PORTALS[account.portal], menu=MENUS[account.portal])
