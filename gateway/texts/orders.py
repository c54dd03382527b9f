"""Refusals of orders of every kind."""

from typing import Any

from flask_babel import lazy_gettext as _l

ORDERS: dict[str, tuple[Any, ...]] = {
    "order.unknown_kind": (_l("この種別の依頼はありません。依頼種別をご確認ください。"),),
    "order.other_kind": (_l("依頼の種別は変更できません。この依頼を取り消して、新しくお申し込みください。"),),
    "order.not_cancellable": (
        _l(
            "この依頼は取消期限（%(cancellable_until)s）を過ぎているか、処理が始まっています。依頼ステータスをご確認ください。"
        ),
        _l("この依頼は取消できる期限を過ぎているか、処理が始まっています。依頼ステータスをご確認ください。"),
    ),
    "order.not_changeable": (
        _l(
            "この依頼は変更期限（%(cancellable_until)s）を過ぎているか、処理が始まっています。依頼ステータスをご確認ください。"
        ),
        _l(
            "この依頼は変更できません。当日の依頼であるか、処理が始まっています。依頼ステータスをご確認ください。"
        ),
    ),
    "order.conflict": (
        _l(
            "SIM %(sim_serial)s には処理の終わっていない依頼 %(number)s があります。"
            "その完了を待つか、取り消してからお申し込みください。"
        ),
    ),
    "sims.repeated": (_l("SIM %(sim_serial)s が2回選ばれています。1回だけにしてください。"),),
    "sim.wrong_status": (
        _l(
            "SIM %(sim_serial)s は現在のSIMステータスではこの依頼の対象にできません。対象から外してお申し込みください。"
        ),
    ),
}
