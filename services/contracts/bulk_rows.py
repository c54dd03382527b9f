"""The file of アップロード・ダウンロード: a row a line, with the mobile number, group and limit it is to have."""

import csv
import io
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from chassis import csvfile
from chassis.csvcolumns import like

TITLES = {
    "phone_number": "050番号",
    "mobile_number": "携帯番号",
    "group_code": "グループコード",
    "limit_code": "利用制限コード",
}
"""The header of the file, the same in every language; the names of the fields do as well."""

_FIELDS = {title: name for name, title in TITLES.items()}
_FIRST_LINE = re.compile(r"\ufeff?([^\r\n]*)")
_LITERAL = re.compile(r'="([^"]*)"')
_WITHOUT_ZERO = re.compile(r"[1-9][0-9]{8,12}")


def _with_zero(value: str) -> str:
    """A spreadsheet drops the zero that every telephone number begins with."""
    return f"0{value}" if _WITHOUT_ZERO.fullmatch(value) else value


def _plain(value: str) -> str:
    """`="001"` is how a file for spreadsheets writes a text that is to stay as it is."""
    literal = _LITERAL.fullmatch(value)
    return literal[1] if literal else value


_zero = BeforeValidator(_with_zero)
_text = BeforeValidator(_plain)
_Phone = Annotated[str, like(r"0[0-9]{9,13}", "import.bad_phone", "must be 10 to 14 digits"), _zero, _text]
_Wish = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
_WishText = Annotated[_Wish, _text]


class ChoiceRow(BaseModel):
    """What one line is to have; blank is nothing."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    phone_number: _Phone
    mobile_number: Annotated[_Wish, _zero, _text]
    group_code: _WishText
    limit_code: _WishText


def read(text: str) -> tuple[list[tuple[int, ChoiceRow]], list[dict[str, Any]]]:
    """Like `chassis.csvfile.read`; a line that comes twice is import.duplicate."""
    return csvfile.read(_with_field_names(text), ChoiceRow, ("phone_number",))


def _with_field_names(text: str) -> str:
    """The file with the names of the fields instead of the titles; what is neither stays and is refused."""
    first = _FIRST_LINE.match(text)
    assert first is not None
    try:
        cells = next(csv.reader([first[1]], strict=True), [])
    except csv.Error:
        return text
    header = io.StringIO()
    csv.writer(header, lineterminator="").writerow(_FIELDS.get(cell.strip(), cell) for cell in cells)
    return header.getvalue() + text[first.end() :]
