"""CSV imports by page: check a file, read the report, store it."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField

from chassis.errors import Invalid
from gateway.auth import access
from gateway.staff.roles import demand_operations
from gateway.texts import message
from gateway.uploads import OWNERS, accepts_upload, read_csv, run_import
from gateway.web import labels
from gateway.web.forms import refuse

blueprint = Blueprint("staff_imports", __name__, url_prefix="/staff/imports")

# The columns of each kind, in the order of the list on the page, which is also the order to import in.
COLUMNS = {
    "customers": "customer_code,name",
    "contracts": (
        "contract_code,customer_code,project_name,family,service_type,service_name,"
        "sip_proxy,sip_domain,call_plan,display_plan"
    ),
    "lines": (
        "contract_code,phone_number,account_id,line_password,addon_password,start_date,end_date,"
        "channels,notified_number,pilot_number,mobile_number"
    ),
    "numbers": "phone_number,family",
    "terminations": "phone_number,wished_date",
    "calls": "record_id,phone_number,started_at,destination,call_type,duration_seconds,charge_yen",
    "accounts": "login_id,kind,customer_code,role,email,contact_phone,initial_password,language",
    "sims": "sim_serial,customer_code,project_name,msisdn,sim_type,sim_size,plan,status,activated_on",
    "usage": "record_id,sim_serial,used_at,bytes",
    "stock": "sim_serial,sim_type,sim_size,msisdn",
    "shipments": "order_number,sim_serial,msisdn,carrier_name,tracking_number",
}


class ImportForm(FlaskForm):
    kind = RadioField(
        _l("種類"),
        choices=[(kind, labels.IMPORT_KIND[kind]) for kind in OWNERS],
        default="customers",
    )
    file = FileField(_l("CSVファイル"), [FileRequired(_l("CSVファイルを選んでください。"))])


@blueprint.route("", methods=["GET", "POST"])
@access("staff")
@accepts_upload
def run() -> tuple[str, int]:
    demand_operations()
    form = ImportForm()
    report: dict[str, Any] | None = None
    status = 200
    if form.validate_on_submit():
        try:
            mode = "apply" if request.form.get("mode") == "apply" else "validate"
            report = run_import(form.kind.data, mode, read_csv())
            status = 422 if report["error_count"] else 200
        except Invalid as error:
            status = refuse(form, error)
    elif form.errors:
        status = 422
    elif request.args.get("kind") in OWNERS:  # a link to one of them
        form.kind.data = request.args["kind"]
    return (
        render_template("staff/imports.html", form=form, report=report, columns=COLUMNS, explain=message),
        status,
    )
