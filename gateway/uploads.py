"""CSV imports by staff: from an uploaded file to the owning service's report; for the API and for pages."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from chassis.errors import Invalid
from gateway import rpc
from gateway.refusals import BadRequest

V = TypeVar("V", bound=Callable[..., Any])

# kind of file -> service that owns it
OWNERS = {
    "customers": "contracts",
    "contracts": "contracts",
    "lines": "contracts",
    "numbers": "contracts",
    "terminations": "contracts",
    "calls": "contracts",
    "accounts": "auth",
    "sims": "sim",
    "usage": "sim",
    "stock": "sim",
    "shipments": "sim",
}


def init_app(app: Flask) -> None:
    app.before_request(_limit_body)


def accepts_upload(view: V) -> V:
    """Mark a view whose body may be as large as `max_upload_bytes`."""
    view.largest_body = "max_upload_bytes"  # type: ignore[attr-defined]
    return view


def accepts_customer_file(view: V) -> V:
    """Mark a view whose body may be as large as `max_customer_file_bytes`."""
    view.largest_body = "max_customer_file_bytes"  # type: ignore[attr-defined]
    return view


def read_csv(*encodings: str) -> str:
    """The text of the request's CSV file: the field `file` of a form, or the body itself.

    It is UTF-8, with or without a byte order mark, or the first one of further `encodings` that fits.

    Raises Invalid("import.encoding"), and what `read_body` does.
    """
    raw = read_body()
    for encoding in ("utf-8-sig", *encodings):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # UTF-16 without a byte order mark decodes as UTF-8 full of these
            return text
    raise Invalid("import.encoding")


def read_body() -> bytes:
    """What the request brings: the field `file` of a form, or the body itself.

    Raises Invalid: upload.missing, upload.empty; BadRequest("upload.cut_off").
    """
    if request.mimetype == "multipart/form-data":
        if "file" not in request.files:
            raise Invalid("upload.missing")
        raw = request.files["file"].read()
    else:
        raw = request.get_data()
        if len(raw) < (request.content_length or 0):
            raise BadRequest("upload.cut_off")  # half a file must never be stored as a whole
    if not raw.strip():
        raise Invalid("upload.empty")
    return raw


def run_import(kind: str, mode: str, text: str) -> dict[str, Any]:
    """Check (mode "validate") or store ("apply") a file of one of the kinds in OWNERS.

    Returns the report as chassis.csvfile.ImportReport has it.
    """
    settings = current_app.config["KAISEN"]
    report: dict[str, Any] = rpc.call(
        f"{OWNERS[kind]}.import_csv",
        sealed=("text",),
        timeout=settings.import_timeout,
        kind=kind,
        mode=mode,
        text=text,
    )
    return report


def _limit_body() -> None:
    settings = current_app.config["KAISEN"]
    view = current_app.view_functions.get(request.endpoint or "")
    limit = getattr(settings, getattr(view, "largest_body", "max_body_bytes"))
    request.max_content_length = request.max_form_memory_size = limit
    if request.content_length is None:
        # Sent in chunks: Werkzeug would cut the body off at the limit without a word, and half a file must never look
        # like a file. One byte more than allowed tells.
        request.max_content_length = limit + 1
        length = len(request.get_data())
        request.max_content_length = limit
        if length > limit:
            raise RequestEntityTooLarge
