"""What the input page of a card says of a wrong field; the browser finds these itself, since the card stays there."""

from typing import Any

from flask_babel import lazy_gettext as _l

TEXTS: dict[str, Any] = {
    "number_missing": _l("クレジットカード番号を入力してください。"),
    "number_digits": _l("クレジットカード番号は、半角数字だけで入力してください。"),
    "number_brand": _l(
        "このブランドのカードは登録できません。JCB、VISA、Mastercard、アメリカン・エクスプレス、ダイナースクラブのカードを入力してください。"
    ),
    "number_length": _l("クレジットカード番号の桁数をご確認ください。"),
    "number_check": _l("クレジットカード番号に誤りがあります。カードに記載の番号をご確認ください。"),
    "month_missing": _l("有効期限の月を、2桁の半角数字（01〜12）で入力してください。"),
    "month_range": _l("有効期限の月は、01から12までの半角数字で入力してください。"),
    "year_missing": _l("有効期限の年を、西暦の下2桁の半角数字で入力してください。"),
    "year_digits": _l("有効期限の年は、西暦の下2桁の半角数字で入力してください。"),
    "expired": _l("有効期限が切れています。カードに記載の有効期限をご確認ください。"),
    "year_far": _l("有効期限の年が先すぎます。カードに記載の有効期限をご確認ください。"),
    "code_missing": _l("セキュリティコードを入力してください。"),
    "code_digits": _l("セキュリティコードは、半角数字だけで入力してください。"),
    "code_length": _l("セキュリティコードは、3桁の半角数字で入力してください。"),
    "code_length_amex": _l(
        "アメリカン・エクスプレスのセキュリティコードは、4桁の半角数字で入力してください。"
    ),
    "unavailable": _l(
        "決済代行会社に接続できませんでした。カードは登録されていません。しばらくしてからもう一度お試しください。"
    ),
}
