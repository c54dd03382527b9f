"""Texts of refusals: changing plans and options, terminations."""

from typing import Any

from flask_babel import lazy_gettext as _l

PLANS: dict[str, tuple[Any, ...]] = {
    "plan_change.nothing": (_l("新しいプランか案件名の、少なくとも一方を指定してください。"),),
    "plan_change.same": (
        _l("選んだSIMは、すべて指定の内容になっています。別のプランか案件名を指定してください。"),
    ),
    "plan.unknown": (
        _l("選べないプランです。%(allowed)sから選んでください。"),
        _l("選べないプランです。一覧から選んでください。"),
    ),
    "options.nothing": (_l("登録または解除するオプションを選んでください。"),),
    "options.same": (
        _l("選んだSIMのオプションは、すべて指定の内容になっています。別のオプションを選んでください。"),
    ),
    "option.unknown": (
        _l("オプション %(option)s は選べません。%(allowed)sから選んでください。"),
        _l("選べないオプションです。一覧から選んでください。"),
    ),
    "option.both": (_l("登録と解除の両方に選ばれたオプションがあります。どちらか一方にしてください。"),),
    "termination.not_confirmed": (
        _l("解約の内容を確認したことを示すチェックを入れてから、もう一度「登録」を押してください。"),
    ),
    "sim.in_group": (
        _l(
            "このSIMはシェアグループ「%(group_name)s」に加入しています。SIMだけのリチャージはできません。"
            "グループのリチャージをご利用ください。"
        ),
        _l(
            "シェアグループに加入しているSIMは、SIMだけのリチャージはできません。グループのリチャージをご利用ください。"
        ),
    ),
}
