"""Names of states and kinds as the manuals write them, and the shape that goes with each.

A state is told by its word and its shape; colour only supports them.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Label:
    """`tone` is a class of the style sheet (good, active, warning, bad, quiet), `icon` a name in icons.html."""

    text: Any
    tone: str
    icon: str


SIM_STATUS = {
    "active": Label(_l("開通済"), "good", "check"),
    "suspended": Label(_l("一時停止中"), "warning", "pause"),
    "terminated": Label(_l("解約"), "quiet", "minus"),
    "reissuing": Label(_l("再発行"), "active", "cycle"),
    "error": Label(_l("異常終了"), "bad", "cross"),
    "ordered": Label(_l("手配中"), "quiet", "clock"),
    "shipped": Label(_l("出荷済"), "active", "truck"),
}

ORDER_STATUS = {
    "pending": Label(_l("未処理"), "quiet", "clock"),
    "in_progress": Label(_l("処理中"), "active", "cycle"),
    "completed": Label(_l("完了"), "good", "check"),
    "partially_failed": Label(_l("一部異常"), "warning", "triangle"),
    "failed": Label(_l("異常終了"), "bad", "cross"),
    "cancelled": Label(_l("取消"), "quiet", "minus"),
}

ORDER_KIND = {"RC": _l("リチャージ")}

ORDER_REASON = {
    "carrier.rejected": _l("通信網がこの処理を受け付けませんでした。"),
    "carrier.no_answer": _l("通信網から応答がなく、処理を終えられませんでした。"),
    "recharge.expired": _l("追加する容量の有効期限が過ぎていたため、処理しませんでした。"),
}

BUCKET_KIND = {"plan": _l("プラン容量"), "recharge": _l("リチャージ")}

SIM_TYPE = {"card": _l("SIMカード"), "esim": _l("eSIM")}

CHARGE_KIND = {"recharge": _l("リチャージ")}

ROLE = {
    "console_viewer": _l("閲覧"),
    "console_operator": _l("申込"),
    "console_administrator": _l("管理者"),
    "staff_support": _l("サポート"),
    "staff_operations": _l("運用"),
    "staff_administrator": _l("管理者"),
}

IMPORT_KIND = {
    "customers": _l("顧客"),
    "contracts": _l("契約"),
    "lines": _l("回線"),
    "accounts": _l("アカウント"),
    "sims": _l("SIM"),
    "usage": _l("データ使用量"),
}
