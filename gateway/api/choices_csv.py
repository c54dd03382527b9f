"""The files of アップロード・ダウンロード: the choices of a contract's lines, and what an upload would change."""

from typing import Any

from flask import Response, current_app

from gateway import rpc, uploads
from gateway.api import csv_file
from gateway.texts.bulk import FILE_TITLES, KINDS, difference_titles

_CHUNK = 2_000  # rows a call


def download(contract_code: str, encoding: csv_file.Encoding, cells: csv_file.Cells = "plain") -> Response:
    """The contract's lines in service as the file that can be uploaded again, streamed.

    Raises what contracts.export_choices does for its first chunk.
    """

    def fetch(cursor: str | None) -> csv_file.Chunk:
        found: csv_file.Chunk = rpc.call(
            "contracts.export_choices", contract_code=contract_code, cursor=cursor, limit=_CHUNK
        )
        return found

    write = csv_file.literal if cells == "spreadsheet" else csv_file.cell
    parts = csv_file.pages(list(FILE_TITLES), fetch(None), fetch, lambda _field, value: write(value))
    return csv_file.stream(f"mobile_choice_{contract_code}", FILE_TITLES.values(), parts, encoding)


def download_difference(upload_id: str, encoding: csv_file.Encoding) -> Response:
    """All changes of a checked upload, old and new side by side. Raises what contracts.get_bulk_upload does."""

    def fetch(cursor: str | None) -> csv_file.Chunk:
        found: csv_file.Chunk = rpc.call(
            "contracts.get_bulk_upload", upload_id=upload_id, cursor=cursor, limit=_CHUNK
        )
        return {"items": [_flat(item) for item in found["items"]], "next_cursor": found["next_cursor"]}

    return csv_file.download("mobile_choice_changes", difference_titles(), fetch(None), fetch, encoding)


def check(contract_code: str) -> dict[str, Any]:
    """The dry run of the request's file, which is UTF-8 or CP932, as contracts.check_choices reports it."""
    report: dict[str, Any] = rpc.call(
        "contracts.check_choices",
        sealed=("text",),
        timeout=current_app.config["KAISEN"].import_timeout,
        contract_code=contract_code,
        text=uploads.read_csv("cp932"),
    )
    return report


def apply(upload_id: str, fingerprint: str) -> dict[str, Any]:
    """Apply a checked file, which may take as long as an import."""
    applied: dict[str, Any] = rpc.call(
        "contracts.apply_choices",
        timeout=current_app.config["KAISEN"].import_timeout,
        upload_id=upload_id,
        fingerprint=fingerprint,
    )
    return applied


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    flat = {"row": item["row"], "kind": KINDS[item["kind"]].text, "phone_number": item["phone_number"]}
    for side in ("before", "after"):
        flat |= {f"{side}_{name}": value for name, value in item[side].items()}
    return flat
