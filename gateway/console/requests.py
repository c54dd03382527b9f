"""各種依頼: the way to every request, in the groups of the guide."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from gateway.auth import access
from gateway.console.roles import demand_order_role

blueprint = Blueprint("console_requests", __name__, url_prefix="/console/requests")


@dataclass(frozen=True)
class Entry:
    """`endpoint` is the page that it leads to, `icon` a name in icons.html."""

    name: str
    endpoint: str
    icon: str
    title: Any
    text: Any


@dataclass(frozen=True)
class Group:
    letter: str
    title: Any
    entries: tuple[Entry, ...]


MENU = (
    Group(
        "A",
        _l("データシェア（大規模シェア）"),
        (
            Entry(
                "share-register",
                "console_share_registration.begin",
                "plus",
                _l("シェア登録"),
                _l("2回線から1,000回線までのグループを作り、容量を分け合います。"),
            ),
            Entry(
                "share-change",
                "console_share_change.search",
                "cycle",
                _l("シェア変更"),
                _l("グループの名前や、加入する回線を変更します。"),
            ),
            Entry(
                "share-delete",
                "console_share_deletion.search",
                "minus",
                _l("シェア削除"),
                _l("グループをなくし、回線ごとの容量に戻します。"),
            ),
        ),
    ),
    Group(
        "B",
        _l("リチャージ"),
        (
            Entry(
                "recharge",
                "console_recharges.search",
                "plus",
                _l("リチャージ"),
                _l("SIMに容量を追加します。速度制限は解除されます。"),
            ),
            Entry(
                "group-recharge",
                "console_group_recharges.search",
                "plus",
                _l("リチャージ（大規模シェア）"),
                _l("シェアグループ全体で使う容量を追加します。"),
            ),
        ),
    ),
    Group(
        "C",
        _l("一時停止・一時停止解除"),
        (
            Entry(
                "suspension",
                "console_suspensions.select",
                "pause",
                _l("一時停止"),
                _l("選んだ回線の通信を、解除するまで止めます。"),
            ),
            Entry(
                "resumption",
                "console_resumptions.select",
                "check",
                _l("一時停止解除"),
                _l("一時停止中の回線の通信を再開します。"),
            ),
        ),
    ),
    Group(
        "D",
        _l("SIM再発行"),
        (
            Entry(
                "reissue",
                "console_reissues.select",
                "sim",
                _l("SIM再発行"),
                _l("電話番号はそのままで、SIMカードまたはeSIMを作り直します。"),
            ),
        ),
    ),
    Group(
        "E",
        _l("依頼の取消"),
        (
            Entry(
                "cancel",
                "console_orders.listing",
                "cross",
                _l("依頼取消"),
                _l("依頼一覧から、まだ処理が始まっていない依頼を選んで取り消します。"),
            ),
        ),
    ),
    Group(
        "F",
        _l("SIMの発注・契約の変更・解約"),
        (
            Entry(
                "shipment",
                "console_shipments.new",
                "truck",
                _l("新規出荷"),
                _l("新しいSIMを取り寄せます。"),
            ),
            Entry(
                "plan-change",
                "console_plan_changes.select",
                "document",
                _l("SIM情報変更"),
                _l("契約プランや案件名を変更します。"),
            ),
            Entry(
                "options",
                "console_options.select",
                "list",
                _l("オプション登録・変更・解除"),
                _l("回線ごとのオプションを登録、変更、解除します。"),
            ),
            Entry(
                "termination",
                "console_terminations.select",
                "way-out",
                _l("解約"),
                _l("回線の契約を終わりにします。電話番号は元に戻せません。"),
            ),
        ),
    ),
)


@blueprint.get("")
@access("console")
def menu() -> str:
    demand_order_role()
    return render_template("console/requests.html", menu=MENU)
