"""モバイルチョイス050登録 and 解除: guidance, input page in another window, confirmation, completion.

The confirmation is the answer to the input and carries it on, with the key of this one registration or release: sent
twice, it is done once.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import FieldList, FormField, StringField

from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from gateway import rpc
from gateway.account import render
from gateway.auth import access
from gateway.errors import field_errors
from gateway.texts import message
from gateway.web.forms import SearchForm, refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("selfcare_pairs", __name__, url_prefix="/selfcare/pairs")

ROWS = 5
PAGE_SIZE = 20
TITLES = {"register": _l("モバイルチョイス050登録"), "release": _l("モバイルチョイス050解除")}

Answer = Response | tuple[str, int]


class PairRow(SearchForm):
    """A row of the form, which has the token for all of them."""

    phone_number = StringField(_l("050番号"))
    mobile_number = StringField(_l("携帯番号"))


class RegisterForm(FlaskForm):
    pairs = FieldList(FormField(PairRow), min_entries=ROWS, max_entries=ROWS)

    def filled(self) -> list[Any]:
        """The rows in which something was entered."""
        return [row for row in self.pairs if _typed(row.phone_number) or _typed(row.mobile_number)]

    def wanted(self) -> list[dict[str, str]]:
        return [
            {"phone_number": _typed(row.phone_number), "mobile_number": _typed(row.mobile_number)}
            for row in self.filled()
        ]

    def refuse(self, error: KaisenError) -> int:
        """Show a refusal at the rows that it names, else on top; the status to answer with."""
        rows = self.filled()
        problems = field_errors(error)
        for problem in problems:
            _pairs, index, name = problem["pointer"].strip("/").split("/")
            field = getattr(rows[int(index)], name)
            field.errors = [*field.errors, problem["detail"]]
        if not problems:
            self.form_errors.append(message(error.code, error.details))
        return error.status


class PairSearchForm(SearchForm):
    digits = StringField(_l("050番号または携帯番号"))


@blueprint.get("/<any(register, release):kind>")
@access("selfcare")
def guidance(kind: str) -> str:
    return render("selfcare/pair_guidance.html", kind=kind, title=TITLES[kind], rows=ROWS)


@blueprint.get("/register/form")
@access("selfcare")
def new() -> Answer:
    return _ask(RegisterForm())


@blueprint.post("/register/form")
@access("selfcare")
def check() -> Answer:
    """To the confirmation, or back to the input; `edit` is the way back from there."""
    form = RegisterForm()
    form.validate()
    if "edit" in request.form:
        return _ask(form)
    try:
        if not form.filled():
            raise Invalid("pair.none")
        rpc.call("contracts.check_pairs", pairs=form.wanted())
    except (Conflict, Invalid, NotFound) as error:
        return _ask(form, form.refuse(error))
    key = uuid.uuid4().hex
    page = render("selfcare/pair_confirm.html", title=TITLES["register"], pairs=form.wanted(), key=key)
    return page, 200


@blueprint.post("/register")
@access("selfcare")
def register() -> Answer:
    form = RegisterForm()
    form.validate()
    try:
        if not form.filled():
            raise Invalid("pair.none")
        rpc.call("contracts.register_pairs", pairs=form.wanted(), idempotency_key=_key())
    except (Conflict, Invalid, NotFound) as error:
        return _ask(form, form.refuse(error))
    numbers = [pair["phone_number"] for pair in form.wanted()]
    return redirect(url_for(".registered", number=numbers), 303)


@blueprint.get("/register/done")
@access("selfcare")
def registered() -> str:
    numbers = request.args.getlist("number")[:ROWS] or [""]
    pairs = rpc.call("contracts.list_pairs", phone_numbers=numbers)["items"]
    return render("selfcare/pair_done.html", kind="register", title=TITLES["register"], pairs=pairs)


@blueprint.get("/release/form")
@access("selfcare")
def choose() -> Answer:
    return _list()


@blueprint.post("/release/form")
@access("selfcare")
def check_release() -> Answer:
    try:
        pairs = rpc.call("contracts.check_releases", phone_numbers=_chosen())["items"]
    except (Conflict, Invalid, NotFound) as error:
        return _list(error)
    key = uuid.uuid4().hex
    page = render("selfcare/pair_release_confirm.html", title=TITLES["release"], pairs=pairs, key=key)
    return page, 200


@blueprint.post("/release")
@access("selfcare")
def release() -> Answer:
    try:
        released = rpc.call("contracts.release_pairs", phone_numbers=_chosen(), idempotency_key=_key())
    except (Conflict, Invalid, NotFound) as error:
        return _list(error)
    return redirect(url_for(".released", count=len(released["items"])), 303)


@blueprint.get("/release/done")
@access("selfcare")
def released() -> str:
    count = request.args.get("count", 0, type=int)
    return render("selfcare/pair_done.html", kind="release", title=TITLES["release"], count=count)


def _ask(form: RegisterForm, status: int = 200) -> Answer:
    return render("selfcare/pair_form.html", title=TITLES["register"], form=form), status


def _list(refusal: KaisenError | None = None) -> Answer:
    """The pairs to choose from, with a refusal of what was chosen."""
    form, here, status = PairSearchForm(request.args), position(PAGE_SIZE), 200
    digits = _typed(form.digits)
    search = {"digits": digits} if digits else {}
    found: dict[str, Any] = {"total": 0, "items": [], "next_cursor": None}
    try:
        found = rpc.call("contracts.list_pairs", digits=digits, cursor=here.cursor, limit=here.size)
    except Invalid as error:
        status = refuse(form, error)
    if refusal is not None:
        form.form_errors += _reasons(refusal)
        status = refusal.status
    page = render(
        "selfcare/pair_release.html",
        title=TITLES["release"],
        form=form,
        pairs=found["items"],
        chosen=request.form.getlist("phone_number"),
        is_searched=bool(digits),
        pager=pager(here, found, search),
        page_size=here.size,
    )
    return page, status


def _chosen() -> list[str]:
    """The 050 numbers to release. Raises Invalid("pair.none_chosen")."""
    numbers = list(dict.fromkeys(request.form.getlist("phone_number")))
    if not numbers:
        raise Invalid("pair.none_chosen")
    return numbers


def _reasons(refusal: KaisenError) -> Sequence[str]:
    """What is wrong with which of the chosen numbers."""
    numbers = request.form.getlist("phone_number")
    reasons = []
    for problem in field_errors(refusal):
        index = problem["pointer"].rpartition("/")[2]
        number = numbers[int(index)] if index.isdigit() and int(index) < len(numbers) else ""
        reasons.append(_("%(number)s：%(reason)s", number=number, reason=problem["detail"]))
    return reasons or [message(refusal.code, refusal.details)]


def _key() -> str:
    return request.form.get("idempotency_key") or uuid.uuid4().hex


def _typed(field: Any) -> str:
    return (field.data or "").strip()
