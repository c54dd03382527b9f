"""The choices of a contract's lines as a file: taken, changed, checked, applied."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field

from gateway import rpc
from gateway.api import choices_csv, csv_file
from gateway.api.description import operation
from gateway.api.imports import RowError
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example
from gateway.refusals import UnsupportedMediaType
from gateway.texts import message
from gateway.uploads import accepts_customer_file

blueprint = APIBlueprint(
    "api_bulk",
    __name__,
    tag={
        "name": "Mobile Choice files",
        "description": "アップロード・ダウンロード: mobile number, group and usage limit of a contract's lines. "
        "The file says what each of its lines is to have; a blank cell releases, and a line that is not in the file "
        "is left alone. A file is checked first, and then exactly the difference that was found is applied.",
    },
)

_CHOICE = {"mobile_number": "09012345678", "group_code": "sales", "limit_code": ""}
_CHANGE = {
    "row": 2,
    "kind": "added",
    "phone_number": "05012345678",
    "before": {"mobile_number": "", "group_code": "", "limit_code": ""},
    "after": _CHOICE,
}
_UPLOAD = {
    "upload_id": "0b0f7b5e-3a52-4a55-9f0d-5a9a6a7c7f5e",
    "contract_code": "K-000123",
    "fingerprint": "c0ffee",
    "checked_at": "2026-04-01T05:00:00Z",
    "usable_until": "2026-04-02T05:00:00Z",
    "applied_at": None,
    "counts": {"added": 1, "changed": 0, "released": 0, "unchanged": 11},
}


class Counts(Answer):
    """Lines of the file, by what happens to them."""

    added: int = Field(description="get a mobile number")
    changed: int
    released: int = Field(description="lose their mobile number")
    unchanged: int


class Upload(Answer):
    """A checked file."""

    model_config = example(_UPLOAD)

    upload_id: str
    contract_code: str
    fingerprint: str = Field(description="of the difference; applying it takes this")
    checked_at: datetime
    usable_until: datetime
    applied_at: datetime | None
    counts: Counts


class Choice(Answer):
    """Blank is nothing."""

    model_config = example(_CHOICE)

    mobile_number: str
    group_code: str
    limit_code: str


class Change(Answer):
    model_config = example(_CHANGE)

    row: int = Field(description="counts from 1, the header")
    kind: Literal["added", "changed", "released"]
    phone_number: str
    before: Choice
    after: Choice


class UploadPage(Upload):
    """A checked file and a page of what it changes."""

    model_config = example({**_UPLOAD, "total": 1, "items": [_CHANGE], "next_cursor": None})

    total: int
    items: list[Change]
    next_cursor: str | None


class CheckReport(Answer):
    """The dry run. With errors there is nothing to apply."""

    model_config = example({"rows": 12, "errors": [], "error_count": 0, "upload": _UPLOAD})

    rows: int
    errors: list[RowError] = Field(description="in the order of the file, the first 1,000")
    error_count: int
    upload: Upload | None


class FileQuery(Input):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"


class ChoicesFileQuery(FileQuery):
    cells: Annotated[csv_file.Cells, Field(description=csv_file.CELLS)] = "plain"


class ChangesQuery(Input):
    cursor: Cursor = None
    limit: Limit = 50


class Agreement(Input):
    """What has been seen."""

    model_config = example({"fingerprint": "c0ffee"})

    fingerprint: Text


@blueprint.get("/contracts/<code:contract_code>/choices.csv")
@operation("selfcare", 404, 422, answers=csv_file.ANSWER)
@blueprint.input(ChoicesFileQuery, location="query")
def download_choices(contract_code: str, query_data: ChoicesFileQuery) -> Response:
    """Download the lines in service with their mobile number, group and usage limit.

    Uploaded again as it is, the file changes nothing.
    """
    return choices_csv.download(contract_code, query_data.encoding, query_data.cells)


@blueprint.post("/contracts/<code:contract_code>/choices/check")
@operation(
    "selfcare",
    404,
    413,
    415,
    422,
    requestBody={
        "required": True,
        "description": "UTF-8 or CP932; a header with exactly these columns, in any order, by title or by name "
        "(phone_number, mobile_number, group_code, limit_code)",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "050番号,携帯番号,グループコード,利用制限コード\n05012345678,09012345678,sales,\n",
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "contentMediaType": "text/csv"}},
                }
            },
        },
    },
)
@accepts_customer_file
@blueprint.output(CheckReport)
def check_choices(contract_code: str) -> Any:
    """Check a file and see what it would change; nothing is changed yet."""
    if request.mimetype not in ("text/csv", "multipart/form-data"):
        raise UnsupportedMediaType("request.content_type", expected=["text/csv", "multipart/form-data"])
    report = choices_csv.check(contract_code)
    errors = [{**error, "detail": message(error["code"], error)} for error in report["errors"]]
    return {**report, "errors": errors}


@blueprint.get("/choice-uploads/<code:upload_id>")
@operation("selfcare", 404, 422)
@blueprint.input(ChangesQuery, location="query")
@blueprint.output(UploadPage)
def get_choice_upload(upload_id: str, query_data: ChangesQuery) -> Any:
    """Show a checked file and what it changes; it is kept for a day."""
    return rpc.call("contracts.get_bulk_upload", upload_id=upload_id, **query_data.model_dump(mode="json"))


@blueprint.get("/choice-uploads/<code:upload_id>/changes.csv")
@operation("selfcare", 404, 422, answers=csv_file.ANSWER)
@blueprint.input(FileQuery, location="query")
def download_choice_changes(upload_id: str, query_data: FileQuery) -> Response:
    """Download what a checked file changes."""
    return choices_csv.download_difference(upload_id, query_data.encoding)


@blueprint.post("/choice-uploads/<code:upload_id>/apply")
@operation("selfcare", 400, 404, 409, 413, 415, 422)
@blueprint.input(Agreement)
@blueprint.output(Upload)
def apply_choice_upload(upload_id: str, json_data: Agreement) -> Any:
    """Apply exactly the difference that was shown.

    Refused with `bulk.changed_since` if anything of it has changed; then check the file again. Applying twice does it
    once.
    """
    return choices_csv.apply(upload_id, json_data.fingerprint)
