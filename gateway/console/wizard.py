"""Ordering in three steps, 入力 → 確認 → 完了, the same for every kind of order, and changing an order the same way.

Nothing is stored before the last step. What was entered travels with the confirmation in a hidden field, whatever its
size, and the service judges it anew each time; the key of an application makes it the same order whichever way it is
sent twice.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import InputRequired

from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from gateway import rpc, uploads
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.texts import message
from gateway.web.forms import refuse

Answer = Response | tuple[str, int]
More = Callable[["OrderForm"], Response | dict[str, Any]]

BY_KIND: dict[str, str] = {}
"""The endpoint of step one by the kind of order."""


class OrderForm(FlaskForm):
    """Step one. Its fields bear the names of the request's, so that refusals find them."""

    def wanted(self) -> dict[str, Any]:
        """The request as the service reads it, without its kind."""
        raise NotImplementedError

    def fill(self, order: Mapping[str, Any]) -> None:
        """Show a request that was made before."""
        raise NotImplementedError

    def prefill(self, given: Mapping[str, str]) -> None:
        """Show what a link to the form names, such as the SIM."""


class AgreementForm(FlaskForm):
    """Step two: what is ordered, the terms that were shown (fingerprint), which application this is (key)."""

    order = HiddenField(validators=[InputRequired()])
    fingerprint = HiddenField(validators=[InputRequired()])
    idempotency_key = HiddenField(validators=[InputRequired()])

    def wanted(self) -> dict[str, Any] | None:
        """The request; None if it is not what a confirmation of ours held."""
        try:
            found = json.loads(self.order.data or "")
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def missing(self) -> KaisenError | None:
        """What else must be agreed to and is not."""
        return None


@dataclass(frozen=True)
class Wizard:
    """The steps of one kind. `templates` is a folder with input.html and confirm.html, which extend
    console/wizard_input.html and console/wizard_confirm.html. `more` adds to what these templates are given, or answers
    with a way out if there is nothing to order. Of several wizards of a kind one `leads`: there the changes of orders
    begin."""

    kind: str
    blueprint: Blueprint
    form: type[OrderForm]
    templates: str
    more: More = lambda _form: {}
    leads: bool = True
    agreement: type[AgreementForm] = AgreementForm

    def register(self) -> None:
        """Add the addresses of the steps: `/new`, where `?change=<order number>` changes an order, and `/confirm`."""
        if self.leads:
            BY_KIND[self.kind] = f"{self.blueprint.name}.new"
        self.blueprint.add_url_rule("/new", "new", access("console")(self.new))
        for rule, view in (("/new", self.check), ("/confirm", self.place)):
            guarded = uploads.accepts_customer_file(access("console")(view))
            self.blueprint.add_url_rule(rule, view.__name__, guarded, methods=["POST"])

    def new(self) -> Answer:
        """Step one, empty or with the request of the order that is to be changed."""
        demand_order_role()
        form = self.form(formdata=None)
        if change := _change():
            order = rpc.call("sim.get_order", number=change)
            if order["kind"] != self.kind:
                raise NotFound("order.unknown")
            if not order["changeable"]:
                return _to_order(change)
            form.fill(order["request"])
        else:
            form.prefill(request.args)
        return self._ask(form)

    def begin(self, wanted: Mapping[str, Any]) -> Answer:
        """Step one with what another page has chosen; `wanted` is a request."""
        form = self.form(formdata=None)
        form.fill(wanted)
        return self._ask(form)

    def check(self) -> Answer:
        """Step two if the request is in order; step one again if it is not, or if somebody comes back to it."""
        demand_order_role()
        if "back" in request.form:
            form = self.form(formdata=None)
            form.fill(AgreementForm().wanted() or {})
            return self._ask(form)
        form = self.form()
        if not form.validate_on_submit():
            return self._ask(form, 422)
        return self._show_terms(form.wanted() | {"kind": self.kind}, form)

    def place(self) -> Answer:
        """Order under the terms that were shown. If that cannot be, show the terms as they are now, and why."""
        demand_order_role()
        agreement = self.agreement()
        wanted = agreement.wanted()
        if not agreement.validate_on_submit() or wanted is None:
            return self._ask(self.form(formdata=None), 422)
        key = agreement.idempotency_key.data or ""
        if (missing := agreement.missing()) is not None:
            return self._show_terms(wanted, None, key, missing)
        agreed = {"order": wanted, "fingerprint": agreement.fingerprint.data, "idempotency_key": key}
        try:
            if change := _change():
                order = rpc.call("sim.change_order", number=change, **agreed)
            else:
                order = rpc.call("sim.place_order", **agreed)
        except (Conflict, Invalid, NotFound) as error:
            if error.code == "order.not_changeable":
                return _to_order(_change())
            return self._show_terms(wanted, None, key, error)
        return redirect(
            url_for("console_orders.done", number=order["number"], changed="1" if _change() else None), 303
        )

    def _ask(self, form: OrderForm, status: int = 200) -> Answer:
        more = self.more(form)
        if isinstance(more, Response):
            return more
        page = render_template(
            f"{self.templates}/input.html",
            form=form,
            choices=rpc.call("sim.order_choices", kind=self.kind),
            change=_change(),
            action=url_for(f"{self.blueprint.name}.check", change=_change() or None),
            **more,
        )
        return page, status

    def _show_terms(
        self,
        wanted: dict[str, Any],
        form: OrderForm | None,
        key: str = "",
        refused: KaisenError | None = None,
    ) -> Answer:
        """Step two; `form` is shown with the reason if the service does not take what it holds."""
        try:
            if change := _change():
                quote = rpc.call("sim.quote_order_change", number=change, order=wanted)
            else:
                quote = rpc.call("sim.quote_order", order=wanted)
        except (Conflict, Invalid, NotFound) as error:
            if error.code == "order.not_changeable":
                return _to_order(_change())
            if form is None:
                form = self.form(formdata=None)
                form.fill(wanted)
            return self._ask(form, refuse(form, error))
        if refused is not None and refused.code == "idempotency.mismatch":
            key = ""
        page = render_template(
            f"{self.templates}/confirm.html",
            quote=quote,
            wanted=json.dumps(wanted, ensure_ascii=False),
            asked=wanted,
            key=key or uuid.uuid4().hex,
            notice=_reason(refused) if refused else "",
            change=_change(),
            action=url_for(f"{self.blueprint.name}.place", change=_change() or None),
            back=url_for(f"{self.blueprint.name}.check", change=_change() or None),
        )
        return page, refused.status if refused else 200


def _change() -> str:
    """The number of the order that is to be changed, if it is one."""
    return request.args.get("change", "")


def _to_order(number: str) -> Response:
    """To the order that can no longer be changed, which says so."""
    return redirect(url_for("console_orders.detail", number=number, late="1"), 303)


def _reason(error: KaisenError) -> str:
    """Why nothing was ordered, in the terms of the page rather than of the API."""
    match error.code:
        case "idempotency.in_progress":
            return _(
                "同じ申し込みを処理しています。少し待ってから、もう一度「登録」を押して結果をご確認ください。"
            )
        case "idempotency.mismatch":
            return _(
                "この画面からは、別の内容の申し込みを受け付けています。依頼一覧をご確認のうえ、"
                "追加で申し込むときだけ、もう一度「登録」を押してください。"
            )
    return message(error.code, error.details)
