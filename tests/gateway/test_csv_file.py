"""Cells of files, and files that cannot be finished."""

import csv
import io
from typing import Any

import pytest

from chassis.errors import TimedOut
from gateway.api.csv_file import cell, chunks, encode


@pytest.mark.parametrize("risky", ["=1+1", "+81", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_spreadsheet_might_run_is_led_by_an_apostrophe(risky: str) -> None:
    assert cell(risky) == f"'{risky}"


@pytest.mark.parametrize(
    ("value", "text"), [("05012345678", "05012345678"), (None, ""), (2, "2"), ("********", "********")]
)
def test_other_values_stay_as_they_are(value: object, text: str) -> None:
    assert cell(value) == text


def test_every_cell_is_quoted_and_reads_back() -> None:
    row = ["1", "05012345678", 'a"b', "x,y", ""]
    text = encode([row], "utf-8").decode()
    assert text == '"1","05012345678","a""b","x,y",""\r\n'
    assert list(csv.reader(io.StringIO(text, newline=""))) == [row]


def test_the_byte_order_mark_opens_the_file() -> None:
    assert encode([["番号"]], "utf-8-sig") == b"\xef\xbb\xbf" + '"番号"\r\n'.encode()


def test_what_cp932_cannot_write_becomes_a_question_mark() -> None:
    assert encode([["電話😀"]], "cp932") == '"電話?"\r\n'.encode("cp932")


def test_a_chunk_that_fails_breaks_the_file_off() -> None:
    """Ending quietly would make the part look like the whole."""
    first = {"items": [{"phone_number": "05012345678"}], "next_cursor": "onward"}

    def fetch(cursor: str) -> dict[str, Any]:
        raise TimedOut("service.timed_out", cursor=cursor)

    file = chunks("lines", {"phone_number": "電話番号"}, first, fetch, "utf-8")
    assert next(file).decode("utf-8-sig") == '"電話番号"\r\n'
    assert next(file) == b'"05012345678"\r\n'
    with pytest.raises(TimedOut) as failure:
        next(file)
    assert failure.value.details == {"cursor": "onward"}
