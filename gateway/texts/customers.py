"""Texts of refusals about customers as staff look them up, and about the manual, by code."""

from typing import Any

from flask_babel import lazy_gettext as _l

CUSTOMERS: dict[str, tuple[Any, ...]] = {
    "customer.unknown": (_l("該当するお客様が見つかりません。お客様一覧から選び直してください。"),),
    "lookup.empty": (_l("お客様コード、お客様名、契約番号、電話番号のいずれかを入力してください。"),),
    "manual.unknown": (_l("マニュアルにその章はありません。目次から選び直してください。"),),
}
