"""ご利用状況照会: calls, duration and charge by number in a month, and month by month."""

from typing import Any, get_args

from flask import Blueprint, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from chassis import clock
from chassis.errors import Invalid
from gateway import rpc
from gateway.account import render
from gateway.auth import access
from gateway.texts.calls import USAGE_COLUMNS
from gateway.web.chart import Measure, chart
from gateway.web.formats import month_before
from gateway.web.forms import SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("selfcare_usage", __name__, url_prefix="/selfcare/usage")

PAGE_SIZE = 20
VOICE = ("ip_phone", "free_voice", "mobile_choice")
MEASURES = {"charge_yen": _l("通話料金"), "calls": _l("通話回数"), "duration_seconds": _l("通話時間")}
SORTS = {
    "number": _l("No順"),
    "phone_number": _l("電話番号順"),
    "calls": _l("通話回数の多い順"),
    "duration": _l("通話時間の長い順"),
    "charge": _l("通話料金の高い順"),
}


class UsageSearchForm(SearchForm):
    month = SelectField(_l("ご利用月"), validate_choice=False)
    phone_prefix = StringField(_l("電話番号"))
    sort = SelectField(_l("並び順"), choices=list(SORTS.items()), default="number")

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {
            "month": self.month.data or "",
            "phone_prefix": (self.phone_prefix.data or "").strip(),
            "sort": "" if self.sort.data == "number" else self.sort.data,
        }
        return {name: value for name, value in given.items() if value}


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    return render("selfcare/usage_guidance.html", contracts=voice_contracts())


@blueprint.get("/<code:contract_code>")
@access("selfcare")
def inquiry(contract_code: str) -> tuple[str, int]:
    number = request.args.get("phone_number") or None
    history = rpc.call("contracts.usage_history", contract_code=contract_code, phone_number=number)
    form = UsageSearchForm(request.args)
    form.month.choices = [(month, month.replace("-", "/")) for month in months(history["kept_since"])]
    if "sort" not in request.args:
        form.sort.data = form.sort.default
    here = position(PAGE_SIZE)
    usage: dict[str, Any] | None = None
    status = 200
    if form.validate():
        try:
            asked = {"cursor": here.cursor, "limit": here.size, **form.conditions()}
            usage = rpc.call("contracts.list_usage", contract_code=contract_code, **asked)
            form.month.data = usage["month"]
        except Invalid as error:
            status = refuse(form, error)
    else:
        status = 422
    drawn = {"phone_number": number, "measure": _measure()}
    search = form.conditions()
    page = render(
        "selfcare/usage.html",
        contract_code=contract_code,
        form=form,
        usage=usage,
        history=history,
        chart=chart(history["items"], _measure()),
        measures=MEASURES,
        columns=USAGE_COLUMNS,
        number=number,
        search=search,
        drawn=drawn,
        pager=pager(here, usage, search | drawn) if usage else None,
        page_size=here.size,
        csv_url=url_for("api_usage.download_usage", contract_code=contract_code, **search),
        is_searched="phone_prefix" in search,
    )
    return page, status


def voice_contracts() -> list[dict[str, Any]]:
    """The caller's contracts whose lines make calls."""
    contracts = rpc.call("contracts.list_contracts")["items"]
    return [contract for contract in contracts if contract["family"] in VOICE]


def months(first: str) -> list[str]:
    """All months from `first` (`YYYY-MM`) to the present one, the latest first."""
    found, month = [], clock.today().replace(day=1)
    while (text := f"{month:%Y-%m}") >= first:
        found.append(text)
        month = month_before(month)
    return found


def _measure() -> Measure:
    named: Any = request.args.get("measure")
    return named if named in get_args(Measure) else "charge_yen"
