"""明細照会: offered until the contract has applied for it, then every call since."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.account import render
from gateway.auth import access
from gateway.selfcare.usage import months, voice_contracts
from gateway.texts.calls import CALL_COLUMNS, CALL_TYPE
from gateway.web.formats import day
from gateway.web.forms import DayField, SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("selfcare_call_details", __name__, url_prefix="/selfcare/call-details")

PAGE_SIZE = 20


class CallSearchForm(SearchForm):
    month = SelectField(_l("ご利用月"), validate_choice=False)
    day_from = DayField(_l("通話日（から）"), [Optional()])
    day_to = DayField(_l("通話日（まで）"), [Optional()])
    phone_prefix = StringField(_l("電話番号"))
    destination_prefix = StringField(_l("通話先電話番号"))

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {
            "month": self.month.data or "",
            "day_from": self.day_from.data.isoformat() if self.day_from.data else "",
            "day_to": self.day_to.data.isoformat() if self.day_to.data else "",
            "phone_prefix": (self.phone_prefix.data or "").strip(),
            "destination_prefix": (self.destination_prefix.data or "").strip(),
        }
        return {name: value for name, value in given.items() if value}


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    return render("selfcare/call_details_guidance.html", contracts=voice_contracts())


@blueprint.get("/<code:contract_code>")
@access("selfcare")
def inquiry(contract_code: str) -> tuple[str, int]:
    state = rpc.call("contracts.get_call_details", contract_code=contract_code)
    if not state["applied"]:
        return _offer(contract_code), Conflict.status
    form = CallSearchForm(request.args)
    here = position(PAGE_SIZE)
    calls: dict[str, Any] | None = None
    status = 200
    if form.validate():
        try:
            asked = {"cursor": here.cursor, "limit": here.size, **form.conditions()}
            calls = rpc.call("contracts.list_calls", contract_code=contract_code, **asked)
        except Conflict:  # cancelled in another window just now
            return _offer(contract_code), Conflict.status
        except Invalid as error:
            status = refuse(form, error)
    else:
        status = 422
    search = form.conditions()
    since = day(state["since"]).replace("/", "-")[:7]
    known = months(max(since, calls["kept_since"]) if calls else since)
    form.month.choices = [
        ("", _l("指定なし（通話日で指定）")),
        *((month, month.replace("-", "/")) for month in known),
    ]
    if not search.keys() & {"month", "day_from", "day_to"}:
        form.month.data = known[0]
    page = render(
        "selfcare/call_details.html",
        contract_code=contract_code,
        since=state["since"],
        form=form,
        calls=calls,
        columns=CALL_COLUMNS,
        types=CALL_TYPE,
        pager=pager(here, calls, search) if calls else None,
        page_size=here.size,
        csv_url=url_for("api_call_details.download_calls", contract_code=contract_code, **search),
        is_searched=bool(search),
    )
    return page, status


@blueprint.route("/<code:contract_code>/application", methods=["GET", "POST"])
@access("selfcare")
def apply(contract_code: str) -> Response | str:
    """Applying again, by a second press or in a second window, changes nothing."""
    form = FlaskForm()
    if form.validate_on_submit():
        rpc.call("contracts.apply_for_call_details", contract_code=contract_code)
        return redirect(url_for(".done", contract_code=contract_code), 303)
    state = rpc.call("contracts.get_call_details", contract_code=contract_code)
    return render("selfcare/call_details_apply.html", contract_code=contract_code, state=state)


@blueprint.route("/<code:contract_code>/cancellation", methods=["GET", "POST"])
@access("selfcare")
def cancel(contract_code: str) -> Response | str:
    form = FlaskForm()
    if form.validate_on_submit():
        rpc.call("contracts.cancel_call_details", contract_code=contract_code)
        return redirect(url_for(".done", contract_code=contract_code), 303)
    state = rpc.call("contracts.get_call_details", contract_code=contract_code)
    return render("selfcare/call_details_cancel.html", contract_code=contract_code, state=state)


@blueprint.get("/<code:contract_code>/done")
@access("selfcare")
def done(contract_code: str) -> str:
    state = rpc.call("contracts.get_call_details", contract_code=contract_code)
    return render("selfcare/call_details_done.html", contract_code=contract_code, state=state)


def _offer(contract_code: str) -> str:
    return render("selfcare/call_details_offer.html", contract_code=contract_code)
