"""ご利用料金: the charges of one month."""

from datetime import date

from flask import Blueprint, render_template, request

from chassis import clock
from chassis.errors import Invalid
from gateway import rpc
from gateway.auth import access
from gateway.web.formats import month_after, month_before

blueprint = Blueprint("console_charges", __name__, url_prefix="/console/charges")


@blueprint.get("")
@access("console")
def show() -> str:
    this_month = clock.today().replace(day=1)
    month = _month(request.args.get("month")) or this_month
    return render_template(
        "console/charges.html",
        month=month,
        statement=rpc.call("payments.list_charges", month=f"{month:%Y-%m}"),
        before=month_before(month),
        after=month_after(month) if month < this_month else None,
    )


def _month(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Invalid("charges.month") from None
