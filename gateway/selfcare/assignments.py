"""グループ・利用制限設定・内容変更: the list of lines, confirmation, completion.

The confirmation is an address of its own, which carries what was ticked and chosen: it can be reloaded and returned to.
"""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.account import render
from gateway.api.assignments import NONE
from gateway.auth import access
from gateway.errors import field_errors
from gateway.selfcare.mobile_contracts import mobile_contracts
from gateway.texts import message
from gateway.web.forms import SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("selfcare_assignments", __name__, url_prefix="/selfcare/assignments")

PAGE_SIZE = 20
_MASTERS = {"group": "contracts.list_line_groups", "usage_limit": "contracts.list_usage_limits"}
_TICKED = 100  # the largest page

Answer = Response | tuple[str, int]
Masters = dict[str, dict[str, str]]


class ChoiceSearchForm(SearchForm):
    phone_prefix = StringField(_l("電話番号"))
    group = SelectField(_l("グループ"), validate_choice=False)
    usage_limit = SelectField(_l("利用制限"), validate_choice=False)

    def offer(self, masters: Masters) -> None:
        for name, known in masters.items():
            self[name].choices = [
                ("", _("すべて")),
                (NONE, _("未設定")),
                *((code, f"{code} {title}") for code, title in known.items()),
            ]

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {name: (self[name].data or "").strip() for name in ("phone_prefix", "group", "usage_limit")}
        return {name: value for name, value in given.items() if value}


class AgreementForm(FlaskForm):
    """Only the token: what is agreed to stands in the address."""


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    return render("selfcare/assignments_guidance.html", contracts=mobile_contracts())


@blueprint.get("/<code:contract_code>")
@access("selfcare")
def listing(contract_code: str) -> tuple[str, int]:
    masters = _masters(contract_code)
    form = ChoiceSearchForm(request.args)
    form.offer(masters)
    here = position(PAGE_SIZE)
    search = form.conditions()
    lines: dict[str, Any] | None = None
    status = 200
    try:
        lines = rpc.call(
            "contracts.list_line_choices",
            contract_code=contract_code,
            cursor=here.cursor,
            limit=here.size,
            **search,
        )
    except Invalid as error:
        status = refuse(form, error)
    page = render(
        "selfcare/assignments.html",
        contract_code=contract_code,
        form=form,
        masters=masters,
        lines=lines,
        pager=pager(here, lines, search) if lines else None,
        page_size=here.size,
        search=search,
        no_master=NONE,
    )
    return page, status


@blueprint.get("/<code:contract_code>/confirm")
@access("selfcare")
def confirm(contract_code: str) -> Answer:
    if fault := _nothing_chosen():
        flash(message(fault), "error")
        return redirect(url_for(".listing", contract_code=contract_code, **_search()), 303)
    return _ask(contract_code)


@blueprint.post("/<code:contract_code>/confirm")
@access("selfcare")
def assign(contract_code: str) -> Answer:
    """Set what the address says. If that cannot be, nothing is set, and the page says why."""
    if _nothing_chosen() or not AgreementForm().validate():
        return confirm(contract_code)
    wish: dict[str, Any] = {name: request.args.get(f"new_{name}") or None for name in _MASTERS}
    try:
        if "all" in request.args:
            found = _search()
            done = rpc.call(
                "contracts.assign_to_hits",
                contract_code=contract_code,
                expected=request.args.get("all", 0, type=int),
                phone_prefix=found.get("phone_prefix"),
                having_group=found.get("group"),
                having_usage_limit=found.get("usage_limit"),
                **wish,
            )
        else:
            done = rpc.call(
                "contracts.assign_to_lines", contract_code=contract_code, phone_numbers=_ticked(), **wish
            )
    except (Conflict, Invalid) as error:
        told = [problem["detail"] for problem in field_errors(error)]
        return _ask(contract_code, told or [message(error.code, error.details)], error.status)
    chosen: dict[str, Any] = {f"new_{name}": value for name, value in wish.items() if value}
    return redirect(url_for(".done", contract_code=contract_code, **done, **chosen), 303)


@blueprint.get("/<code:contract_code>/done")
@access("selfcare")
def done(contract_code: str) -> str:
    counts = {name: max(request.args.get(name, 0, type=int), 0) for name in ("lines", "changed")}
    return render(
        "selfcare/assignments_done.html",
        contract_code=contract_code,
        counts=counts,
        chosen=_chosen(_masters(contract_code)),
    )


def _ask(contract_code: str, problems: list[str] | None = None, status: int = 200) -> tuple[str, int]:
    masters = _masters(contract_code)
    form = ChoiceSearchForm(request.args)
    form.offer(masters)
    page = render(
        "selfcare/assignments_confirm.html",
        contract_code=contract_code,
        numbers=[] if "all" in request.args else _ticked(),
        all_hits=request.args.get("all", type=int),
        conditions=[
            (form[name].label.text, value if name == "phone_prefix" else _named(masters[name], value))
            for name, value in _search().items()
        ],
        chosen=_chosen(masters),
        search=_search(),
        problems=problems or [],
    )
    return page, status


def _masters(contract_code: str) -> Masters:
    """The names of groups and limits by their codes."""
    return {
        name: {one["code"]: one["name"] for one in rpc.call(method, contract_code=contract_code)["items"]}
        for name, method in _MASTERS.items()
    }


def _ticked() -> list[str]:
    return request.args.getlist("number")[:_TICKED]


def _search() -> dict[str, Any]:
    return ChoiceSearchForm(request.args).conditions()


def _nothing_chosen() -> str | None:
    """The code of what is missing in the address."""
    if "all" not in request.args and not _ticked():
        return "line_choice.no_lines"
    if not any(request.args.get(f"new_{name}") for name in _MASTERS):
        return "line_choice.nothing"
    return None


def _chosen(masters: Masters) -> dict[str, str]:
    """What the lines are to have, in words: by group and usage_limit."""
    said = {}
    for name, known in masters.items():
        code = request.args.get(f"new_{name}", "")
        said[name] = _named(known, code) if code else _("変更しない")
    return said


def _named(known: dict[str, str], code: str) -> str:
    if code == NONE:
        return _("未設定")
    return f"{code} {known[code]}" if code in known else code
