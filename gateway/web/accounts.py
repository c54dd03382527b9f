"""アカウント管理 as the console and the staff pages share it; each of them has its own addresses for it.

The views are named alike in both blueprints (`listing`, `detail`, …), so that the templates find them by `.detail`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired

from chassis.errors import Conflict, Forbidden, Invalid
from gateway import rpc
from gateway.auth import current_account
from gateway.initial_password import new_initial_password
from gateway.texts import message
from gateway.web import labels
from gateway.web.forms import SearchForm, refuse
from gateway.web.paging import pager, position

PAGE_SIZE = 50

View = Response | str | tuple[str, int]


@dataclass(frozen=True)
class Area:
    """`kind` is the pages' own, and that of the accounts that are created on them."""

    kind: str

    @property
    def frame(self) -> str:
        return f"{self.kind}/frame.html"

    def may_change(self) -> bool:
        account = current_account()
        return account is not None and f"{self.kind}_administrator" in account.roles

    def demand_administrator(self) -> None:
        """Raise Forbidden("role.missing") for an account that may only look, or not even that."""
        if not self.may_change():
            raise Forbidden("role.missing")


class AccountSearchForm(SearchForm):
    query = StringField(_l("ログインIDまたはメールアドレス"))

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address and the service name them."""
        given = {"query": (self.query.data or "").strip()}
        return {name: value for name, value in given.items() if value}


class EveryAccountSearchForm(AccountSearchForm):
    kind = SelectField(
        _l("種別"),
        choices=[("", _l("すべて")), *labels.ACCOUNT_KIND.items()],
        default="",
        validate_choice=False,
    )
    customer_code = StringField(_l("顧客番号"))

    def conditions(self) -> dict[str, Any]:
        given = {
            "kind": self.kind.data if self.kind.data in labels.ACCOUNT_KIND else "",
            "customer_code": (self.customer_code.data or "").strip(),
        }
        return super().conditions() | {name: value for name, value in given.items() if value}


class ChangeForm(FlaskForm):
    role = RadioField(_l("権限"), [InputRequired(_l("権限を選んでください。"))], validate_choice=False)
    email = StringField(_l("メールアドレス"))

    def offer_roles_of(self, kind: str) -> None:
        """Self-care accounts have no role to choose."""
        self.role.choices = labels.roles_of(kind)
        if not self.role.choices:
            del self.role

    def wanted(self) -> dict[str, Any]:
        """The values as the service is asked for them; an empty address is none."""
        return {field.name: (field.data or "").strip() for field in self if field.name != "csrf_token"}


class NewAccountForm(ChangeForm):
    # its fields in the order of the page, which is also that of their problems
    login_id = StringField(_l("ログインID"), [DataRequired(_l("ログインIDを入力してください。"))])
    role = RadioField(_l("権限"), [InputRequired(_l("権限を選んでください。"))], validate_choice=False)
    email = StringField(_l("メールアドレス"))
    language = RadioField(
        _l("メールの言語"),
        choices=[("ja", _l("日本語")), ("en", _l("英語"))],
        default="ja",
        validate_choice=False,
    )


class ConfirmForm(FlaskForm):
    """Only the token: whoever sends it means it."""


class ResetForm(ConfirmForm):
    factors = BooleanField(_l("2段階認証の登録も削除する"))


def listing(area: Area, form: AccountSearchForm, template: str) -> str:
    conditions = form.conditions()
    here = position(PAGE_SIZE)
    answer = rpc.call("auth.list_accounts", cursor=here.cursor, limit=here.size, **conditions)
    return render_template(
        template,
        form=form,
        accounts=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
        may_change=area.may_change(),
    )


def new(area: Area) -> View:
    area.demand_administrator()
    form = NewAccountForm()
    form.offer_roles_of(area.kind)
    status = 200
    if form.validate_on_submit():
        password = new_initial_password()
        wanted = form.wanted()
        try:
            answer = rpc.call(
                "auth.create_account", sealed=("initial_password",), initial_password=password, **wanted
            )
            return _hand_out(area, wanted["login_id"], answer, password, _("アカウントを作成しました。"))
        except (Conflict, Invalid) as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    return render_template("accounts/new.html", frame=area.frame, form=form), status


def detail(area: Area, login_id: str) -> View:
    """One account and, for administrators, the form that changes it."""
    person = rpc.call("auth.get_account", login_id=login_id)
    form = ChangeForm(data=person)
    form.offer_roles_of(person["kind"])
    status = 200
    if form.is_submitted():
        area.demand_administrator()
        status = 422
    if form.validate_on_submit():
        try:
            rpc.call("auth.change_account", login_id=login_id, **form.wanted())
            flash(_("アカウントの内容を変更しました。"), "success")
            return _to_detail(login_id)
        except (Conflict, Invalid) as error:
            status = refuse(form, error)
    page = render_template(
        "accounts/account.html", frame=area.frame, person=person, form=form, may_change=area.may_change()
    )
    return page, status


def disable(area: Area, login_id: str) -> View:
    def run(_person: dict[str, Any]) -> Response:
        rpc.call("auth.change_account", login_id=login_id, disabled=True)
        flash(_("アカウントを停止しました。"), "success")
        return _to_detail(login_id)

    return _confirmed(area, login_id, "accounts/disable.html", ConfirmForm(), run)


def enable(area: Area, login_id: str) -> View:
    """Without a question of its own: nothing is lost."""
    area.demand_administrator()
    rpc.call("auth.change_account", login_id=login_id, disabled=False)
    flash(_("アカウントの停止を解除しました。"), "success")
    return _to_detail(login_id)


def reset(area: Area, login_id: str) -> View:
    form = ResetForm()

    def run(_person: dict[str, Any]) -> View:
        password = new_initial_password()
        answer = rpc.call(
            "auth.reset_account",
            sealed=("initial_password",),
            login_id=login_id,
            initial_password=password,
            factors=form.factors.data,
        )
        return _hand_out(area, login_id, answer, password, _("パスワードを再発行しました。"))

    return _confirmed(area, login_id, "accounts/reset.html", form, run)


def delete(area: Area, login_id: str) -> View:
    def run(_person: dict[str, Any]) -> Response:
        rpc.call("auth.delete_account", login_id=login_id)
        flash(_("アカウント「%(login_id)s」を削除しました。", login_id=login_id), "success")
        return redirect(url_for(".listing"), 303)

    return _confirmed(area, login_id, "accounts/delete.html", ConfirmForm(), run)


def _confirmed(
    area: Area, login_id: str, template: str, form: FlaskForm, run: Callable[[dict[str, Any]], View]
) -> View:
    """Ask once more, then `run`; what the service refuses leads back to the account, and says why."""
    area.demand_administrator()
    person = rpc.call("auth.get_account", login_id=login_id)
    if form.validate_on_submit():
        try:
            return run(person)
        except Conflict as error:
            flash(message(error.code, error.details), "error")
            return _to_detail(login_id)
    return render_template(template, frame=area.frame, person=person, form=form)


def _hand_out(area: Area, login_id: str, answer: dict[str, Any], password: str, done: str) -> View:
    """The password goes out by mail; where there is no address, the administrator sees it this once."""
    if answer["mailed"]:
        flash(done, "success")
        flash(_("パスワードをメールで送りました。"), "success")
        return _to_detail(login_id)
    return render_template(
        "accounts/password.html",
        frame=area.frame,
        login_id=login_id,
        password=password,
        ends_at=answer["ends_at"],
        done=done,
    )


def _to_detail(login_id: str) -> Response:
    return redirect(url_for(".detail", login_id=login_id), 303)
