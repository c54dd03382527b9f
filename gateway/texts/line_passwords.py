"""Texts of refusals about the passwords of lines, by code."""

from typing import Any

from flask_babel import lazy_gettext as _l

LINE_PASSWORDS: dict[str, tuple[Any, ...]] = {
    "line.unknown": (_l("該当する回線が見つかりません。ご契約中の電話番号をご確認ください。"),),
    "line.number_format": (_l("電話番号は、ハイフンなしの半角数字で入力してください（例：05012345678）。"),),
    "line.terminated": (_l("この回線は解約済みのため、パスワードを変更できません。"),),
    "line_password.hidden": (_l("ご契約のプランでは、回線のパスワードをご利用になりません。"),),
    "line_password.no_service": (_l("この回線のサービスには、IP加入電話パスワードがありません。"),),
    "line_password.none": (
        _l("この回線にはパスワードが設定されていません。お問い合わせ窓口にご連絡ください。"),
    ),
    "line_password.held": (
        _l("現在のパスワードの誤りが続いたため、%(retry_after)s秒後にもう一度お試しください。"),
        _l("現在のパスワードの誤りが続いたため、しばらくしてからもう一度お試しください。"),
    ),
    "line_password.wrong": (
        _l("この回線の現在のパスワードと一致しません。続けて誤ると、次に試せるまでの時間が長くなります。"),
    ),
    "line_password.format": (_l("回線の新しいパスワードは、半角英小文字と数字だけの8文字にしてください。"),),
    "line_password.same": (_l("現在と同じパスワードには変更できません。別のパスワードを入力してください。"),),
    "line_password.confirmation": (_l("回線の新しいパスワードと、確認用の入力が一致しません。"),),
    "password_change.unknown": (_l("該当するパスワード変更が見つかりません。一覧から選び直してください。"),),
    "password_change.not_failed": (
        _l("このパスワード変更は、反映に失敗した状態ではありません。一覧を表示し直してください。"),
    ),
}
