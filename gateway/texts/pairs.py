"""Texts of refusals about pairs of Mobile Choice 050, by code."""

from typing import Any

from flask_babel import lazy_gettext as _l

PAIRS: dict[str, tuple[Any, ...]] = {
    "pair.phone_format": (
        _l("050番号は、050で始まる11桁の半角数字で、ハイフンなしで入力してください（例：05012345678）。"),
    ),
    "pair.mobile_format": (
        _l(
            "携帯番号は、070・080・090で始まる11桁の半角数字で、ハイフンなしで入力してください（例：09012345678）。"
        ),
    ),
    "pair.twice": (_l("同じ番号が2回指定されています。1回だけにしてください。"),),
    "pair.line_unknown": (
        _l("該当する050番号が見つかりません。モバイルチョイス“050”でご契約中の番号をご確認ください。"),
    ),
    "pair.terminated": (_l("この050番号は解約済みです。サービス提供中の番号を指定してください。"),),
    "pair.line_paired": (
        _l(
            "この050番号には、すでに携帯番号が登録されています。モバイルチョイス050解除をしてから、登録してください。"
        ),
    ),
    "pair.mobile_paired": (
        _l("この携帯番号は、すでにほかの050番号に登録されています。そちらを解除してから、登録してください。"),
    ),
    "pair.not_paired": (
        _l("この050番号には、携帯番号が登録されていません。登録されている番号を選んでください。"),
    ),
    "pair.none": (_l("050番号と携帯番号を、1組以上入力してください。"),),
    "pair.none_chosen": (_l("解除する番号を、1つ以上選んでください。"),),
}
