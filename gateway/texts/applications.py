"""Texts of refusals about applications for more numbers, the pool of numbers, and terminations, by code."""

from typing import Any

from flask_babel import lazy_gettext as _l

APPLICATIONS: dict[str, tuple[Any, ...]] = {
    "application.family": (
        _l(
            "このご契約では、050番号を追加できません。IP電話またはモバイルチョイス“050”のご契約を選んでください。"
        ),
    ),
    "application.count": (
        _l("番号数は、1から%(maximum)sまでの半角数字で入力してください。"),
        _l("番号数を確認し、半角数字で入力してください。"),
    ),
    "application.channels": (
        _l("チャンネル数は、1から%(maximum)sまでの半角数字で入力してください。"),
        _l("チャンネル数を確認し、半角数字で入力してください。"),
    ),
    "application.contact_name": (_l("ご担当者名を、100文字以内で入力してください。"),),
    "application.contact_phone": (
        _l("連絡先電話番号は、0で始まる10桁または11桁の半角数字で、ハイフンなしで入力してください。"),
    ),
    "application.contact_email": (
        _l("連絡先メールアドレスの形式が正しくありません。半角で入力してください（例：taro@example.jp）。"),
    ),
    "application.too_many_open": (
        _l(
            "受付済のお申し込みが%(maximum)s件あります。払出しをお待ちになるか、不要なお申し込みを取り下げてください。"
        ),
        _l("受付済のお申し込みが多すぎます。不要なお申し込みを取り下げてください。"),
    ),
    "application.unknown": (_l("該当するお申し込みが見つかりません。一覧から選び直してください。"),),
    "application.not_open": (
        _l("このお申し込みは、受付済の状態ではありません。表示し直して、状態をご確認ください。"),
    ),
    "application.reason": (_l("お断りの理由を入力してください。お客様に表示されます。"),),
    "application.numbers_count": (
        _l("%(wanted)s個の番号が必要ですが、%(given)s個が指定されています。数を合わせてください。"),
        _l("指定した番号の数が、お申し込みの数と違います。"),
    ),
    "application.too_few_numbers": (
        _l(
            "空き番号が足りません（必要%(wanted)s個、空き%(available)s個）。番号を取り込んでから払い出してください。"
        ),
        _l("空き番号が足りません。番号を取り込んでから払い出してください。"),
    ),
    "number.not_free": (
        _l("払い出せる空き番号ではありません：%(numbers)s。別の番号を指定してください。"),
        _l("払い出せる空き番号ではありません。別の番号を指定してください。"),
    ),
    "number.unknown": (_l("この番号は番号プールにありません。一覧から選び直してください。"),),
    "number.not_removable": (
        _l("空き番号だけを番号プールから外せます。この番号は利用中か、再利用待ちです。"),
    ),
    "termination.unknown": (_l("該当する解約の登録が見つかりません。一覧から選び直してください。"),),
    "termination.unknown_line": (_l("この電話番号の回線はありません。番号をご確認ください。"),),
    "termination.ended": (_l("この回線は解約済みです。一覧から外してください。"),),
    "termination.registered": (_l("この回線の解約は、すでに登録されています。一覧から外してください。"),),
    "termination.before_start": (_l("終了希望日が、回線のサービス開始日より前です。日付をご確認ください。"),),
    "termination.twice": (
        _l("同じ電話番号が%(first_row)s行目にもあります。どちらかを削除してください。"),
        _l("同じ電話番号がほかの行にもあります。どちらかを削除してください。"),
    ),
    "termination.rejected": (
        _l("登録できない電話番号があるため、1件も登録していません。次の行を直してください。"),
    ),
    "termination.not_open": (
        _l("%(phone_number)sの解約は、もう登録済の状態ではありません。一覧を表示し直してください。"),
        _l("解約が、もう登録済の状態ではありません。一覧を表示し直してください。"),
    ),
    "termination.end_date": (
        _l(
            "%(phone_number)sのサービス終了日は、サービス開始日（%(start_date)s）から今日までの日にしてください。"
        ),
        _l("サービス終了日は、サービス開始日から今日までの日にしてください。"),
    ),
    "import.bad_pool_number": (_l("番号は050で始まる11桁の半角数字（ハイフンなし）で指定してください。"),),
    "import.number_in_use": (
        _l("サービス提供中の回線がこの番号を使っています。ファイルから削除してください。"),
    ),
    "import.number_given": (_l("回線に払い出したことのある番号なので、サービス系統を変更できません。"),),
    "import.number_quarantined": (
        _l("この番号は前の回線の解約後の待機期間中です。サービス開始日を%(free_from)s以降にしてください。"),
        _l("この番号は前の回線の解約後の待機期間中です。"),
    ),
    "import.number_overlaps": (
        _l("同じ電話番号のほかの回線と、サービスの期間が重なります。日付をご確認ください。"),
    ),
}
