"""Every failure as an answer: problem details (RFC 9457) in the API, a page elsewhere; never a stack trace."""

import re
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from chassis import logs
from chassis.errors import Internal, Invalid, KaisenError
from gateway import correlation
from gateway.auth import is_api
from gateway.texts import message, title
from gateway.web.proof import lead_to_proof

_log = logs.get_logger()

# The field that a code speaks of where the service names no pointer itself.
_ORDER = re.compile(r"^/?order/(?:[A-Z]{2}/)?")
_FIELDS = {
    "application.contact_email": "contact_email",
    "application.contact_name": "contact_name",
    "application.contact_phone": "contact_phone",
    "application.count": "count",
    "application.channels": "channels",
    "application.numbers_count": "phone_numbers",
    "application.reason": "reason",
    "number.not_free": "phone_numbers",
    "termination.end_date": "end_date",
    "audit.range_reversed": "until",
    "account.exists": "login_id",
    "calls.destination_not_digits": "destination_prefix",
    "calls.destination_too_short": "destination_prefix",
    "calls.month_format": "month",
    "calls.month_not_kept": "month",
    "calls.range_reversed": "day_to",
    "usage.month": "month",
    "card.brand": "payment_method",
    "card.debit": "payment_method",
    "card.token": "payment_method",
    "card.unusable": "payment_method",
    "charges.month": "month",
    "code.format": "code",
    "key.expiry": "expires_on",
    "key.role": "role",
    "line.number_format": "phone_number",
    "line.terminated": "phone_number",
    "line.unknown": "phone_number",
    "line_password.confirmation": "again",
    "line_password.format": "new",
    "line_password.held": "current",
    "line_password.hidden": "phone_number",
    "line_password.no_service": "phone_number",
    "line_password.none": "phone_number",
    "line_password.same": "new",
    "line_password.wrong": "current",
    "lookup.empty": "query",
    "lines.prefix_not_digits": "phone_prefix",
    "lines.prefix_too_short": "phone_prefix",
    "lines.range_reversed": "start_to",
    "lines.sort_hidden": "sort",
    "master.exists": "code",
    "page.bad_cursor": "cursor",
    "option.both": "add",
    "option.unknown": "add",
    "options.nothing": "add",
    "options.same": "add",
    "plan.unknown": "plan",
    "plan_change.nothing": "plan",
    "plan_change.same": "plan",
    "recharge.amount": "gigabytes",
    "share.member_count": "numbers",
    "start_date.out_of_range": "start_date",
    "start_month.out_of_range": "start_month",
    "delivery_date.out_of_range": "delivery_date",
    "shipment.arrival": "arrived_on",
    "shipment.quantity": "quantity",
    "sim_size.unknown": "sim_size",
}

# Codes of failures that Flask and Werkzeug find themselves.
_HTTP_CODES = {
    400: "request.malformed",
    404: "route.unknown",
    405: "method.not_allowed",
    413: "request.too_large",
    415: "request.content_type",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(KaisenError, _refused)
    app.register_error_handler(HTTPException, _http_failure)
    app.register_error_handler(Exception, _defect)


def answer(error: KaisenError, status: int | None = None) -> Response:
    """The response for `error`, with another status than its class's if given."""
    code = status or error.status
    response = _problem(error, code) if is_api() else _page(error, code)
    if "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    if code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kaisen"'
    return response


def field_errors(error: KaisenError) -> list[dict[str, Any]]:
    """The wrong fields as `{pointer, code, detail}` and whatever else the service said of each, such as `row`."""
    named = error.details.get("errors")
    if not isinstance(named, list):
        field = _FIELDS.get(error.code)
        return [_field_error({**error.details, "pointer": field, "code": error.code})] if field else []
    return [_field_error(entry) for entry in named]


def _field_error(entry: dict[str, Any]) -> dict[str, Any]:
    # `reason` is a library's English; `detail` says it in the reader's language
    known = {name: value for name, value in entry.items() if name not in ("pointer", "reason")}
    if entry.get("pointer") is not None:
        # an order's fields stand in the request itself; on the bus they are those of its kind
        known["pointer"] = "/" + _ORDER.sub("", str(entry["pointer"])).strip("/")
    known["detail"] = message(str(entry["code"]), entry)
    return known


def _problem(error: KaisenError, status: int) -> Response:
    facts = {name: value for name, value in error.details.items() if name != "errors"}
    body: dict[str, Any] = {
        "type": f"urn:kaisen:problem:{error.code}",
        "title": title(status),
        "status": status,
        "code": error.code,
        "detail": message(error.code, error.details),
        "errors": field_errors(error),
        "correlation_id": correlation.current_id(),
    }
    if facts:
        body["details"] = facts
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def _page(error: KaisenError, status: int) -> Response:
    return make_response(
        render_template(
            "error.html",
            status=status,
            title=title(status),
            detail=message(error.code, error.details),
            code=error.code,
            correlation_id=correlation.current_id(),
        ),
        status,
    )


def _refused(error: KaisenError) -> Any:
    if error.code == "proof.required" and not is_api():
        return lead_to_proof()
    if error.status >= 500:
        _log.warning("refused", code=error.code, status=error.status)
    return answer(error)


def _http_failure(error: HTTPException) -> Any:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()  # a redirect
    if isinstance(error, CSRFError):
        return answer(Invalid("csrf.invalid"), HTTPStatus.FORBIDDEN)
    details = {"limit": request.max_content_length} if isinstance(error, RequestEntityTooLarge) else {}
    response = answer(Invalid(_HTTP_CODES.get(status, "request.failed"), **details), status)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _defect(error: Exception) -> Response:
    _log.exception("unexpected", path=request.path)
    return answer(Internal("internal"))
