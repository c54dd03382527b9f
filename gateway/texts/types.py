"""Texts of a value that is not of its field's type, by pydantic's error type: of a request's field or a CSV cell."""

from typing import Any

from flask_babel import lazy_gettext as _l

_NUMBER = (_l("半角数字の整数で指定してください。"),)
_TEXT = (_l("文字列で指定してください。"),)
_DATE = (_l("実在する日付をYYYY-MM-DDの形式で指定してください。"),)
_INSTANT = (_l("日時をタイムゾーン付きのISO 8601形式（例：2026-04-01T09:00:00+09:00）で指定してください。"),)
_CHOICE = (_l("次のいずれかを指定してください：%(expected)s"), _l("指定できる値ではありません。"))

TYPES: dict[str, tuple[Any, ...]] = {
    "missing": (_l("必須の項目です。"),),
    "extra_forbidden": (_l("この項目は指定できません。項目名をご確認ください。"),),
    "unexpected_keyword_argument": (_l("この項目は指定できません。項目名をご確認ください。"),),
    "missing_keyword_only_argument": (_l("必須の項目です。"),),
    "string_type": _TEXT,
    "string_too_short": (_l("%(min_length)s文字以上で指定してください。"), _l("文字数が足りません。")),
    "string_too_long": (_l("%(max_length)s文字以内で指定してください。"), _l("文字数が多すぎます。")),
    "string_pattern_mismatch": (_l("使えない文字が含まれているか、形式が正しくありません。"),),
    "string_unicode": (_l("文字コードが正しくありません。"),),
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": _NUMBER,
    "int_from_float": _NUMBER,
    "bool_type": (_l("trueまたはfalseで指定してください。"),),
    "bool_parsing": (_l("trueまたはfalseで指定してください。"),),
    "float_parsing": _NUMBER,
    "greater_than": (_l("%(gt)sより大きい値を指定してください。"), _l("値が小さすぎます。")),
    "greater_than_equal": (_l("%(ge)s以上の値を指定してください。"), _l("値が小さすぎます。")),
    "less_than": (_l("%(lt)sより小さい値を指定してください。"), _l("値が大きすぎます。")),
    "less_than_equal": (_l("%(le)s以下の値を指定してください。"), _l("値が大きすぎます。")),
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
    "list_type": (_l("配列で指定してください。"),),
    "dict_type": (_l("オブジェクトで指定してください。"),),
    "model_type": (_l("オブジェクトで指定してください。"),),
    "model_attributes_type": (_l("オブジェクトで指定してください。"),),
}
