"""Data usage of SIMs: texts of refusals by code, and the names of columns in files."""

from typing import Any

from flask_babel import lazy_gettext as _l

DATA_USAGE: dict[str, tuple[Any, ...]] = {
    "usage.month": (
        _l("月は、2026-03のように年と月で指定してください。照会できる月は%(first)sから%(last)sまでです。"),
    ),
    "import.usage_too_old": (
        _l("保存期間より前の使用量です。%(first_month)s以降の使用量だけを取り込めます。"),
        _l("保存期間より前の使用量です。この行を削除してください。"),
    ),
    "import.usage_in_future": (_l("使用日時が現在より後です。日時をご確認ください。"),),
    "import.number_shares": (
        _l(
            "大規模シェアに登録された番号は、取り込みでは変更できません。シェア変更でグループから外すか、元の番号のまま取り込んでください。"
        ),
    ),
}

DAILY_COLUMNS = {
    "sim_serial": _l("SIM製造番号"),
    "msisdn": _l("電話番号"),
    "day": _l("日付"),
    "bytes": _l("使用量（バイト）"),
}
