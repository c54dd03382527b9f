"""The list of rejected callers as text: rows of a line's number and the number that it rejects, no header needed."""

import csv
import io
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from chassis.errors import Invalid

_NUMBER = re.compile(r"0[0-9]{9,13}")


class Pair(NamedTuple):
    """A line, and a caller that it is not to let in."""

    phone_number: str
    rejected_number: str


@dataclass(frozen=True)
class Rows:
    """The good rows by their row number, and `{"row", "field", "code"}` of each bad one. `total` counts both."""

    pairs: dict[int, Pair]
    errors: list[dict[str, Any]]
    total: int


def is_number(text: str) -> bool:
    """A telephone number as it is entered: 10 to 14 half-width digits that begin with 0, without hyphens."""
    return _NUMBER.fullmatch(text) is not None


def read(text: str, most: int) -> Rows:
    """The rows of a text, numbered as its reader counts them: from 1, header and blank rows included.

    Raises Invalid("rejection.too_many_rows", limit) for more than `most`, Invalid("rejection.empty") for none.
    Errors: rejection.columns (found), rejection.line_format, rejection.number_format, rejection.duplicate (first_row),
    rejection.not_csv.
    """
    pairs: dict[int, Pair] = {}
    errors: list[dict[str, Any]] = []
    first_rows: dict[Pair, int] = {}
    number = total = 0
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        for cells in reader:
            number += 1
            values = [cell.strip() for cell in cells]
            if not any(values) or (not total and _is_header(values)):
                continue
            total += 1
            if total > most:
                raise Invalid("rejection.too_many_rows", limit=most)
            faults = _faults(values)
            if faults:
                errors += [{"row": number, **fault} for fault in faults]
                continue
            pair = Pair(*values)
            if pair in first_rows:
                first_row = first_rows[pair]
                errors.append(
                    {"row": number, "field": "", "code": "rejection.duplicate", "first_row": first_row}
                )
                continue
            first_rows[pair] = number
            pairs[number] = pair
    except csv.Error:
        total += 1
        errors.append({"row": number + 1, "field": "", "code": "rejection.not_csv"})
    if not total:
        raise Invalid("rejection.empty")
    return Rows(pairs, errors, total)


def _is_header(values: list[str]) -> bool:
    """A row of titles: every cell has a letter in it."""
    return all(any(character.isalpha() for character in value) for value in values)


def _faults(values: list[str]) -> list[dict[str, Any]]:
    if len(values) != 2:
        return [{"field": "", "code": "rejection.columns", "found": len(values)}]
    faults = []
    if not is_number(values[0]):
        faults.append({"field": "phone_number", "code": "rejection.line_format"})
    if not is_number(values[1]):
        faults.append({"field": "rejected_number", "code": "rejection.number_format"})
    return faults
