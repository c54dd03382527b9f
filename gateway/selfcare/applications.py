"""050番号追加申込: guidance, input, confirmation and completion; the own applications, and withdrawing one.

What a customer enters is a person's, so it travels in the bodies of forms and never in an address. The key of a form
stays the same from the input to the confirmation: whichever way it is sent twice, the same application answers.
"""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, IntegerField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from gateway import rpc
from gateway.account import own_account, render
from gateway.auth import access
from gateway.texts import message
from gateway.web.forms import DayField, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("selfcare_applications", __name__, url_prefix="/selfcare/applications")

PAGE_SIZE = 20

TITLES = {
    "ip_phone": _l("050番号追加申込"),
    "mobile_choice": _l("IP電話番号（050番号）追加申込"),
    "free_voice": _l("050番号追加申込"),
}


class ApplicationForm(FlaskForm):
    contract_code = RadioField(
        _l("ご契約"), [InputRequired(_l("ご契約を選んでください。"))], validate_choice=False
    )
    count = IntegerField(_l("番号数"), [InputRequired(_l("番号数を半角数字で入力してください。"))])
    wished_date = DayField(
        _l("サービス開始希望日"), [InputRequired(_l("サービス開始希望日を選んでください。"))]
    )
    channels = IntegerField(_l("チャンネル数（1番号あたり）"), default=1)
    contact_name = StringField(_l("ご担当者名"), [DataRequired(_l("ご担当者名を入力してください。"))])
    contact_phone = StringField(
        _l("連絡先電話番号"), [DataRequired(_l("連絡先電話番号を入力してください。"))]
    )
    contact_email = StringField(
        _l("連絡先メールアドレス"), [DataRequired(_l("連絡先メールアドレスを入力してください。"))]
    )
    idempotency_key = HiddenField()

    def wanted(self) -> dict[str, Any]:
        """The application as the service is asked for it."""
        return {
            "contract_code": self.contract_code.data,
            "count": self.count.data,
            "wished_date": self.wished_date.data.isoformat() if self.wished_date.data else None,
            "channels": 1 if self.channels.data is None else self.channels.data,
            "contact_name": (self.contact_name.data or "").strip(),
            "contact_phone": (self.contact_phone.data or "").strip(),
            "contact_email": (self.contact_email.data or "").strip(),
        }


class WithdrawForm(FlaskForm):
    """Only the token: whoever sends it means it."""


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    rules = rpc.call("contracts.application_rules")
    mine = rpc.call("contracts.list_applications", limit=5)
    return _render("selfcare/application_guidance.html", rules=rules, applications=mine["items"])


@blueprint.get("/list")
@access("selfcare")
def listing() -> str:
    here = position(PAGE_SIZE)
    answer = rpc.call("contracts.list_applications", cursor=here.cursor, limit=here.size)
    return _render(
        "selfcare/applications.html",
        applications=answer["items"],
        pager=pager(here, answer, {}),
        page_size=here.size,
    )


@blueprint.route("/form", methods=["GET", "POST"])
@access("selfcare")
def form() -> Response | tuple[str, int]:
    """Input; `step` says what the sender wants next: confirm, place, or back to the input."""
    rules = rpc.call("contracts.application_rules")
    if not rules["contracts"]:
        flash(message("application.family"), "error")
        return redirect(url_for(".guidance"), 303)
    entered = ApplicationForm()
    entered.contract_code.choices = [
        (one["contract_code"], one["contract_code"]) for one in rules["contracts"]
    ]
    if len(rules["contracts"]) == 1 and not entered.contract_code.data:
        entered.contract_code.data = rules["contracts"][0]["contract_code"]
    if request.method == "GET":
        entered.idempotency_key.data = uuid.uuid4().hex
        return _input(entered, rules)
    step = request.form.get("step")
    if step == "back":
        return _input(entered, rules)
    if not entered.validate():
        return _input(entered, rules, 422)
    try:
        if step == "place":
            return _place(entered)
        wanted = rpc.call("contracts.check_application", **entered.wanted())
    except Invalid as error:
        if error.code == "idempotency.mismatch":
            entered.idempotency_key.data = uuid.uuid4().hex
        return _input(entered, rules, refuse(entered, error))
    except (Conflict, Forbidden, NotFound) as error:
        return _input(entered, rules, refuse(entered, error))
    return _render("selfcare/application_confirm.html", form=entered, wanted=wanted), 200


@blueprint.get("/id/<code:number>/done")
@access("selfcare")
def done(number: str) -> str:
    return _render("selfcare/application_done.html", application=_application(number))


@blueprint.get("/id/<code:number>")
@access("selfcare")
def detail(number: str) -> str:
    return _render("selfcare/application.html", application=_application(number))


@blueprint.route("/id/<code:number>/withdraw", methods=["GET", "POST"])
@access("selfcare")
def withdraw(number: str) -> Response | str:
    """Ask once more, then withdraw. What has been decided on leads back to what became of it."""
    sent = WithdrawForm()
    if sent.validate_on_submit():
        try:
            rpc.call("contracts.withdraw_application", number=number)
            flash(_("お申し込みを取り下げました。"), "success")
        except Conflict as error:
            flash(message(error.code, error.details), "error")
        return redirect(url_for(".detail", number=number), 303)
    application = _application(number)
    if application["state"] != "received":
        flash(message("application.not_open"), "error")
        return redirect(url_for(".detail", number=number), 303)
    return _render("selfcare/application_withdraw.html", application=application)


def _place(entered: ApplicationForm) -> Response:
    key = entered.idempotency_key.data or uuid.uuid4().hex
    placed = rpc.call("contracts.place_application", idempotency_key=key, **entered.wanted())
    return redirect(url_for(".done", number=placed["number"]), 303)


def _input(entered: ApplicationForm, rules: dict[str, Any], status: int = 200) -> tuple[str, int]:
    return _render("selfcare/application_form.html", form=entered, rules=rules), status


def _application(number: str) -> dict[str, Any]:
    application: dict[str, Any] = rpc.call("contracts.get_application", number=number)
    return application


def _render(template: str, **values: Any) -> str:
    title = TITLES.get(own_account().portal, TITLES["ip_phone"])
    return render(template, title=title, **values)
