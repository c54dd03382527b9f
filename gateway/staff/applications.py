"""Applications for more 050 numbers: the list, one in detail, and deciding on it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from chassis.errors import Conflict, Invalid
from gateway import rpc
from gateway.auth import access
from gateway.staff.roles import demand_operations, may_operate
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import DayField, SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_applications", __name__, url_prefix="/staff/applications")

PAGE_SIZE = 50
_ALL = "all"


class ApplicationSearchForm(SearchForm):
    state = SelectField(
        _l("状態"),
        choices=[
            *((code, label.text) for code, label in labels.APPLICATION_STATE.items()),
            (_ALL, _l("すべて")),
        ],
        default="received",
        validate_choice=False,
    )
    customer_code = StringField(_l("お客様コード"))

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address names them; the list begins with what is undecided."""
        given = {
            "state": self.state.data if self.state.data in (*labels.APPLICATION_STATE, _ALL) else "received",
            "customer_code": (self.customer_code.data or "").strip(),
        }
        return {name: value for name, value in given.items() if value}


class IssueForm(FlaskForm):
    start_date = DayField(_l("サービス開始日"), [Optional()])
    phone_numbers = TextAreaField(_l("番号の指定"))

    def wanted(self) -> dict[str, Any]:
        return {
            "start_date": self.start_date.data.isoformat() if self.start_date.data else None,
            "phone_numbers": (self.phone_numbers.data or "").replace(",", " ").split() or None,
        }


class DeclineForm(FlaskForm):
    reason = TextAreaField(_l("お断りの理由"))


@blueprint.get("")
@access("staff")
def listing() -> str:
    form = ApplicationSearchForm(request.args)
    conditions = form.conditions()
    form.state.data = conditions["state"]
    here = position(PAGE_SIZE)
    wanted = conditions | {"state": None if conditions["state"] == _ALL else conditions["state"]}
    answer = rpc.call("contracts.list_applications", cursor=here.cursor, limit=here.size, **wanted)
    return render_template(
        "staff/applications.html",
        form=form,
        applications=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
    )


@blueprint.get("/<code:number>")
@access("staff")
def detail(number: str) -> str:
    application = rpc.call("contracts.get_application", number=number)
    return render_template("staff/application.html", application=application, may_operate=may_operate())


@blueprint.route("/<code:number>/issue", methods=["GET", "POST"])
@access("staff")
def issue(number: str) -> Response | tuple[str, int]:
    """The application once more, with the choice of day and numbers; then the lines are there."""
    demand_operations()
    form, status = IssueForm(), 200
    if form.validate_on_submit():
        try:
            issued = rpc.call("contracts.issue_application", number=number, **form.wanted())
            flash(_("%(count)s回線を払い出しました。", count=issued["count"]), "success")
            return redirect(url_for(".detail", number=number), 303)
        except (Conflict, Invalid) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return _decide("staff/application_issue.html", number, form, status)


@blueprint.route("/<code:number>/decline", methods=["GET", "POST"])
@access("staff")
def decline(number: str) -> Response | tuple[str, int]:
    demand_operations()
    form, status = DeclineForm(), 200
    if form.validate_on_submit():
        try:
            rpc.call("contracts.decline_application", number=number, reason=form.reason.data or "")
            flash(_("お断りとして登録し、お客様にお知らせしました。"), "success")
            return redirect(url_for(".detail", number=number), 303)
        except (Conflict, Invalid) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return _decide("staff/application_decline.html", number, form, status)


def _decide(template: str, number: str, form: FlaskForm, status: int) -> Response | tuple[str, int]:
    application = rpc.call("contracts.get_application", number=number)
    if application["state"] != "received":
        flash(message("application.not_open"), "error")
        return redirect(url_for(".detail", number=number), 303)
    return render_template(template, application=application, form=form), status
