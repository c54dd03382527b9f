"""Cells of files, and files that cannot be finished."""

import csv
import io
import time
from collections.abc import Generator
from concurrent.futures import Future
from itertools import islice
from typing import Any

import pytest

from chassis.client import Answer
from chassis.errors import TimedOut, to_wire
from gateway.api.csv_file import Parts, ahead, cell, content, literal, pages, rows


@pytest.mark.parametrize("risky", ["=1+1", "+81", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_spreadsheet_might_run_is_led_by_an_apostrophe(risky: str) -> None:
    assert cell(risky) == f"'{risky}"


@pytest.mark.parametrize(
    ("value", "text"), [("05012345678", "05012345678"), (None, ""), (2, "2"), ("********", "********")]
)
def test_other_values_stay_as_they_are(value: object, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    ("value", "formula"),
    [
        ("05012345678", '="05012345678"'),
        ("=1+1", '="=1+1"'),
        ('x"&A1&"', '="x""&A1&"""'),  # what it quotes stays inside of the quotes
        (None, ""),
        ("", ""),
    ],
)
def test_a_literal_is_a_formula_that_is_only_its_text(value: str | None, formula: str) -> None:
    assert literal(value) == formula


def test_every_cell_is_quoted_and_reads_back() -> None:
    row = ["1", "05012345678", 'a"b', "x,y", ""]
    text = rows([row])
    assert text == '"1","05012345678","a""b","x,y",""\r\n'
    assert list(csv.reader(io.StringIO(text, newline=""))) == [row]


def parts(*texts: str) -> Parts:
    yield from texts


def test_a_byte_order_mark_opens_the_file() -> None:
    file = b"".join(content("lines", ["番号"], parts('"1"\r\n'), "utf-8"))
    assert file == b"\xef\xbb\xbf" + '"番号"\r\n"1"\r\n'.encode()


def test_what_cp932_cannot_write_becomes_a_question_mark() -> None:
    file = b"".join(content("lines", ["番号"], parts('"電話😀"\r\n'), "cp932"))
    assert file == '"番号"\r\n"電話?"\r\n'.encode("cp932")


def test_a_page_that_fails_breaks_the_file_off() -> None:
    """Ending quietly would make the part look like the whole."""
    first = {"items": [{"phone_number": "05012345678"}], "next_cursor": "onward"}

    def fetch(cursor: str) -> dict[str, Any]:
        raise TimedOut("service.timed_out", cursor=cursor)

    file = content("lines", ["電話番号"], pages(["phone_number"], first, fetch), "utf-8")
    assert next(file).decode("utf-8-sig") == '"電話番号"\r\n'
    assert next(file) == b'"05012345678"\r\n'
    with pytest.raises(TimedOut) as failure:
        next(file)
    assert failure.value.details == {"cursor": "onward"}


class Bus:
    """Begins calls; their answers are there when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.forgotten: list[str] = []
        self.futures: dict[str, Future[Any]] = {}

    def begin(self, cursor: str) -> Answer:
        self.begun.append(cursor)
        self.futures[cursor] = Future()
        return Answer(self.futures[cursor], time.monotonic() + 10, lambda: self.forgotten.append(cursor))

    def answer(self, cursor: str, error: TimedOut | None = None) -> None:
        wire = to_wire(error) if error else None
        self.futures[cursor].set_result({"result": {"text": cursor.upper()}, "error": wire})


def test_parts_are_asked_for_three_ahead_and_no_further() -> None:
    bus = Bus()
    file = ahead("first", list("abcde"), bus.begin)
    assert next(file) == "first"
    assert bus.begun == ["a", "b", "c"]
    for here, there in (("a", "abcd"), ("b", "abcde"), ("c", "abcde"), ("d", "abcde"), ("e", "abcde")):
        bus.answer(here)
        assert next(file) == here.upper()
        assert "".join(bus.begun) == there
    assert list(file) == []
    assert bus.forgotten == bus.begun


def test_a_part_that_fails_breaks_the_file_off_and_drops_the_others() -> None:
    bus = Bus()
    file = content("lines", ["No"], ahead('"1"\r\n', list("abcd"), bus.begin), "utf-8")
    assert b"".join(islice(file, 2)).endswith(b'"1"\r\n')
    bus.answer("a", TimedOut("service.timed_out"))
    with pytest.raises(TimedOut):
        next(file)
    assert bus.forgotten == ["a", "b", "c"]


def test_a_reader_who_goes_away_drops_what_was_asked_for() -> None:
    bus = Bus()
    file = content("lines", ["No"], ahead('"1"\r\n', list("abcd"), bus.begin), "utf-8")
    assert b"".join(islice(file, 2)).endswith(b'"1"\r\n')
    assert isinstance(file, Generator)
    file.close()
    assert bus.forgotten == bus.begun == ["a", "b", "c"]
