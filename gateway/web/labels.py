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
    "ordered": Label(_l("発注済"), "quiet", "clock"),
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

ORDER_KIND = {
    "NS": _l("新規出荷"),
    "RC": _l("リチャージ"),
    "GR": _l("リチャージ(大規模シェア)"),
    "CS": _l("一時停止"),
    "RS": _l("一時停止解除"),
    "SR": _l("SIM再発行"),
    "SG": _l("シェア登録"),
    "SC": _l("シェア変更"),
    "SD": _l("シェア削除"),
    "PR": _l("SIM情報変更"),
    "OP": _l("オプション登録・変更・解除"),
    "TM": _l("解約"),
}

ITEM_STATE = {
    "pending": Label(_l("未処理"), "quiet", "clock"),
    "in_progress": Label(_l("処理中"), "active", "cycle"),
    "completed": Label(_l("完了"), "good", "check"),
    "failed": Label(_l("異常終了"), "bad", "cross"),
    "cancelled": Label(_l("取消"), "quiet", "minus"),
}

# What customers can be told of their orders by mail.
HAPPENING = {
    "accepted": _l("受付"),
    "changed": _l("変更"),
    "shipped": _l("出荷"),
    "completed": _l("完了"),
    "failed": _l("異常終了"),
    "cancelled": _l("取消"),
}

ORDER_TROUBLE = {
    "failed": Label(_l("異常終了・未対応"), "bad", "cross"),
    "overdue": Label(_l("予定時刻超過"), "warning", "clock"),
}

JOB_STATE = {
    "waiting": Label(_l("待機中"), "quiet", "clock"),
    "started": Label(_l("実行中"), "active", "cycle"),
    "done": Label(_l("完了"), "good", "check"),
    "failed": Label(_l("失敗"), "bad", "cross"),
    "obsolete": Label(_l("不要"), "quiet", "minus"),
    "cancelled": Label(_l("取消"), "quiet", "minus"),
}

# What a customer should know before an order is placed, by the code of a quote's notice.
ORDER_NOTICE = {
    "reissue.card": _l(
        "新しいSIMカードは開通した状態でお届けします。出荷の手続きで新しいカードに切り替わると、"
        "いまのSIMは使えなくなります。電話番号は変わりません。電話番号を変える場合は、解約して新規出荷をお申し込みください。"
    ),
    "order.many_sims": _l(
        "100回線を超えるお申し込みは、処理に時間がかかることがあります。回線数と実行日時を、あらかじめ担当営業へご相談ください。"
    ),
    "plan_change.in_group": _l(
        "シェアグループに加入しているSIMがあります。加入中はグループの容量を使うため、プランの容量は脱退後に使われます。"
    ),
    "termination.final": _l(
        "解約すると電話番号は失われ、元に戻すことはできません。使い切っていないリチャージも失われます。"
    ),
    "termination.group_too_small": _l(
        "解約のあと、加入回線が2回線に満たなくなるシェアグループがあります。"
        "グループはそのまま残りますので、シェア変更またはシェア削除をお申し込みください。"
    ),
    "termination.orders_fail": _l(
        "解約日以降に実行される予定の依頼があります。解約のあとは実行できず、異常終了になります。"
    ),
    "esim.discard_old_sim": _l(
        "eSIMに切り替わると、お手元のSIMは使えなくなります。通信できないことをご確認のうえ、破棄してください。"
    ),
}

ORDER_REASON = {
    "carrier.rejected": _l("通信網がこの処理を受け付けませんでした。"),
    "carrier.no_answer": _l("通信網から応答がなく、処理を終えられませんでした。"),
    "plan.withdrawn": _l("新しいプランの提供が終わったため、処理しませんでした。"),
    "recharge.expired": _l("追加する容量の有効期限が過ぎていたため、処理しませんでした。"),
    "sim.in_group": _l("シェアグループに加入したSIMのため、処理しませんでした。"),
    "share.elsewhere": _l("別のシェアグループに入っている番号のため、処理しませんでした。"),
    "share.ended": _l("シェアグループが削除されていたため、処理しませんでした。"),
    "sim.terminated": _l("解約されたSIMのため、処理しませんでした。"),
    "esim.out_of_stock": _l("eSIMの在庫がなく、ご用意できませんでした。"),
}

REFLECTION_FAILURE = {
    "switch.rejected": _l("交換機が拒否しました。"),
    "switch.no_answer": _l("交換機から応答がありませんでした。"),
    "switch.unreadable": _l("保存したパスワードを復号できませんでした。鍵の設定をご確認ください。"),
}

LINE_STATE = {
    "upcoming": Label(_l("開始前"), "quiet", "clock"),
    "in_service": Label(_l("サービス提供中"), "good", "check"),
    "ending": Label(_l("サービス提供中（解約手続き中）"), "warning", "clock"),
    "terminated": Label(_l("解約済み"), "quiet", "minus"),
}

