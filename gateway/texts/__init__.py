"""What a person is told: one text a code, in the reader's language. Japanese is the source; English is translated.

A text may use the details of its error. Where a code has several texts, the first one whose details are all there is
taken, so that a service which says more makes the text better and one which says less does not break it.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_datetime, format_decimal, gettext, lazy_gettext

from gateway.texts.applications import APPLICATIONS
from gateway.texts.bulk import BULK
from gateway.texts.calls import CALLS
from gateway.texts.cards import CARDS
from gateway.texts.codes import CODES
from gateway.texts.customers import CUSTOMERS
from gateway.texts.data_usage import DATA_USAGE
from gateway.texts.delivery import DELIVERY
from gateway.texts.desk import DESK
from gateway.texts.esim import ESIM
from gateway.texts.identity import IDENTITY
from gateway.texts.line_passwords import LINE_PASSWORDS
from gateway.texts.masters import MASTERS
from gateway.texts.orders import ORDERS
from gateway.texts.pairs import PAIRS
from gateway.texts.plans import PLANS
from gateway.texts.rejections import REJECTIONS
from gateway.texts.rows import ROWS
from gateway.texts.shares import SHARES
from gateway.texts.shipping import SHIPPING
from gateway.texts.sims import SIMS
from gateway.texts.types import TYPES

Texts = tuple[Any, ...]

_TABLE: dict[str, Texts] = {
    **APPLICATIONS,
    **BULK,
    **PAIRS,
    **CALLS,
    **CARDS,
    **CODES,
    **CUSTOMERS,
    **DATA_USAGE,
    **DELIVERY,
    **DESK,
    **ESIM,
    **IDENTITY,
    **LINE_PASSWORDS,
    **MASTERS,
    **ORDERS,
    **PLANS,
    **REJECTIONS,
    **ROWS,
    **SHARES,
    **SHIPPING,
    **SIMS,
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}\S*")

_UNKNOWN = lazy_gettext(
    "処理できませんでした。しばらくしてからもう一度お試しください。解決しない場合は、お問い合わせの際に受付番号をお知らせください。"
)
_VALUE = lazy_gettext("値が正しくありません。入力内容をご確認ください。")

_TITLES = {
    400: lazy_gettext("リクエストの形式に誤りがあります"),
    401: lazy_gettext("ログインが必要です"),
    403: lazy_gettext("この操作はできません"),
    404: lazy_gettext("見つかりません"),
    405: lazy_gettext("この操作はできません"),
    409: lazy_gettext("現在の状態では受け付けられません"),
    413: lazy_gettext("データが大きすぎます"),
    415: lazy_gettext("対応していない形式です"),
    422: lazy_gettext("入力内容に誤りがあります"),
    429: lazy_gettext("操作の回数が多すぎます"),
    500: lazy_gettext("エラーが発生しました"),
    503: lazy_gettext("ただいまご利用いただけません"),
    504: lazy_gettext("応答がありませんでした"),
}


def is_known(code: str) -> bool:
    """Whether `code` has a text of its own."""
    return code in _TABLE or _type_of(code) in TYPES


def message(code: str, details: Mapping[str, Any] | None = None) -> str:
    """What happened and what to do about it; a generic text for an unknown code."""
    known = dict(details or {})
    kind = _type_of(code)
    texts = _TABLE.get(code) or (TYPES.get(kind, (_VALUE,)) if kind is not None else (_UNKNOWN,))
    for text in texts:
        template = str(text)
        if all(known.get(name) is not None for name in _PLACEHOLDER.findall(template)):
            return _PLACEHOLDER.sub(lambda found: _shown(known[found[1]]), template)
    return str(_UNKNOWN)


def title(status: int) -> str:
    """A heading for an answer of this HTTP status."""
    return str(_TITLES.get(status) or _TITLES[400 if status < 500 else 500])


def _type_of(code: str) -> str | None:
    """The pydantic error type within `type.…` (a field of a request) and `import.…` (a field of a CSV row)."""
    family, _, kind = code.partition(".")
    return kind if family in ("type", "import") else None


def _shown(value: Any) -> str:
    """A detail as a person reads it: a day, an instant in Japan time, a number, a list."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(format_decimal(value))
    if isinstance(value, list):
        return gettext("、").join(_shown(one) for one in value)
    text = str(value)
    if _DAY.fullmatch(text):
        return str(format_date(date.fromisoformat(text), "long"))
    if _INSTANT.fullmatch(text):
        return str(format_datetime(datetime.fromisoformat(text), "long"))
    return text
