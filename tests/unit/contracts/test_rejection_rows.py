"""Lists of rejected callers as they are pasted or sent (S0-35)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.contracts.rejection_rows import Pair, read

A, B = "05012345678", "0312345678"


def faults(text: str) -> list[tuple[int, str, str]]:
    return [
        (one["row"], one["field"], one["code"].removeprefix("rejection.")) for one in read(text, 100).errors
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{A},{B}",
        f"\ufeff{A},{B}\r\n",
        f'"{A}","{B}"\r\n',
        f" {A} , {B} \n",
        f"050番号,着信拒否番号\r\n{A},{B}",
        f"phone_number,rejected_number\n\n{A},{B}\n\n",
        f"\n \n,\n{A},{B}\n",
    ],
    ids=["plain", "bom", "quoted", "spaces", "header", "english-header", "blank-rows"],
)
def test_s0_35_a_row_is_read(text: str) -> None:
    rows = read(text, 100)
    assert (list(rows.pairs.values()), rows.errors, rows.total) == ([Pair(A, B)], [], 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"{A}", [(1, "", "columns")], id="one-column"),
        pytest.param(f"{A},{B},x", [(1, "", "columns")], id="three-columns"),
        pytest.param(f"050-1234-5678,{B}", [(1, "phone_number", "line_format")], id="hyphens"),
        pytest.param(f"５０１２３４５６７８９,{B}", [(1, "phone_number", "line_format")], id="full-width"),
        pytest.param(f"O5012345678,{B}", [(1, "phone_number", "line_format")], id="letter"),
        pytest.param(f"{A},+81312345678", [(1, "rejected_number", "number_format")], id="plus"),
        pytest.param(f"{A},110", [(1, "rejected_number", "number_format")], id="short"),
        pytest.param(
            "1,2", [(1, "phone_number", "line_format"), (1, "rejected_number", "number_format")], id="both"
        ),
        pytest.param(f"{A},", [(1, "rejected_number", "number_format")], id="blank-cell"),
        pytest.param(f"{A},{B}\n\n{A},{B}", [(3, "", "duplicate")], id="duplicate"),
        pytest.param(
            f"{A},{B}\nline,caller",
            [(2, "phone_number", "line_format"), (2, "rejected_number", "number_format")],
            id="header-below",
        ),
        pytest.param(f'{A},{B}\n"{A}', [(2, "", "not_csv")], id="open-quote"),
    ],
)
def test_s0_35_a_bad_row_is_named_with_its_number(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert faults(text) == expected


def test_a_duplicate_names_the_first_row() -> None:
    assert read(f"line,caller\n{A},{B}\n{A},{B}", 100).errors[0]["first_row"] == 2


@pytest.mark.parametrize("text", ["", "\ufeff", "\r\n\n", "050番号,着信拒否番号\n"])
def test_s0_35_a_list_without_numbers_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(text, 100)
    assert refused.value.code == "rejection.empty"


def test_s0_35_too_many_rows_are_refused_and_blank_ones_do_not_count() -> None:
    text = "a,b\n\n" + "".join(f"{A},03{number:08}\n\n" for number in range(3))
    assert len(read(text, 3).pairs) == 3
    with pytest.raises(Invalid) as refused:
        read(text, 2)
    assert (refused.value.code, refused.value.details) == ("rejection.too_many_rows", {"limit": 2})


numbers = st.from_regex(r"0[0-9]{9,13}", fullmatch=True)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, unique=True), st.booleans(), st.booleans())
def test_what_is_written_is_read(pairs: list[tuple[str, str]], header: bool, quoted: bool) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([("050番号", "着信拒否番号")] * header + pairs)
    rows = read(out.getvalue(), 1_000)
    assert (list(rows.pairs.values()), rows.errors) == (pairs, [])
    assert list(rows.pairs) == list(range(1 + header, len(pairs) + 1 + header))


@given(st.text(max_size=200))
def test_any_text_is_either_refused_or_read_row_by_row(text: str) -> None:
    refusals = []
    try:
        rows = read(text, 50)
    except Invalid as error:
        refusals.append(error.code)
    else:
        assert rows.total == len(rows.pairs) + len({error["row"] for error in rows.errors})
    assert refusals in ([], ["rejection.empty"], ["rejection.too_many_rows"])
