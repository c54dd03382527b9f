"""監査ログ of the staff: what was done by whomever."""

from flask import Blueprint, request

from gateway.auth import access
from gateway.web.audit import EveryAuditSearchForm, show

blueprint = Blueprint("staff_audit", __name__, url_prefix="/staff/audit")


@blueprint.get("")
@access("staff")
def listing() -> tuple[str, int]:
    return show(EveryAuditSearchForm(request.args), "staff/audit.html")
