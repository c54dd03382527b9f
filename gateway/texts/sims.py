"""The SIM list: titles of its columns, on the page and in the file, and refusals of choosing SIMs."""

from typing import Any

from flask_babel import lazy_gettext as _l

SIM_COLUMNS: dict[str, Any] = {
    "sim_serial": _l("SIM製造番号"),
    "msisdn": _l("電話番号"),
    "status": _l("ステータス"),
    "used": _l("データ使用量/契約容量(GB)"),
    "remaining": _l("残容量(GB)"),
    "restricted": _l("速度制限"),
    "service_type": _l("サービス種別"),
    "plan": _l("契約プラン"),
    "sim_type": _l("SIM種別"),
    "project_name": _l("案件名"),
    "as_of": _l("集計時点"),
}

SIM_FILE_COLUMNS: dict[str, Any] = {
    "sim_serial": _l("SIM製造番号"),
    "msisdn": _l("電話番号"),
    "status": _l("ステータス"),
    "service_type": _l("サービス種別"),
    "project_name": _l("案件名"),
    "plan": _l("契約プラン"),
    "options": _l("オプション"),
    "sim_type": _l("SIM種別"),
    "sim_size": _l("SIMサイズ"),
    "used_bytes": _l("データ使用量(GB)"),
    "capacity_bytes": _l("契約容量(GB)"),
    "remaining_bytes": _l("残容量(GB)"),
    "restricted": _l("速度制限"),
    "as_of": _l("集計時点"),
}

SIMS: dict[str, tuple[Any, ...]] = {
    "sims.none": (_l("対象の回線が選ばれていません。1回線以上を選んでから進んでください。"),),
    "sims.too_many": (
        _l("一度に選べるのは%(limit)s回線までです。検索条件で絞り込むか、分けてお申し込みください。"),
    ),
    "sims.no_numbers": (
        _l("ファイルに電話番号がありません。1行に1件ずつ、ハイフン付きの番号を入れてください。"),
    ),
    "sims.numbers_refused": (
        _l(
            "ファイルに%(count)s件の誤りがあるため、どの番号も選択していません。下の表の行を直して、もう一度アップロードしてください。"
        ),
    ),
    "sims.number_unknown": (_l("この番号のSIMはありません。番号を直すか、この行を削除してください。"),),
    "sims.number_wrong_status": (
        _l("この番号のSIMは、現在のステータスではこの依頼の対象にできません。この行を削除してください。"),
    ),
}
