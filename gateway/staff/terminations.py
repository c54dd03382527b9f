"""解約: lines that are to end. Staff register what customers have asked for, and complete or withdraw it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired

from chassis import clock
from chassis.errors import Conflict, Invalid, NotFound
from gateway import rpc
from gateway.auth import access
from gateway.staff.roles import demand_operations, may_operate
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import DayField, SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_terminations", __name__, url_prefix="/staff/terminations")

PAGE_SIZE = 50
_ALL = "all"
_AT_ONCE = 500


class TerminationSearchForm(SearchForm):
    state = SelectField(
        _l("状態"),
        choices=[
            *((code, label.text) for code, label in labels.TERMINATION_STATE.items()),
            (_ALL, _l("すべて")),
        ],
        default="registered",
        validate_choice=False,
    )
    customer_code = StringField(_l("お客様コード"))
    phone_prefix = StringField(_l("電話番号（先頭から）"))

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address names them; the list begins with what is to be done."""
        given = {
            "state": self.state.data
            if self.state.data in (*labels.TERMINATION_STATE, _ALL)
            else "registered",
            "customer_code": (self.customer_code.data or "").strip(),
            "phone_prefix": (self.phone_prefix.data or "").strip(),
        }
        return {name: value for name, value in given.items() if value}


class RegisterForm(FlaskForm):
    phone_numbers = TextAreaField(
        _l("電話番号"), [DataRequired(_l("解約する回線の電話番号を入力してください。"))]
    )
    wished_date = DayField(_l("終了希望日"), [InputRequired(_l("終了希望日を選んでください。"))])


class CompleteForm(FlaskForm):
    end_date = DayField(_l("サービス終了日"), [InputRequired(_l("サービス終了日を選んでください。"))])


class WithdrawForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("staff")
def listing() -> str:
    form = TerminationSearchForm(request.args)
    conditions = form.conditions()
    form.state.data = conditions["state"]
    here = position(PAGE_SIZE)
    wanted = conditions | {"state": None if conditions["state"] == _ALL else conditions["state"]}
    answer = rpc.call("contracts.list_terminations", cursor=here.cursor, limit=here.size, **wanted)
    return render_template(
        "staff/terminations.html",
        form=form,
        terminations=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
        may_operate=may_operate(),
    )


@blueprint.get("/<int:termination_id>")
@access("staff")
def detail(termination_id: int) -> str:
    termination = rpc.call("contracts.get_termination", termination_id=termination_id)
    return render_template("staff/termination.html", termination=termination, may_operate=may_operate())


@blueprint.route("/new", methods=["GET", "POST"])
@access("staff")
def register() -> Response | tuple[str, int]:
    """One line or a pasted list of them, one number a row."""
    demand_operations()
    form, status, wrong = RegisterForm(), 200, []
    if form.validate_on_submit() and form.wished_date.data and form.phone_numbers.data:
        try:
            done = rpc.call(
                "contracts.register_terminations",
                phone_numbers=form.phone_numbers.data.split(),
                wished_date=form.wished_date.data.isoformat(),
            )
            flash(_("%(count)s回線の解約を登録しました。", count=done["registered"]), "success")
            return redirect(url_for(".listing"), 303)
        except Invalid as error:
            status = error.status
            if error.code == "termination.rejected":
                wrong = error.details["errors"]
                form.form_errors.append(message(error.code))
            else:
                status = refuse(form, error)
    elif form.errors:
        status = 422
    elif not form.wished_date.data:
        form.wished_date.data = clock.today()
    page = render_template("staff/termination_new.html", form=form, wrong=wrong, explain=message)
    return page, status


@blueprint.route("/<any(complete, withdraw):action>", methods=["GET", "POST"])
@access("staff")
def act(action: str) -> Response | tuple[str, int]:
    """What is to be done with the terminations named in the address, and then doing it with all of them."""
    demand_operations()
    ids = request.args.getlist("id", type=int)[:_AT_ONCE]
    if not ids:
        flash(_("解約を一覧から選んでください。"), "error")
        return redirect(url_for(".listing"), 303)
    form: Any = CompleteForm() if action == "complete" else WithdrawForm()
    status = 200
    if form.validate_on_submit():
        try:
            _carry_out(action, ids, form)
            return redirect(url_for(".listing"), 303)
        except (Conflict, Invalid, NotFound) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    elif action == "complete":
        form.end_date.data = clock.today()
    chosen = rpc.call("contracts.list_terminations", ids=ids, limit=_AT_ONCE)["items"]
    page = render_template(
        "staff/termination_act.html", action=action, terminations=chosen, form=form, today=clock.today()
    )
    return page, status


def _carry_out(action: str, ids: list[int], form: Any) -> None:
    if action == "complete":
        end_date = form.end_date.data.isoformat()
        done = rpc.call("contracts.complete_terminations", ids=ids, end_date=end_date)
        flash(_("%(count)s回線の解約を完了しました。", count=done["completed"]), "success")
    else:
        done = rpc.call("contracts.withdraw_terminations", ids=ids)
        flash(_("%(count)s件の登録を取り消しました。", count=done["withdrawn"]), "success")
