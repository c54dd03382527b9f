"""Callers that lines of Mobile Choice 050 reject (着信拒否一括登録・削除)."""

from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, make_response, request
from pydantic import Field

from chassis.errors import Invalid
from gateway import rpc
from gateway.api import csv_file, rejection_lists
from gateway.api.description import operation
from gateway.api.schema import Answer, Cursor, Input, Limit, Text, example
from gateway.refusals import UnsupportedMediaType
from gateway.texts import message
from gateway.uploads import accepts_upload, read_body

blueprint = APIBlueprint(
    "api_rejections",
    __name__,
    tag={
        "name": "Rejected callers",
        "description": "Callers that lines of Mobile Choice 050 do not let in, for self-care accounts.",
    },
)

_ENTRY = {"phone_number": "05012345678", "rejected_number": "0312345678"}
_ERROR = {
    "row": 3,
    "field": "rejected_number",
    "code": "rejection.number_format",
    "detail": "Give 10 to 14 digits.",
}


class Rejection(Answer):
    model_config = example(_ENTRY)

    phone_number: str = Field(description="the line")
    rejected_number: str = Field(description="the caller that it rejects")


class RejectionPage(Answer):
    total: int
    items: list[Rejection]
    next_cursor: str | None


class RejectionFilter(Input):
    """Conditions that an entry must all meet."""

    phone_prefix: Annotated[Text, Field(description="first 7 or more digits of the line's number")] = ""
    number_prefix: Annotated[Text, Field(description="first digits of the rejected number")] = ""


class RejectionQuery(RejectionFilter):
    cursor: Cursor = None
    limit: Limit = 50


class RejectionFileQuery(RejectionFilter):
    encoding: Annotated[csv_file.Encoding, Field(description=csv_file.ENCODING)] = "utf-8"


class RejectionListQuery(Input):
    action: Annotated[
        Literal["register", "delete"],
        Field(description="what is there already, or not there, stays as it is and is no mistake"),
    ]
    mode: Annotated[
        Literal["validate", "apply"],
        Field(description="validate: only check; apply: store the whole list or nothing"),
    ] = "validate"


class RejectionRow(Answer):
    """What is to be said of a row."""

    model_config = example(_ERROR)

    row: int = Field(description="counts from 1, header and blank rows included")
    field: str = Field(description="empty if the row as a whole is meant")
    code: str
    detail: str = Field(description="in the caller's language")


class RejectionReport(Answer):
    """What a list did, or would do."""

    model_config = example(
        {
            "action": "register",
            "mode": "validate",
            "rows": 2,
            "changed": 1,
            "unchanged": 0,
            "errors": [_ERROR],
            "error_count": 1,
            "notes": [],
            "applied": False,
        }
    )

    action: Literal["register", "delete"]
    mode: Literal["validate", "apply"]
    rows: int
    changed: int = Field(description="rows that register, or delete, something")
    unchanged: int = Field(description="rows whose number is there already, or not there")
    errors: list[RejectionRow] = Field(description="in the order of the list, the first 1,000")
    error_count: int
    notes: list[RejectionRow] = Field(description="the rows that change nothing, the first 1,000")
    applied: bool


@blueprint.get("/contracts/<code:contract_code>/rejections")
@operation("selfcare", 404, 422)
@blueprint.input(RejectionQuery, location="query")
@blueprint.output(RejectionPage)
def list_rejections(contract_code: str, query_data: RejectionQuery) -> Any:
    """Search the rejected callers of lines in service."""
    return rpc.call("contracts.list_rejections", contract_code=contract_code, **query_data.model_dump())


@blueprint.get("/contracts/<code:contract_code>/rejections.csv")
@operation("selfcare", 404, 422, answers=csv_file.ANSWER)
@blueprint.input(RejectionFileQuery, location="query")
def download_rejections(contract_code: str, query_data: RejectionFileQuery) -> Response:
    """Download rejected callers as CSV; the file can be sent back as it is."""
    search = query_data.model_dump(exclude={"encoding"})
    return rejection_lists.download(contract_code, search, query_data.encoding)


@blueprint.post("/contracts/<code:contract_code>/rejections")
@operation(
    "selfcare",
    400,
    404,
    413,
    415,
    422,
    requestBody={
        "required": True,
        "description": "UTF-8, with or without byte order mark, or CP932; up to 10,000 rows of a line's number and the "
        "number that it rejects, without hyphens; a header is not needed, blank rows are skipped",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "05012345678,0312345678\n"},
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
@accepts_upload
@blueprint.input(RejectionListQuery, location="query")
@blueprint.output(RejectionReport)
def change_rejections(contract_code: str, query_data: RejectionListQuery) -> Any:
    """Register or delete many rejected callers at once.

    Applying a list with errors stores nothing and answers 422 with every error.
    """
    if request.mimetype not in ("text/csv", "multipart/form-data"):
        raise UnsupportedMediaType("request.content_type", expected=["text/csv", "multipart/form-data"])
    text = rejection_lists.decode(read_body())
    report = rejection_lists.change(contract_code, query_data.action, query_data.mode, text)
    if query_data.mode == "apply" and report["errors"]:
        raise Invalid("rejection.rejected", **report)
    said = {
        name: [{**row, "detail": message(row["code"], row)} for row in report[name]]
        for name in ("errors", "notes")
    }
    return {**report, **said}


@blueprint.delete("/contracts/<code:contract_code>/rejections/<code:phone_number>/<code:rejected_number>")
@operation("selfcare", 404, answers={204: "The caller is let in again"})
def delete_rejection(contract_code: str, phone_number: str, rejected_number: str) -> Response:
    """Delete one rejected caller."""
    rpc.call(
        "contracts.delete_rejection",
        contract_code=contract_code,
        phone_number=phone_number,
        rejected_number=rejected_number,
    )
    return make_response("", 204)
