"""Reading a CSV file for import: every row is checked, and every bad one is named with row, field and reason."""

import csv
import io
import time
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

Row = TypeVar("Row", bound=BaseModel)

_YIELD_EVERY = 200
MAX_REPORTED = 1000


class ImportReport(BaseModel):
    """What an import did or would do. `errors` holds the first MAX_REPORTED, `error_count` counts them all."""

    kind: str
    mode: Literal["validate", "apply"]
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[dict[str, Any]] = []
    error_count: int = 0
    applied: bool = False

    def counts(self) -> dict[str, Any]:
        """What the audit trail keeps of it."""
        return self.model_dump(include={"rows", "created", "updated", "unchanged"})


def report(
    kind: str, mode: Literal["validate", "apply"], rows: int, errors: list[dict[str, Any]], **counts: Any
) -> ImportReport:
    """A report with its errors in the order of the file, cut to what a person can use."""
    ordered = sorted(errors, key=lambda error: error["row"])
    return ImportReport(
        kind=kind, mode=mode, rows=rows, errors=ordered[:MAX_REPORTED], error_count=len(errors), **counts
    )


def read(
    text: str, model: type[Row], key: Sequence[str]
) -> tuple[list[tuple[int, Row]], list[dict[str, Any]]]:
    """The good rows as (row number, model) and the errors `{"row", "field", "code", "reason"}`.

    The header is row 1 and must hold exactly the model's fields, in any order; those with a default may be left out.
    `key` names the fields that no two rows may share. A row of a quoted field with line breaks has the number of its
    first line's record, not of a line.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: list[tuple[int, Row]] = []
    errors: list[dict[str, Any]] = []
    number = 0
    try:
        header = next(reader, [])
        number = 1
        problems = _check_header(header, model)
        if problems:
            return [], problems
        seen: dict[tuple[Any, ...], int] = {}
        for cells in reader:
            number += 1
            if number % _YIELD_EVERY == 0:
                time.sleep(0)  # lets a cooperative service answer others while it reads a long file
            if not cells:
                continue
            if len(cells) != len(header):
                errors.append(
                    {
                        "row": number,
                        "field": "",
                        "code": "import.column_count",
                        "expected": len(header),
                        "found": len(cells),
                    }
                )
                continue
            try:
                row = model.model_validate(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
            except ValidationError as error:
                errors.extend(_problems(number, error))
                continue
            identity = tuple(getattr(row, name) for name in key)
            if identity in seen:
                errors.append(
                    {"row": number, "field": key[-1], "code": "import.duplicate", "first_row": seen[identity]}
                )
                continue
            seen[identity] = number
            rows.append((number, row))
    except csv.Error:
        errors.append({"row": number + 1, "field": "", "code": "import.not_csv"})
    return rows, errors


def _check_header(header: list[str], model: type[BaseModel]) -> list[dict[str, Any]]:
    names = [name.strip() for name in header]
    header[:] = names
    fields = model.model_fields
    missing = [name for name in fields if name not in names and fields[name].is_required()]
    unknown = [name for name in names if name not in fields]
    problems = [{"row": 1, "field": name, "code": "import.column_missing"} for name in missing]
    problems += [{"row": 1, "field": name, "code": "import.column_unknown"} for name in unknown]
    if not problems and len(set(names)) != len(names):
        problems.append({"row": 1, "field": "", "code": "import.column_twice"})
    return problems


def _problems(number: int, error: ValidationError) -> list[dict[str, Any]]:
    return [
        {
            "row": number,
            "field": str(one["loc"][0]) if one["loc"] else "",
            # a validator of ours raises PydanticCustomError with a code of its own, such as import.bad_phone
            "code": one["type"] if "." in one["type"] else f"import.{one['type']}",
            "reason": one["msg"],
        }
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
