"""The search of a contract's lines, for its customer and for the staff: form, conditions, sort, page."""

from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import Optional

from chassis.errors import Invalid
from gateway import rpc
from gateway.texts.lines import COLUMNS
from gateway.web.forms import DayField, SearchForm, refuse
from gateway.web.paging import pager, position
from gateway.web.sorting import heads

_DEFAULT_SORT = "number"
_PASSWORDS = ("line_password", "addon_password")  # their order would tell something


class LineSearchForm(SearchForm):
    phone_prefix = StringField(_l("電話番号"))
    status = RadioField(
        _l("ステータス"),
        choices=[
            ("all", _l("すべての回線（解約済み含む）")),
            ("in_service", _l("サービス提供中回線のみ表示")),
        ],
        default="all",
    )
    start_from = DayField(_l("開始日（から）"), [Optional()])
    start_to = DayField(_l("開始日（まで）"), [Optional()])

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {
            "phone_prefix": (self.phone_prefix.data or "").strip(),
            "status": "" if self.status.data == "all" else self.status.data,
            "start_from": self.start_from.data.isoformat() if self.start_from.data else "",
            "start_to": self.start_to.data.isoformat() if self.start_to.data else "",
        }
        return {name: value for name, value in given.items() if value}


def search(contract_code: str, page_size: int) -> tuple[dict[str, Any], int]:
    """What a page shows of the lines that satisfy all conditions of its address, and the page's status.

    The variables are form, lines, columns, too_many, pager, page_size, sort, conditions; parts/lines.html takes them.
    """
    form = LineSearchForm(request.args)
    if "status" not in request.args:
        form.status.data = form.status.default
    here, sort = position(page_size), request.args.get("sort") or _DEFAULT_SORT
    lines: dict[str, Any] | None = None
    too_many: Invalid | None = None
    status = 200 if form.validate() else 422
    conditions = form.conditions() if status == 200 else {}
    if status == 200:
        try:
            lines = rpc.call(
                "contracts.list_lines",
                contract_code=contract_code,
                cursor=here.cursor,
                limit=here.size,
                sort=sort,
                **conditions,
            )
        except Invalid as error:
            if error.code == "lines.too_many":
                too_many = error
            else:
                status = refuse(form, error)
    shown = [name for name in COLUMNS if lines and lines["items"] and name in lines["items"][0]]
    kept = conditions | ({} if sort == _DEFAULT_SORT else {"sort": sort})

    def sorted_by(other: str) -> str:
        assert request.endpoint is not None
        asked = conditions | {"limit": here.size, "sort": other}
        return url_for(request.endpoint, contract_code=contract_code, **asked)

    found = {
        "form": form,
        "lines": lines,
        "columns": heads({name: COLUMNS[name] for name in shown}, sort, _PASSWORDS, sorted_by),
        "too_many": too_many,
        "pager": pager(here, lines, kept) if lines else None,
        "page_size": here.size,
        "sort": sort,
        "conditions": conditions,
    }
    return found, status
