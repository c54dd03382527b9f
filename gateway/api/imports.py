"""CSV imports by the operator's staff."""

from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import request
from pydantic import Field

from chassis.errors import Invalid, NotFound
from gateway import uploads
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, example
from gateway.refusals import UnsupportedMediaType
from gateway.texts import message

blueprint = APIBlueprint(
    "api_imports",
    __name__,
    tag={"name": "Imports", "description": "CSV import of master data, for the operator's staff."},
)

_REPORT = {
    "kind": "customers",
    "mode": "validate",
    "rows": 2,
    "created": 1,
    "updated": 0,
    "unchanged": 0,
    "errors": [
        {"row": 3, "field": "customer_code", "code": "import.duplicate", "detail": "Row 2 has the same key."}
    ],
    "error_count": 1,
    "applied": False,
}


class RowError(Answer):
    row: int = Field(description="counts from 1, the header")
    field: str = Field(description="name of the column; empty if the row as a whole is wrong")
    code: str
    detail: str = Field(description="what is wrong and what to do, in the caller's language")


class ImportReport(Answer):
    """What the import did, or would do."""

    model_config = example(_REPORT)

    kind: str
    mode: Literal["validate", "apply"]
    rows: int
    created: int
    updated: int
    unchanged: int
    errors: list[RowError] = Field(description="in the order of the file, the first 1,000")
    error_count: int
    applied: bool


class ImportQuery(Input):
    mode: Annotated[
        Literal["validate", "apply"],
        Field(description="validate: only check; apply: store the whole file or nothing"),
    ] = "validate"


@blueprint.post("/staff/imports/<code:kind>")
@operation(
    "staff",
    404,
    413,
    415,
    422,
    requestBody={
        "required": True,
        "description": "UTF-8 with or without byte order mark; a header with exactly the kind's columns, in any order",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "customer_code,name\nTC1000-00009,みなと物流株式会社\n",
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
@uploads.accepts_upload
@blueprint.input(ImportQuery, location="query")
@blueprint.output(ImportReport)
def import_csv(kind: str, query_data: ImportQuery) -> Any:
    """Check or store a CSV file of customers, contracts, lines, accounts, sims or usage.

    Applying a file with errors stores nothing and answers 422 with every error.
    """
    if kind not in uploads.OWNERS:
        raise NotFound("import.unknown_kind", allowed=list(uploads.OWNERS))
    if request.mimetype not in ("text/csv", "multipart/form-data"):
        raise UnsupportedMediaType("request.content_type", expected=["text/csv", "multipart/form-data"])
    report = uploads.run_import(kind, query_data.mode, uploads.read_csv())
    if query_data.mode == "apply" and report["errors"]:
        raise Invalid("import.rejected", **report)
    return {
        **report,
        "errors": [{**error, "detail": message(error["code"], error)} for error in report["errors"]],
    }
