"""Names of the columns of the list of orders, on its page and in its file: the nine of the manual."""

from flask_babel import lazy_gettext as _l

COLUMNS = {
    "customer": _l("顧客名"),
    "number": _l("依頼番号"),
    "kind": _l("依頼種別"),
    "service_type": _l("サービス種別"),
    "applicant": _l("申込担当者"),
    "accepted_at": _l("依頼受付日"),
    "executed_on": _l("依頼実行日"),
    "cancelled_on": _l("依頼取消日"),
    "status": _l("依頼ステータス"),
}
