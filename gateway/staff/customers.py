"""お客様: customers, their contracts and lines, looked up by the staff."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from chassis.errors import Invalid
from gateway import rpc
from gateway.auth import access
from gateway.web import lines
from gateway.web.forms import SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_customers", __name__, url_prefix="/staff")

PAGE_SIZE = 50


class CustomerSearchForm(SearchForm):
    query = StringField(_l("お客様コードまたはお客様名"))


class LookupForm(SearchForm):
    query = StringField(_l("お客様コード、お客様名、契約番号、電話番号"))


@blueprint.get("/search")
@access("staff")
def search() -> Response | tuple[str, int]:
    """Whatever was typed: straight to the only hit, else to a choice of all."""
    form = LookupForm(request.args)
    try:
        found = rpc.call("contracts.look_up", query=form.query.data or "")
    except Invalid as error:
        status = refuse(form, error)
        return render_template("staff/search.html", form=form, found=None), status
    only = _only_hit(found)
    if only is not None:
        return redirect(only, 303)
    return render_template("staff/search.html", form=form, found=found), 200


@blueprint.get("/customers")
@access("staff")
def listing() -> tuple[str, int]:
    form = CustomerSearchForm(request.args)
    query = (form.query.data or "").strip()
    here = position(PAGE_SIZE)
    answer: dict[str, Any] | None = None
    status = 200
    try:
        answer = rpc.call("contracts.list_customers", query=query, cursor=here.cursor, limit=here.size)
    except Invalid as error:
        status = refuse(form, error)
    page = render_template(
        "staff/customers.html",
        form=form,
        customers=answer["items"] if answer else [],
        pager=pager(here, answer, {"query": query} if query else {}) if answer else None,
        page_size=here.size,
    )
    return page, status


@blueprint.get("/customers/<code:customer_code>")
@access("staff")
def detail(customer_code: str) -> str:
    customer = rpc.call("contracts.get_customer", customer_code=customer_code)
    return render_template("staff/customer.html", customer=customer)


@blueprint.get("/contracts/<code:contract_code>")
@access("staff")
def contract(contract_code: str) -> tuple[str, int]:
    """A contract and its lines, searched and shown as its customer does and sees them."""
    block = rpc.call("contracts.get_contract", contract_code=contract_code)
    found, status = lines.search(contract_code, PAGE_SIZE)
    return render_template("staff/contract.html", contract=block, **found), status


@blueprint.get("/lines/<code:phone_number>")
@access("staff")
def line(phone_number: str) -> str:
    found = rpc.call("contracts.find_line", phone_number=phone_number)
    terminations = rpc.call("contracts.list_terminations", phone_prefix=phone_number, limit=20)["items"]
    return render_template("staff/line.html", line=found, terminations=terminations)


def _only_hit(found: dict[str, Any]) -> str | None:
    """Where the one hit of all is shown; None for none or several."""
    if sum(kind["total"] for kind in found.values()) != 1:
        return None
    if found["customers"]["items"]:
        return url_for(".detail", customer_code=found["customers"]["items"][0]["customer_code"])
    if found["contracts"]["items"]:
        return url_for(".contract", contract_code=found["contracts"]["items"][0]["contract_code"])
    return url_for(".line", phone_number=found["lines"]["items"][0]["phone_number"])
