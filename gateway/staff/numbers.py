"""The pool of 050 numbers: how many there are, in which state each is, and taking a free one out."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import Optional, Regexp

from chassis.errors import Conflict
from gateway import rpc
from gateway.auth import access
from gateway.staff.roles import demand_operations, may_operate
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import SearchForm
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_numbers", __name__, url_prefix="/staff/numbers")

PAGE_SIZE = 50


class NumberSearchForm(SearchForm):
    prefix = StringField(
        _l("電話番号"),
        [
            Optional(),
            Regexp(r"^[0-9]{1,11}$", message=_l("電話番号の先頭部分を、半角数字で入力してください。")),
        ],
    )
    state = SelectField(
        _l("状態"),
        choices=[("", _l("すべて")), *((code, label.text) for code, label in labels.NUMBER_STATE.items())],
        default="",
        validate_choice=False,
    )

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {
            "prefix": (self.prefix.data or "").strip(),
            "state": self.state.data if self.state.data in labels.NUMBER_STATE else "",
        }
        return {name: value for name, value in given.items() if value}


class RemoveForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("staff")
def listing() -> tuple[str, int]:
    form = NumberSearchForm(request.args)
    is_good = form.validate()
    conditions = form.conditions() if is_good else {}
    here = position(PAGE_SIZE)
    answer = rpc.call("contracts.list_numbers", cursor=here.cursor, limit=here.size, **conditions)
    page = render_template(
        "staff/numbers.html",
        form=form,
        counts=answer["counts"],
        numbers=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
        may_operate=may_operate(),
    )
    return page, 200 if is_good else 422


@blueprint.route("/<code:phone_number>/remove", methods=["GET", "POST"])
@access("staff")
def remove(phone_number: str) -> Response | str:
    """Ask once more, then take the number out of the pool."""
    demand_operations()
    form = RemoveForm()
    if not form.validate_on_submit():
        return render_template("staff/number_remove.html", phone_number=phone_number)
    try:
        rpc.call("contracts.remove_number", phone_number=phone_number)
        flash(_("%(number)sを番号プールから外しました。", number=phone_number), "success")
    except Conflict as error:
        flash(message(error.code, error.details), "error")
    return redirect(url_for(".listing"), 303)
