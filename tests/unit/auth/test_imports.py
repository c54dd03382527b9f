"""The rows of an account file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import csvfile
from services.auth.imports import AccountRow

HEADER = "login_id,kind,customer_code,role,email,contact_phone,initial_password,language"


def read(*rows: str) -> tuple[list[tuple[int, AccountRow]], list[dict[str, object]]]:
    return csvfile.read("\n".join([HEADER, *rows]), AccountRow, ("login_id",))


def test_a_complete_row() -> None:
    rows, errors = read("C91234567,selfcare,TC0001-00001,,taro@example.jp,0441234567,not a real one,en")
    assert errors == []
    assert rows[0][1].model_dump() == {
        "login_id": "C91234567",
        "kind": "selfcare",
        "customer_code": "TC0001-00001",
        "role": "",
        "email": "taro@example.jp",
        "contact_phone": "0441234567",
        "initial_password": "not a real one",
        "language": "en",
    }


def test_what_may_be_blank() -> None:
    rows, errors = read("C91234567,selfcare,TC0001-00001,,,,,", "staff1,staff,,support,,,,")
    assert errors == []
    assert [row.language for _, row in rows] == ["ja", "ja"]
    assert rows[0][1].initial_password is rows[0][1].email is rows[0][1].contact_phone is None


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("a b,selfcare,TC1,,,,,", "login_id", "import.bad_login_id"),
        (",selfcare,TC1,,,,,", "login_id", "import.bad_login_id"),
        ("abc,customer,TC1,,,,,", "kind", "import.unknown_value"),
        ("abc,selfcare,,,,,,", "customer_code", "import.customer_missing"),
        ("abc,console,,viewer,,,,", "customer_code", "import.customer_missing"),
        ("abc,staff,TC1,support,,,,", "customer_code", "import.customer_not_allowed"),
        ("abc,selfcare,TC 1,,,,,", "customer_code", "import.bad_code"),
        ("abc,selfcare,TC1,viewer,,,,", "role", "import.bad_role"),
        ("abc,console,TC1,,,,,", "role", "import.bad_role"),
        ("abc,staff,,operator,,,,", "role", "import.bad_role"),
        ("abc,selfcare,TC1,,nobody,,,", "email", "import.bad_email"),
        ("abc,selfcare,TC1,,,044-123-4567,,", "contact_phone", "import.bad_phone"),
        (f"abc,selfcare,TC1,,,,{'x' * 129},", "initial_password", "import.bad_password"),
        ("abc,selfcare,TC1,,,,,fr", "language", "import.unknown_value"),
    ],
)
def test_each_mistake_is_named(row: str, field: str, code: str) -> None:
    rows, errors = read(row)
    assert rows == []
    assert [(error["row"], error["field"], error["code"]) for error in errors] == [(2, field, code)]


def test_the_longest_password() -> None:
    (row,), errors = read(f"abc,selfcare,TC1,,,,{'x' * 128},")
    assert (len(row[1].initial_password or ""), errors) == (128, [])


def test_the_same_login_id_twice_is_a_mistake() -> None:
    _, errors = read("abc,selfcare,TC1,,,,,", "abc,selfcare,TC1,,,,,")
    assert [(error["row"], error["code"]) for error in errors] == [(3, "import.duplicate")]


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00")), min_size=8, max_size=8
    )
)
def test_no_text_breaks_the_reading_or_is_repeated_in_an_error(cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    rows, errors = read(line)
    assert len(rows) + bool(errors) == 1
    assert all(set(error) <= {"row", "field", "code", "reason", "expected", "found"} for error in errors)
