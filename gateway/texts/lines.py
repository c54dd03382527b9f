"""Names of the columns of the line table, on its page and in its file: No and the ten of the manual."""

from flask_babel import lazy_gettext as _l

# A contract's plan may hide some of them.
COLUMNS = {
    "number": _l("No"),
    "phone_number": _l("電話番号"),
    "account_id": _l("アカウントID"),
    "line_password": _l("加入電話パスワード"),
    "addon_password": _l("付加サービスパスワード"),
    "start_date": _l("サービス開始日"),
    "end_date": _l("サービス終了日"),
    "channels": _l("チャンネル"),
    "notified_number": _l("特定番号通知"),
    "pilot_number": _l("代表着信"),
    "mobile_number": _l("モバイルチョイス"),
}