PASSWORD_CHANGE_STATE = {
    "pending": Label(_l("反映待ち"), "warning", "clock"),
    "reflected": Label(_l("反映済み"), "good", "check"),
    "superseded": Label(_l("次の変更に置き換え"), "quiet", "minus"),
    "failed": Label(_l("反映できませんでした"), "bad", "cross"),
}

SERVICE_TYPE = {
    "ip_phone": _l("IP電話"),
    "b2bua": _l("B2BUA"),
    "b2bua_opengate": _l("B2BUA OpenGate"),
    "mobile_choice": _l("モバイルチョイス“050”"),
    "free_voice": _l("フリーボイス・モバイルチョイス"),
    "data_sim": _l("データSIM"),
}

APPLICATION_STATE = {
    "received": Label(_l("受付済"), "active", "clock"),
    "issued": Label(_l("払出し済み"), "good", "check"),
    "declined": Label(_l("お断り"), "bad", "cross"),
    "withdrawn": Label(_l("取下げ"), "quiet", "minus"),
}

TERMINATION_STATE = {
    "registered": Label(_l("登録済"), "active", "clock"),
    "completed": Label(_l("完了"), "good", "check"),
    "withdrawn": Label(_l("取消"), "quiet", "minus"),
}

NUMBER_STATE = {
    "free": Label(_l("空き"), "good", "check"),
    "in_use": Label(_l("使用中"), "active", "phone"),
    "quarantined": Label(_l("再利用待ち"), "quiet", "clock"),
}

SHARE_TYPE = {"large": _l("大規模シェア(R)")}

SHARE_STATE = {
    "upcoming": Label(_l("開始前"), "quiet", "clock"),
    "active": Label(_l("利用中"), "good", "check"),
    "ending": Label(_l("削除予定"), "warning", "clock"),
    "ended": Label(_l("削除済み"), "quiet", "minus"),
}

BUCKET_KIND = {"plan": _l("プラン容量"), "recharge": _l("リチャージ")}

SIM_SERVICE_TYPE = {
    "data": _l("モバイルデータSIMサービス(R)"),
    "mobile_choice": _l("モバイルチョイス“050” × データSIM"),
}

# Of an order: that of its SIMs, or several.
ORDER_SERVICE_TYPE = SIM_SERVICE_TYPE | {"mixed": _l("複数のサービス")}

SIM_RESTRICTED = {True: _l("制限中"), False: _l("なし")}

SIM_TYPE = {"card": _l("SIMカード"), "esim": _l("eSIM")}

CHARGE_KIND = {
    "recharge": _l("リチャージ"),
    "shipment": _l("新規出荷"),
    "share_membership": _l("大規模シェア"),
}

ROLE = {
    "console_viewer": _l("閲覧"),
    "console_operator": _l("申込"),
    "console_administrator": _l("管理者"),
    "staff_support": _l("サポート"),
    "staff_operations": _l("運用"),
    "staff_administrator": _l("管理者"),
}


def roles_of(kind: str) -> list[tuple[str, Any]]:
    """The roles that an account of this kind can be given, the least first; none for self-care."""
    prefix = f"{kind}_"
    return [(code.removeprefix(prefix), text) for code, text in ROLE.items() if code.startswith(prefix)]


ACCOUNT_KIND = {"selfcare": _l("セルフケア"), "console": _l("管理コンソール"), "staff": _l("スタッフ")}

ACCOUNT_STATE = {
    "enabled": Label(_l("有効"), "good", "check"),
    "disabled": Label(_l("停止中"), "warning", "pause"),
}

KEY_STATE = {
    "active": Label(_l("有効"), "good", "check"),
    "expired": Label(_l("期限切れ"), "quiet", "clock"),
    "revoked": Label(_l("失効済"), "quiet", "minus"),
}

FACTOR = {"totp": _l("ワンタイムパスワード"), "passkey": _l("パスキー")}

REISSUE_REASON = {"lost_or_stolen": _l("盗難・紛失"), "other": _l("その他")}

SHIPMENT_STATE = {
    "waiting": Label(_l("引渡し待ち"), "active", "clock"),
    "in_transit": Label(_l("配送中"), "active", "truck"),
    "arrived": Label(_l("到着済"), "good", "check"),
    "failed": Label(_l("切替に失敗"), "bad", "cross"),
    "cancelled": Label(_l("取消"), "quiet", "minus"),
}

STOCK_STATE = {
    "free": Label(_l("空き"), "good", "check"),
    "reserved": Label(_l("引当済"), "active", "clock"),
    "assigned": Label(_l("割当済"), "quiet", "sim"),
    "retired": Label(_l("除外"), "bad", "minus"),
}

IMPORT_KIND = {
    "customers": _l("顧客"),
    "contracts": _l("契約"),
    "lines": _l("回線"),
    "numbers": _l("番号"),
    "terminations": _l("解約の登録"),
    "calls": _l("通話記録"),
    "accounts": _l("アカウント"),
    "sims": _l("SIM"),
    "usage": _l("データ使用量"),
    "stock": _l("SIM在庫"),
    "shipments": _l("出荷の引渡し"),
}

