"""The contract inquiry (ご契約情報照会): guidance first, then the contract with a search of its lines."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import Optional

from chassis.errors import Invalid
from gateway import rpc
from gateway.auth import access, current_account
from gateway.texts.lines import COLUMNS
from gateway.web.forms import DayField, SearchForm, refuse
from gateway.web.paging import pager, position
from gateway.web.portals import PORTALS

blueprint = Blueprint("selfcare_contracts", __name__, url_prefix="/selfcare/contracts")

PAGE_SIZE = 20


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


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    contracts = rpc.call("contracts.list_contracts")["items"]
    return render_template("selfcare/guidance.html", contracts=contracts, portal=_portal())


@blueprint.get("/<code:contract_code>/lines")
@access("selfcare")
def inquiry(contract_code: str) -> tuple[str, int]:
    """The lines that satisfy all conditions; without any, all lines of the contract."""
    contract = rpc.call("contracts.get_contract", contract_code=contract_code)
    form = LineSearchForm(request.args)
    if "status" not in request.args:
        form.status.data = form.status.default
    here = position(PAGE_SIZE)
    lines: dict[str, Any] | None = None
    too_many: Invalid | None = None
    status = 200
    if form.validate():
        try:
            lines = rpc.call(
                "contracts.list_lines",
                contract_code=contract_code,
                cursor=here.cursor,
                limit=here.size,
                **form.conditions(),
            )
        except Invalid as error:
            if error.code == "lines.too_many":
                too_many = error
            else:
                status = refuse(form, error)
    else:
        status = 422
    shown = (
        [name for name in COLUMNS if name != "number" and name in lines["items"][0]]
        if lines and lines["items"]
        else []
    )
    page = render_template(
        "selfcare/inquiry.html",
        portal=_portal(),
        contract=contract,
        form=form,
        lines=lines,
        columns={name: COLUMNS[name] for name in shown},
        too_many=too_many,
        pager=pager(here, lines, form.conditions()) if lines else None,
        page_size=here.size,
        password_csv_url=url_for(
            "selfcare_line_passwords.download", contract_code=contract_code, **form.conditions()
        ),
        csv_url=url_for("api_contracts.download_lines", contract_code=contract_code, **form.conditions()),
        is_searched=bool(form.conditions()),
    )
    return page, status


def _portal() -> Any:
    account = current_account()
    assert account is not None
    return PORTALS[account.portal]
