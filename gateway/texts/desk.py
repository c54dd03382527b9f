"""Refusals of the staff's desk for orders, and of the settings of mails about orders."""

from typing import Any

from flask_babel import lazy_gettext as _l

DESK: dict[str, tuple[Any, ...]] = {
    "desk.nothing_failed": (
        _l("この依頼には、対応の終わっていない異常終了がありません。依頼の現在の状態をご確認ください。"),
    ),
    "desk.not_failed": (
        _l(
            "%(item)s番の対象は、異常終了していないか、対応が終わっています。現在の状態を確認して選び直してください。"
        ),
    ),
    "desk.changed": (_l("ほかの担当者が先に対応しました。依頼の現在の状態をご確認ください。"),),
    "desk.no_work": (
        _l(
            "%(item)s番の対象は、システムが実行したものではないため、この対応を選べません。未実施と記録してください。"
        ),
    ),
    "desk.no_effect": (
        _l(
            "期限切れなどのため、この依頼の結果をもう反映できません。未実施と記録し、お客様に新しいお申し込みをご案内ください。"
        ),
    ),
    "mail_settings.unknown": (
        _l(
            "この種別とお知らせの組み合わせ（%(kind)s %(happening)s）はありません。設定を読み込み直してご確認ください。"
        ),
    ),
}