# What the audit trail names; those of services to come are shown as they are.
ACTION = {
    "shipment.prepared": _l("出荷するカードを選択"),
    "shipment.handed_over": _l("出荷に引渡し"),
    "shipment.arrived": _l("到着を登録"),
    "stock.retired": _l("在庫から除外"),
    "login.password": _l("パスワードでのログイン"),
    "login.code": _l("認証コードの入力"),
    "login.completed": _l("ログイン完了"),
    "factor.used": _l("2段階認証"),
    "factor.refused": _l("2段階認証の失敗"),
    "factor.added": _l("認証方法を登録"),
    "factor.removed": _l("認証方法を削除"),
    "recovery_codes.renewed": _l("リカバリーコードを再発行"),
    "session.proved": _l("本人確認"),
    "session.ended": _l("ログアウト"),
    "session.ended_others": _l("ほかのログインを終了"),
    "password.changed": _l("パスワードを変更"),
    "password.refused": _l("パスワード変更を拒否"),
    "recovery.started": _l("メールアドレスの再登録を開始"),
    "recovery.refused": _l("メールアドレスの再登録を拒否"),
    "email.changed": _l("メールアドレスを変更"),
    "account.created": _l("アカウントを作成"),
    "account.changed": _l("アカウントを変更"),
    "account.reset": _l("アカウントを再設定"),
    "account.deleted": _l("アカウントを削除"),
    "policy.changed": _l("2段階認証の設定を変更"),
    "key.created": _l("APIキーを作成"),
    "key.revoked": _l("APIキーを失効"),
    "activation.shown": _l("eSIMのアクティベーションコードを表示"),
    "line_password.shown": _l("回線のパスワードを表示"),
    "line_password.exported": _l("回線のパスワードをダウンロード"),
    "line_password.changed": _l("IP加入電話パスワードを変更"),
    "line_password.retried": _l("IP加入電話パスワードの反映を再試行"),
    "addon_password.changed": _l("付加サービスパスワードを変更"),
    "pair.registered": _l("モバイルチョイス050を登録"),
    "pair.released": _l("モバイルチョイス050を解除"),
    "line_choices.applied": _l("アップロードを反映"),
    "line_group.added": _l("グループを登録"),
    "line_group.changed": _l("グループを変更"),
    "line_group.deleted": _l("グループを削除"),
    "usage_limit.added": _l("利用制限を登録"),
    "usage_limit.changed": _l("利用制限を変更"),
    "usage_limit.deleted": _l("利用制限を削除"),
    "line_choice.assigned": _l("回線のグループ・利用制限を設定"),
    "rejections.registered": _l("着信拒否を登録"),
    "rejections.deleted": _l("着信拒否を削除"),
    "call_details.applied": _l("明細照会を申込"),
    "call_details.cancelled": _l("明細照会の申込を取消"),
    "card.registered": _l("カードを登録"),
    "card.removed": _l("カードを削除"),
    "card.refused": _l("カードの登録を拒否"),
    "application.placed": _l("050番号追加を申込"),
    "application.withdrawn": _l("050番号追加申込を取下げ"),
    "application.issued": _l("050番号を払出し"),
    "application.declined": _l("050番号追加申込をお断り"),
    "number.removed": _l("番号を番号プールから除外"),
    "termination.registered": _l("解約を登録"),
    "termination.completed": _l("解約を完了"),
    "termination.withdrawn": _l("解約の登録を取消"),
    "file.imported": _l("CSV取込"),
    "mail_settings.changed": _l("依頼のメール通知を変更"),
    "order.retried": _l("異常終了した依頼を再試行"),
    "order.resolved_done": _l("異常終了した依頼を実施済みと記録"),
    "order.resolved_not_done": _l("異常終了した依頼を未実施と記録"),
}

_REFUSAL = {
    "card.already_registered": _l("登録済みのカード"),
    "card.brand": _l("対象外のブランド"),
    "card.debit": _l("対象外のデビットカード"),
    "card.unusable": _l("利用できないカード"),
    "throttled": _l("待ち時間中"),
    "unknown_id": _l("不明なID"),
    "wrong_password": _l("パスワード誤り"),
    "password.wrong": _l("パスワード誤り"),
    "disabled": _l("停止中"),
    "initial_password_expired": _l("初期パスワードの期限切れ"),
    "not_admitted": _l("対象外の窓口"),
    "mail_capped": _l("メールの上限"),
    "wrong": _l("入力誤り"),
    "expired": _l("期限切れ"),
    "unusable": _l("利用不可"),
    "cloned": _l("複製の疑い"),
    "recovery.mismatch": _l("連絡先の不一致"),
    "recovery.blocked": _l("受付停止中"),
}


def audit_result(result: str) -> Label:
    """How an audited action ended: done, or why it was refused."""
    if result == "done":
        return Label(_l("完了"), "good", "check")
    return Label(_REFUSAL.get(result, result), "bad", "cross")
