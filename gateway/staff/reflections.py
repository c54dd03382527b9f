"""New passwords of lines that the SIP switch has not taken: a list, and another try."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from chassis.errors import Conflict
from gateway import rpc
from gateway.auth import access
from gateway.staff.roles import may_operate
from gateway.texts import message
from gateway.web.paging import pager, position

blueprint = Blueprint("staff_reflections", __name__, url_prefix="/staff/reflections")

PAGE_SIZE = 50


@blueprint.get("")
@access("staff")
def listing() -> str:
    here = position(PAGE_SIZE)
    answer = rpc.call("contracts.list_failed_reflections", cursor=here.cursor, limit=here.size)
    return render_template(
        "staff/reflections.html",
        failures=answer["items"],
        pager=pager(here, answer, {}),
        page_size=here.size,
        may_retry=may_operate(),
    )


@blueprint.post("/<int:change_id>/retry")
@access("staff")
def retry(change_id: int) -> Response:
    try:
        rpc.call("contracts.retry_reflection", change_id=change_id)
        flash(_("もう一度反映します。結果は、この一覧でご確認ください。"), "success")
    except Conflict as error:
        flash(message(error.code, error.details), "error")
    return redirect(url_for(".listing"), 303)
