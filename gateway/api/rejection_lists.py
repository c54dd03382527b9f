"""Lists of rejected callers as they are sent, and what becomes of them; for the API and for pages."""

from typing import Any, Literal

from flask import Response, current_app

from chassis.errors import Invalid
from gateway import rpc
from gateway.api import csv_file
from gateway.texts.rejections import COLUMNS

Action = Literal["register", "delete"]
Mode = Literal["validate", "apply"]

_ENCODINGS = ("utf-8-sig", "cp932")
_CHUNK = 5_000  # entries a call


def decode(raw: bytes) -> str:
    """The text of a list. Raises Invalid: rejection.too_large (limit), rejection.encoding."""
    most = current_app.config["KAISEN"].max_list_bytes
    if len(raw) > most:
        raise Invalid("rejection.too_large", limit=most)
    for encoding in _ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # UTF-16 without a byte order mark decodes as UTF-8 full of these
            return text
    raise Invalid("rejection.encoding")


def change(contract_code: str, action: str, mode: Mode, text: str) -> dict[str, Any]:
    """Check or store a list; the service's report (`usecases/rejections.py`)."""
    report: dict[str, Any] = rpc.call(
        "contracts.change_rejections",
        sealed=("text",),
        timeout=current_app.config["KAISEN"].import_timeout,
        contract_code=contract_code,
        action=action,
        mode=mode,
        text=text,
    )
    return report


def download(contract_code: str, search: dict[str, Any], encoding: csv_file.Encoding) -> Response:
    """What a search finds as a file that can be sent back as it is."""

    def fetch(cursor: str | None) -> csv_file.Chunk:
        found: csv_file.Chunk = rpc.call(
            "contracts.export_rejections", contract_code=contract_code, **search, cursor=cursor, limit=_CHUNK
        )
        return found

    return csv_file.download(f"rejections_{contract_code}", COLUMNS, fetch(None), fetch, encoding)
