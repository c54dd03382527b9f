"""着信拒否一括登録・削除: the list of rejected callers, and changing it by a list: input, confirmation, completion."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, StringField, TextAreaField

from chassis.errors import Invalid, NotFound
from gateway import rpc
from gateway.account import render
from gateway.api import rejection_lists
from gateway.auth import access
from gateway.selfcare.mobile_contracts import mobile_contracts
from gateway.texts import message
from gateway.uploads import accepts_upload
from gateway.web.forms import SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("selfcare_rejections", __name__, url_prefix="/selfcare/rejections")

PAGE_SIZE = 20
ACTIONS = {"register": _l("一括登録"), "delete": _l("一括削除")}

Answer = Response | tuple[str, int]


class RejectionSearchForm(SearchForm):
    phone_prefix = StringField(_l("050番号"))
    number_prefix = StringField(_l("着信拒否番号"))

    def conditions(self) -> dict[str, Any]:
        given = {name: (self[name].data or "").strip() for name in ("phone_prefix", "number_prefix")}
        return {name: value for name, value in given.items() if value}


class ListForm(FlaskForm):
    """Numbers pasted or in a file."""

    action = RadioField(_l("手続き"), choices=list(ACTIONS.items()), default="register")
    text = TextAreaField(_l("番号の貼り付け"))
    file = FileField(_l("CSVファイル"))

    def content(self) -> str:
        """The one list. Raises Invalid("rejection.two_lists"), and what `rejection_lists.decode` does."""
        pasted = (self.text.data or "").strip()
        if not self.file.data:
            rejection_lists.decode(pasted.encode())  # not larger than a file may be
            return pasted
        if pasted:
            raise Invalid("rejection.two_lists")
        return rejection_lists.decode(self.file.data.read())


class ConfirmedForm(FlaskForm):
    """The list that was checked."""

    action = HiddenField()
    text = HiddenField()


class DeletionForm(FlaskForm):
    phone_number = HiddenField()
    rejected_number = HiddenField()


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    return render("selfcare/rejections_guidance.html", contracts=mobile_contracts())


@blueprint.get("/<code:contract_code>")
@access("selfcare")
def listing(contract_code: str) -> tuple[str, int]:
    form = RejectionSearchForm(request.args)
    here = position(PAGE_SIZE)
    search = form.conditions()
    entries: dict[str, Any] | None = None
    status = 200
    try:
        entries = rpc.call(
            "contracts.list_rejections",
            contract_code=contract_code,
            cursor=here.cursor,
            limit=here.size,
            **search,
        )
    except Invalid as error:
        status = refuse(form, error)
    page = render(
        "selfcare/rejections.html",
        contract_code=contract_code,
        form=form,
        entries=entries,
        pager=pager(here, entries, search) if entries else None,
        page_size=here.size,
        search=search,
        csv_url=url_for("api_rejections.download_rejections", contract_code=contract_code, **search),
    )
    return page, status


@blueprint.route("/<code:contract_code>/upload", methods=["GET", "POST"])
@access("selfcare")
@accepts_upload
def upload(contract_code: str) -> Answer:
    """Take a list and check it; a good one is shown to be confirmed, a bad one with its errors."""
    form, report, status = ListForm(), None, 200
    if form.validate_on_submit():
        try:
            text = form.content()
            report = rejection_lists.change(contract_code, form.action.data, "validate", text)
            if not report["error_count"]:
                return _confirm(contract_code, report, text), 200
            status = 422
        except Invalid as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    else:
        rpc.call("contracts.list_rejections", contract_code=contract_code)  # whether there is such a contract
        form.action.data = request.args.get("action", "register")
    return _ask(contract_code, form, report), status


@blueprint.post("/<code:contract_code>/apply")
@access("selfcare")
@accepts_upload
def apply(contract_code: str) -> Answer:
    """Store the list that was confirmed. If a row has become wrong meanwhile, nothing is, and the page says which."""
    confirmed = ConfirmedForm()
    form = ListForm(formdata=None, action=confirmed.action.data or "register")
    if not confirmed.validate() or confirmed.action.data not in ACTIONS:
        return _ask(contract_code, form, None), 422
    try:
        report = rejection_lists.change(
            contract_code, confirmed.action.data, "apply", confirmed.text.data or ""
        )
    except Invalid as error:
        return _ask(contract_code, form, None), refuse(form, error)
    if not report["applied"]:
        form.text.data = confirmed.text.data
        return _ask(contract_code, form, report), 422
    counts = {name: report[name] for name in ("action", "changed", "unchanged")}
    return redirect(url_for(".done", contract_code=contract_code, **counts), 303)


@blueprint.get("/<code:contract_code>/done")
@access("selfcare")
def done(contract_code: str) -> str:
    action = request.args.get("action", "")
    return render(
        "selfcare/rejections_done.html",
        contract_code=contract_code,
        action=action if action in ACTIONS else "register",
        counts={name: max(request.args.get(name, 0, type=int), 0) for name in ("changed", "unchanged")},
    )


@blueprint.post("/<code:contract_code>/delete")
@access("selfcare")
def delete(contract_code: str) -> Response:
    """Delete one entry; deleted meanwhile, it is as good as deleted."""
    form = DeletionForm()
    try:
        rpc.call(
            "contracts.delete_rejection",
            contract_code=contract_code,
            phone_number=form.phone_number.data or "",
            rejected_number=form.rejected_number.data or "",
        )
        flash(
            _(
                "050番号%(line)sの着信拒否番号%(number)sを削除しました。",
                line=form.phone_number.data,
                number=form.rejected_number.data,
            ),
            "success",
        )
    except NotFound as error:
        if error.code != "rejection.unknown":
            raise
        flash(message(error.code), "warning")
    search = RejectionSearchForm(request.args).conditions()
    return redirect(url_for(".listing", contract_code=contract_code, **search), 303)


def _ask(contract_code: str, form: ListForm, report: dict[str, Any] | None) -> str:
    return render(
        "selfcare/rejections_form.html",
        contract_code=contract_code,
        form=form,
        report=report,
        explain=message,
        actions=ACTIONS,
    )


def _confirm(contract_code: str, report: dict[str, Any], text: str) -> str:
    return render(
        "selfcare/rejections_confirm.html",
        contract_code=contract_code,
        report=report,
        text=text,
        explain=message,
        actions=ACTIONS,
    )
