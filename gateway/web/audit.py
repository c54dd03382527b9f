"""監査ログ as the console and the staff pages share it."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from chassis.errors import Invalid
from gateway import rpc
from gateway.texts.audit import COLUMNS
from gateway.web import labels
from gateway.web.forms import DayField, SearchForm, refuse
from gateway.web.paging import pager, position

PAGE_SIZE = 50


class AuditSearchForm(SearchForm):
    since = DayField(_l("開始日"), [Optional()])
    until = DayField(_l("終了日"), [Optional()])
    login_id = StringField(_l("実行者のログインID"))
    action = SelectField(
        _l("操作"), choices=[("", _l("すべて")), *labels.ACTION.items()], default="", validate_choice=False
    )

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {
            "since": self.since.data.isoformat() if self.since.data else "",
            "until": self.until.data.isoformat() if self.until.data else "",
            "login_id": (self.login_id.data or "").strip(),
            "action": self.action.data if self.action.data in labels.ACTION else "",
        }
        return {name: value for name, value in given.items() if value}


class EveryAuditSearchForm(AuditSearchForm):
    customer_code = StringField(_l("顧客番号"))

    def conditions(self) -> dict[str, Any]:
        customer = (self.customer_code.data or "").strip()
        return super().conditions() | ({"customer_code": customer} if customer else {})


def show(form: AuditSearchForm, template: str) -> tuple[str, int]:
    """A page of the records that meet all conditions, and the file of all of them."""
    here = position(PAGE_SIZE)
    answer: dict[str, Any] | None = None
    status = 200
    if form.validate():
        try:
            answer = rpc.call("auth.list_audit", cursor=here.cursor, limit=here.size, **form.conditions())
        except Invalid as error:
            status = refuse(form, error)
    else:
        status = 422
    page = render_template(
        template,
        form=form,
        answer=answer,
        columns=COLUMNS,
        pager=pager(here, answer, form.conditions()) if answer else None,
        page_size=here.size,
        csv_url=url_for("api_audit.download_audit", **form.conditions()),
        listing_url=request.path,
    )
    return page, status
