"""Usage and call details: texts of refusals by code, and the names of columns on pages and in files."""

from typing import Any

from flask_babel import lazy_gettext as _l

CALLS: dict[str, tuple[Any, ...]] = {
    "calls.month_format": (_l("月は、2026-03のように年と月で指定してください。"),),
    "calls.month_not_kept": (
        _l("照会できる月は%(first)sから%(last)sまでです。この範囲の月を指定してください。"),
    ),
    "calls.range_reversed": (_l("期間の終わりが始まりより前です。日付をご確認ください。"),),
    "calls.destination_not_digits": (
        _l("通話先電話番号は、ハイフンなしの半角数字で、先頭から入力してください。"),
    ),
    "calls.destination_too_short": (_l("通話先電話番号は、先頭から%(minimum)s桁以上を入力してください。"),),
    "call_details.not_applied": (
        _l(
            "明細照会をご利用いただくには、お申し込み（無料）が必要です。明細照会の画面からお申し込みください。"
        ),
    ),
}

USAGE_COLUMNS = {
    "number": _l("No"),
    "phone_number": _l("電話番号"),
    "calls": _l("通話回数"),
    "duration": _l("通話時間"),
    "charge_yen": _l("通話料金"),
}
CALL_COLUMNS = {
    "started_at": _l("通話日時"),
    "phone_number": _l("電話番号"),
    "destination": _l("通話先電話番号"),
    "call_type": _l("通話種別"),
    "duration": _l("通話時間"),
    "charge_yen": _l("通話料金"),
}
CALL_TYPE = {
    "domestic": _l("国内通話"),
    "mobile": _l("携帯電話への通話"),
    "international": _l("国際通話"),
    "other": _l("その他"),
}
