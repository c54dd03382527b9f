"""Texts of refusals about where a SIM goes: a device's EID, a postal address."""

from typing import Any

from flask_babel import lazy_gettext as _l

DELIVERY: dict[str, tuple[Any, ...]] = {
    "eid.malformed": (_l("EIDは32桁の半角数字です。端末の設定画面などでご確認のうえ、入力してください。"),),
    "eid.check_digits": (_l("EIDの数字に誤りがあります。端末の表示と見比べて、入力し直してください。"),),
    "postcode.malformed": (_l("郵便番号は7桁の半角数字で入力してください（例：123-4567）。"),),
    "postcode.prefecture": (
        _l("この郵便番号は%(allowed)sのものです。郵便番号と都道府県をご確認ください。"),
        _l("この郵便番号はありません。郵便番号をご確認ください。"),
    ),
}
