"""Texts of refusals about eSIMs, by code."""

from typing import Any

from flask_babel import lazy_gettext as _l

ESIM: dict[str, tuple[Any, ...]] = {
    "esim.not_offered": (
        _l(
            "eSIMで再発行できるのは「モバイルチョイス“050” × データSIM」のSIMです。"
            "このSIMは、SIMカードで再発行してください。"
        ),
    ),
    "esim.out_of_stock": (
        _l(
            "ただいまeSIMの在庫がありません。納品日を先の日に指定するか、SIMカードを選んでお申し込みください。"
            "お急ぎのときは担当営業へお問い合わせください。"
        ),
    ),
    "activation.none": (_l("この依頼にはアクティベーションコードがありません。依頼番号をご確認ください。"),),
    "activation.not_ready": (
        _l("eSIMの準備ができていないため、コードを表示できません。依頼ステータスをご確認ください。"),
    ),
}
