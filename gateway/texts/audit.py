"""Names of the columns of the audit trail, on its pages and in its file."""

from flask_babel import lazy_gettext as _l

COLUMNS = {
    "seq": _l("記録番号"),
    "at": _l("時刻"),
    "login_id": _l("実行者"),
    "kind": _l("実行者の種別"),
    "customer_code": _l("顧客番号"),
    "action": _l("操作"),
    "target": _l("対象"),
    "result": _l("結果"),
    "client_ip": _l("IPアドレス"),
    "user_agent": _l("ブラウザー"),
    "details": _l("詳細"),
    "correlation_id": _l("受付番号"),
}
