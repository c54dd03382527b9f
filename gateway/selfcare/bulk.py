"""アップロード・ダウンロード: the file of a contract's lines, the dry run, and applying exactly what it has shown."""

from typing import Any

from flask import Blueprint, current_app, redirect, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import HiddenField

from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from gateway import rpc
from gateway.account import render
from gateway.api import choices_csv
from gateway.auth import access
from gateway.texts import message
from gateway.texts.bulk import COLUMNS, FILE_TITLES, KINDS
from gateway.uploads import accepts_customer_file
from gateway.web.forms import refuse
from gateway.web.paging import pager, position

blueprint = Blueprint("selfcare_bulk", __name__, url_prefix="/selfcare/bulk")

PAGE_SIZE = 20

Answer = Response | tuple[str, int]


class FileForm(FlaskForm):
    file = FileField(_l("CSVファイル"), [FileRequired(_l("CSVファイルを選んでください。"))])


class AgreementForm(FlaskForm):
    """The difference that the customer has seen."""

    fingerprint = HiddenField()


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    found = rpc.call("contracts.list_contracts")["items"]
    contracts = [contract for contract in found if contract["family"] == "mobile_choice"]
    return render("selfcare/bulk_guidance.html", contracts=contracts, titles=FILE_TITLES)


@blueprint.route("/contracts/<code:contract_code>", methods=["GET", "POST"])
@access("selfcare")
@accepts_customer_file
def form(contract_code: str) -> Answer:
    """The file to take, and the way in for a changed one; a good one leads to its difference."""
    upload_form = FileForm()
    report: dict[str, Any] | None = None
    status = 200
    if upload_form.validate_on_submit():
        try:
            report = choices_csv.check(contract_code)
            if report["upload"] is not None:
                return redirect(url_for(".difference", upload_id=report["upload"]["upload_id"]), 303)
            status = 422
        except Invalid as error:
            status = refuse(upload_form, error, "file")
    elif upload_form.errors:
        status = 422
    contract = rpc.call("contracts.get_contract", contract_code=contract_code)
    if contract["family"] != "mobile_choice":
        raise NotFound("contract.unknown")
    page = render(
        "selfcare/bulk_form.html",
        contract=contract,
        form=upload_form,
        report=report,
        titles=FILE_TITLES,
        columns=COLUMNS,
        explain=message,
        megabytes=current_app.config["KAISEN"].max_customer_file_bytes // 2**20,
    )
    return page, status


@blueprint.get("/uploads/<code:upload_id>")
@access("selfcare")
def difference(upload_id: str) -> Answer:
    """What the file would change; after it has been applied, what it has changed."""
    return _show(upload_id)


@blueprint.post("/uploads/<code:upload_id>")
@access("selfcare")
def apply(upload_id: str) -> Answer:
    form = AgreementForm()
    try:
        if not form.validate():
            raise Invalid("request.invalid")
        choices_csv.apply(upload_id, form.fingerprint.data or "")
    except (Conflict, Invalid) as error:
        return _show(upload_id, error)
    return redirect(url_for(".difference", upload_id=upload_id), 303)


def _show(upload_id: str, refusal: KaisenError | None = None) -> Answer:
    here = position(PAGE_SIZE)
    upload = rpc.call("contracts.get_bulk_upload", upload_id=upload_id, cursor=here.cursor, limit=here.size)
    page = render(
        "selfcare/bulk_difference.html",
        upload=upload,
        changes=upload["items"],
        kinds=KINDS,
        columns=COLUMNS,
        refusal=message(refusal.code, refusal.details) if refusal else "",
        pager=pager(here, upload, {}),
        page_size=here.size,
    )
    return page, refusal.status if refusal else 200
