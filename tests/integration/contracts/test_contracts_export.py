"""The lines of a contract as parts of a file: what a part leaves out, and what a cell may hold."""

import csv
import io

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.api.csv_file import cell, literal
from tests.integration.contracts.system import ContractsSystem, phones


def test_s1_14_an_export_leaves_out_what_is_registered_meanwhile(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    code = contracts.new_contract(customer)
    numbers = phones(4)
    contracts.new_lines(code, numbers[:3])
    [cursor] = contracts.call("export_lines", customer, contract_code=code, limit=2)["cursors"]
    contracts.new_lines(code, numbers[3:])
    last = contracts.call("export_lines", customer, contract_code=code, limit=2, cursor=cursor)
    assert last["text"].startswith('"3",')
    assert last["lines"] == 1


def test_an_export_of_a_contract_without_lines_is_empty(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    code = contracts.new_contract(customer)
    answer = contracts.call("export_lines", customer, contract_code=code)
    assert (answer["text"], answer["lines"], answer["cursors"]) == ("", 0, [])


def test_cells_are_safe_from_spreadsheets(contracts: ContractsSystem) -> None:
    """In a plain file nothing is a formula, in one for a spreadsheet every text is a formula that is this text."""
    customer = contracts.new_customer()
    code = contracts.new_contract(customer)
    hostile = ["-1", "@SUM", "--2", "@A1.B2"]
    numbers = phones(len(hostile))
    for number, text in zip(numbers, hostile, strict=True):
        contracts.new_lines(code, [number], notified_number="0312345678", account_id=text)

    def column(cells: str, place: int) -> list[str]:
        answer = contracts.call("export_lines", customer, contract_code=code, cells=cells)
        return [row[place] for row in csv.reader(io.StringIO(answer["text"], newline=""))]

    assert column("plain", 2) == [cell(text) for text in hostile]
    assert column("spreadsheet", 2) == [literal(text) for text in hostile]
    assert column("plain", 1) == numbers
    assert column("spreadsheet", 1) == [f'="{number}"' for number in numbers]
    assert column("spreadsheet", 8) == ['="0312345678"'] * len(hostile)
    assert column("spreadsheet", 9) == [""] * len(hostile)


@pytest.mark.parametrize("text", ["=1+1", "+81", 'a"b', "a,b", "\ttab", "a\nb"])
@pytest.mark.parametrize("column", ["account_id", "notified_number", "pilot_number", "mobile_number"])
def test_the_database_takes_no_text_that_a_file_would_have_to_escape(
    contracts: ContractsSystem, column: str, text: str
) -> None:
    [number] = phones(1)
    contracts.new_lines(contracts.new_contract(contracts.new_customer()), [number])
    with pytest.raises(IntegrityError, match="lines_plain_texts"):
        contracts.change_rows(
            f"UPDATE lines SET {column} = :text WHERE phone_number = :number",  # noqa: S608
            text=text,
            number=number,
        )
