"""A line's two passwords, shown on demand, and the file of lines with them."""

from flask import Blueprint, Response, request

from chassis.errors import Invalid
from gateway import rpc
from gateway.account import render
from gateway.api import csv_file, lines_csv
from gateway.auth import access
from gateway.web.lines import LineSearchForm

blueprint = Blueprint("selfcare_line_passwords", __name__, url_prefix="/selfcare")


@blueprint.route("/lines/<code:phone_number>/passwords", methods=["GET", "POST"])
@access("selfcare")
def show(phone_number: str) -> str:
    """The passwords stand in the answer to a POST alone: asking for the page again shows them no more."""
    passwords: dict[str, str | None] | None = None
    if request.method == "POST":
        passwords = rpc.call_sealed("contracts.show_passwords", phone_number=phone_number)
    return render("selfcare/line_passwords.html", phone_number=phone_number, passwords=passwords)


@blueprint.get("/contracts/<code:contract_code>/lines-with-passwords.csv")
@access("selfcare")
def download(contract_code: str) -> Response:
    """Like the file without them; on a page, so that a missing proof is asked for."""
    form = LineSearchForm(request.args, status=request.args.get("status", "all"))
    if not form.validate():
        raise Invalid("request.invalid")
    encoding: csv_file.Encoding = "cp932" if request.args.get("encoding") == "cp932" else "utf-8"
    cells: csv_file.Cells = "spreadsheet" if request.args.get("cells") == "spreadsheet" else "plain"
    return lines_csv.download(contract_code, form.conditions(), encoding, cells, passwords=True)
