"""マスタテーブル設定: the groups and usage limits of a contract of Mobile Choice 050."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.account import render
from gateway.auth import access
from gateway.selfcare.master_forms import DAYS, GroupForm, LimitForm, MasterForm
from gateway.selfcare.mobile_contracts import mobile_contracts
from gateway.texts import message
from gateway.web.forms import refuse

blueprint = Blueprint("selfcare_masters", __name__, url_prefix="/selfcare/masters")

Answer = Response | tuple[str, int]


@dataclass(frozen=True)
class Kind:
    """`method` ends the names of the service's methods, `filter` is the condition in the list of lines."""

    code: str
    method: str
    filter: str
    form: type[MasterForm]
    title: Any
    add_title: Any
    change_title: Any
    delete_title: Any


KINDS = {
    kind.code: kind
    for kind in (
        Kind(
            "groups",
            "line_group",
            "group",
            GroupForm,
            _l("グループ"),
            _l("グループの登録"),
            _l("グループの変更"),
            _l("グループの削除"),
        ),
        Kind(
            "limits",
            "usage_limit",
            "usage_limit",
            LimitForm,
            _l("利用制限"),
            _l("利用制限の登録"),
            _l("利用制限の変更"),
            _l("利用制限の削除"),
        ),
    )
}


class DeletionForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    return render("selfcare/masters_guidance.html", contracts=mobile_contracts())


@blueprint.get("/<code:contract_code>")
@access("selfcare")
def listing(contract_code: str) -> str:
    return render(
        "selfcare/masters.html",
        contract_code=contract_code,
        kinds=KINDS,
        groups=rpc.call("contracts.list_line_groups", contract_code=contract_code),
        limits=rpc.call("contracts.list_usage_limits", contract_code=contract_code),
        days=DAYS,
    )


@blueprint.route("/<code:contract_code>/<any(groups, limits):kind>/new", methods=["GET", "POST"])
@access("selfcare")
def add(contract_code: str, kind: str) -> Answer:
    form = KINDS[kind].form()
    if not form.is_submitted():
        rpc.call(f"contracts.list_{KINDS[kind].method}s", contract_code=contract_code)  # whether there is one
    return _edit(contract_code, KINDS[kind], form)


@blueprint.route("/<code:contract_code>/<any(groups, limits):kind>/<code:code>", methods=["GET", "POST"])
@access("selfcare")
def change(contract_code: str, kind: str, code: str) -> Answer:
    form = KINDS[kind].form()
    if not form.is_submitted():
        form.fill(rpc.call(f"contracts.get_{KINDS[kind].method}", contract_code=contract_code, code=code))
    return _edit(contract_code, KINDS[kind], form, code)


@blueprint.route(
    "/<code:contract_code>/<any(groups, limits):kind>/<code:code>/delete", methods=["GET", "POST"]
)
@access("selfcare")
def delete(contract_code: str, kind: str, code: str) -> Answer:
    """Ask once more, then delete."""
    of = KINDS[kind]
    form, notice, status = DeletionForm(), "", 200
    if form.validate_on_submit():
        try:
            rpc.call(f"contracts.delete_{of.method}", contract_code=contract_code, code=code)
            flash(_("%(what)s「%(code)s」を削除しました。", what=of.title, code=code), "success")
            return redirect(url_for(".listing", contract_code=contract_code), 303)
        except Conflict as error:
            notice, status = message(error.code, error.details), error.status
    master = rpc.call(f"contracts.get_{of.method}", contract_code=contract_code, code=code)
    if master["lines"] and not notice:
        notice = message("master.in_use", {"lines": master["lines"]})
    page = render(
        "selfcare/master_delete.html",
        contract_code=contract_code,
        kind=of,
        master=master,
        notice=notice,
        form=form,
    )
    return page, status


def _edit(contract_code: str, kind: Kind, form: MasterForm, code: str | None = None) -> Answer:
    """The form of a new one, or of the one of `code`; sent, it is stored and the list shown."""
    status, changed = 200, False
    more = "more" in request.form
    if form.is_submitted() and not more:
        if form.validate():
            try:
                return _store(contract_code, kind, form, code)
            except (Conflict, Invalid) as error:
                changed = error.code == "master.changed"
                status = _refuse(form, error)
        else:
            status = 422
    form.show_rows(more)
    page = render(
        "selfcare/master_form.html",
        contract_code=contract_code,
        kind=kind,
        form=form,
        code=code,
        changed=changed,
    )
    return page, status


def _store(contract_code: str, kind: Kind, form: MasterForm, code: str | None) -> Response:
    wanted = {"contract_code": contract_code, **form.wanted()}
    if code is None:
        code = (form.code.data or "").strip()
        rpc.call(f"contracts.add_{kind.method}", code=code, **wanted)
        text = _("%(what)s「%(code)s」を登録しました。", what=kind.title, code=code)
    else:
        version = form.version.data or ""
        rpc.call(f"contracts.change_{kind.method}", code=code, version=version, **wanted)
        text = _("%(what)s「%(code)s」を変更しました。", what=kind.title, code=code)
    flash(text, "success")
    return redirect(url_for(".listing", contract_code=contract_code), 303)


def _refuse(form: MasterForm, error: Conflict | Invalid) -> int:
    named = [
        {**fault, "pointer": form.field_of(fault["pointer"])}
        for fault in error.details.get("errors", ())
        if "pointer" in fault
    ]
    return refuse(form, type(error)(error.code, **(error.details | ({"errors": named} if named else {}))))
