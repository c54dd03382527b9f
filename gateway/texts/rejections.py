"""Texts about lists of rejected callers, by code: refusals, and what is wrong in or to be noted about a row."""

from typing import Any

from flask_babel import lazy_gettext as _l

# A file that is taken and sent back has them as its header.
COLUMNS = {"phone_number": _l("050番号"), "rejected_number": _l("着信拒否番号")}

REJECTIONS: dict[str, tuple[Any, ...]] = {
    "rejection.encoding": (
        _l("文字コードを判別できません。UTF-8またはShift_JIS（CP932）のCSVで保存し直してください。"),
    ),
    "rejection.too_large": (
        _l("リストは%(limit)sバイトまでです。分割して、送信し直してください。"),
        _l("リストが大きすぎます。分割して、送信し直してください。"),
    ),
    "rejection.two_lists": (
        _l("貼り付けた内容とファイルの両方があります。どちらか一方だけにしてください。"),
    ),
    "rejection.empty": (_l("番号が1行もありません。番号を貼り付けるか、CSVファイルを選んでください。"),),
    "rejection.too_many_rows": (
        _l("一度に扱えるのは%(limit)s行までです。分割して、送信し直してください。"),
        _l("行数が多すぎます。分割して、送信し直してください。"),
    ),
    "rejection.rejected": (
        _l(
            "%(error_count)s件の誤りがあるため、1行も反映していません。誤りのある行を直して、もう一度お試しください。"
        ),
        _l("誤りがあるため、1行も反映していません。誤りのある行を直して、もう一度お試しください。"),
    ),
    "rejection.prefix": (_l("着信拒否番号は、先頭から半角数字（ハイフンなし）で入力してください。"),),
    "rejection.unknown": (
        _l("この着信拒否は登録されていません。削除済みの場合があります。一覧を表示し直してください。"),
    ),
    "rejection.not_csv": (_l("CSVとして読み取れません。引用符の閉じ忘れなどをご確認ください。"),),
    "rejection.columns": (
        _l("「050番号,着信拒否番号」の2列にしてください（この行は%(found)s列です）。"),
        _l("「050番号,着信拒否番号」の2列にしてください。"),
    ),
    "rejection.line_format": (
        _l("050番号は、ハイフンなしの半角数字で入力してください（例：05012345678）。"),
    ),
    "rejection.number_format": (
        _l("着信拒否番号は、0から始まる10桁から14桁の半角数字（ハイフンなし）で入力してください。"),
    ),
    "rejection.duplicate": (
        _l("%(first_row)s行目と同じ内容です。どちらかを削除してください。"),
        _l("同じ内容の行がほかにもあります。どちらかを削除してください。"),
    ),
    "rejection.line_unknown": (
        _l("この050番号の回線は、このご契約に見つかりません。番号をご確認ください。"),
    ),
    "rejection.line_terminated": (_l("この050番号の回線は解約済みです。行を削除してください。"),),
    "rejection.line_full": (
        _l("この回線に登録できる着信拒否番号は%(limit)s件までです。使わない番号を削除してください。"),
        _l("この回線に登録できる件数の上限を超えます。使わない番号を削除してください。"),
    ),
    "rejection.known": (_l("既に登録されているため、変更はありません。"),),
    "rejection.absent": (_l("登録されていないため、変更はありません。"),),
}
