"""アップロード・ダウンロード: titles of the file's columns, names of changes, texts of refusals."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from gateway.web.labels import Label

# The header of the file, in every language.
FILE_TITLES = {
    "phone_number": "050番号",
    "mobile_number": "携帯番号",
    "group_code": "グループコード",
    "limit_code": "利用制限コード",
}

COLUMNS = {
    "phone_number": _l("050番号"),
    "mobile_number": _l("携帯番号"),
    "group_code": _l("グループコード"),
    "limit_code": _l("利用制限コード"),
}

KINDS = {
    "added": Label(_l("携帯番号の登録"), "good", "plus"),
    "changed": Label(_l("設定の変更"), "active", "cycle"),
    "released": Label(_l("携帯番号の解除"), "warning", "minus"),
}

BULK: dict[str, tuple[Any, ...]] = {
    "bulk.unknown": (
        _l(
            "該当するアップロードが見つかりません。検証から1日が過ぎたものは、ファイルをもう一度アップロードしてください。"
        ),
    ),
    "bulk.changed_since": (
        _l(
            "検証の後に、対象の回線の設定が変わりました。何も反映していません。ファイルをもう一度アップロードして、変更内容をご確認ください。"
        ),
    ),
    "bulk.no_rows": (_l("見出し行の下に、回線の行がありません。1行以上入力してください。"),),
    "bulk.too_many_rows": (
        _l(
            "ファイルに%(rows)s行あります。一度にアップロードできるのは%(limit)s行までです。ファイルを分けてください。"
        ),
        _l("行が多すぎます。ファイルを分けてください。"),
    ),
    "bulk.line_unknown": (_l("このご契約の電話番号ではありません。番号をご確認ください。"),),
    "bulk.terminated": (_l("この番号は解約済みです。行を削除してください。"),),
    "bulk.not_ip_phone": (_l("携帯番号を登録できるのは050番号だけです。携帯番号を空欄にしてください。"),),
    "bulk.mobile_format": (
        _l("携帯番号は、070・080・090で始まる11桁の半角数字で、ハイフンなしで指定してください。"),
    ),
    "bulk.mobile_paired": (
        _l(
            "この携帯番号は、ファイルにない050番号に登録されています。先に解除するか、別の番号を指定してください。"
        ),
    ),
    "bulk.group_unknown": (_l("登録されていないグループコードです。マスタテーブル設定でご確認ください。"),),
    "bulk.limit_unknown": (_l("登録されていない利用制限コードです。マスタテーブル設定でご確認ください。"),),
}


def difference_titles() -> dict[str, Any]:
    """Titles of the columns of a file of changes."""
    titles: dict[str, Any] = {
        "row": gettext("ファイルの行"),
        "kind": gettext("変更の種類"),
        "phone_number": COLUMNS["phone_number"],
    }
    for side, template in (("before", gettext("変更前の%(title)s")), ("after", gettext("変更後の%(title)s"))):
        for name in ("mobile_number", "group_code", "limit_code"):
            titles[f"{side}_{name}"] = template % {"title": COLUMNS[name]}
    return titles
