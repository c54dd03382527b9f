"""監査ログ of the console: what was done in the name of a customer, for its administrators."""

from flask import Blueprint, request

from gateway.auth import access
from gateway.web.audit import AuditSearchForm, show

blueprint = Blueprint("console_audit", __name__, url_prefix="/console/audit")


@blueprint.get("")
@access("console")
def listing() -> tuple[str, int]:
    return show(AuditSearchForm(request.args), "console/audit.html")
