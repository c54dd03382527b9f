"""An import's rows against what is stored."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.comparing import compare
from services.contracts.imports import ContractRow, CustomerRow


def contract(code: str, customer: str = "C1", **changes: str) -> ContractRow:
    cells = {
        "contract_code": code,
        "customer_code": customer,
        "project_name": "本社",
        "family": "ip_phone",
        "service_type": "ip_phone",
        "service_name": "IP電話サービス",
        "sip_proxy": "",
        "sip_domain": "",
        "call_plan": "",
        "display_plan": "standard",
    }
    return ContractRow.model_validate(cells | changes)


def stored(*rows: ContractRow) -> dict[str, SimpleNamespace]:
    return {row.contract_code: SimpleNamespace(**row.model_dump()) for row in rows}


def test_new_changed_and_unchanged_rows_are_told_apart() -> None:
    rows = [contract("K1"), contract("K2", project_name="支社"), contract("K3")]
    changes = compare(enumerate(rows, 2), stored(contract("K1"), contract("K2")), {"C1"})
    assert changes.created == [rows[2]]
    assert [row for row, _ in changes.updated] == [rows[1]]
    assert (changes.unchanged, changes.errors) == (1, [])


def test_an_owner_that_does_not_exist_is_an_error_of_its_row() -> None:
    changes = compare([(2, contract("K1")), (3, contract("K2", customer="C9"))], {}, {"C1"})
    assert changes.errors == [{"row": 3, "field": "customer_code", "code": "import.unknown_customer"}]
    assert [row.contract_code for row in changes.created] == ["K1"]


def test_a_thing_does_not_move_to_another_owner() -> None:
    changes = compare([(2, contract("K1", customer="C2"))], stored(contract("K1")), {"C1", "C2"})
    assert changes.errors == [{"row": 2, "field": "customer_code", "code": "import.key_conflict"}]


@given(st.dictionaries(st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True), st.sampled_from(["山田", "田中"])))
def test_the_same_file_again_changes_nothing(names: dict[str, str]) -> None:
    rows = [CustomerRow(customer_code=code, name=name) for code, name in names.items()]
    first = compare(enumerate(rows, 2), {}, ())
    assert first.created == rows
    again = compare(enumerate(rows, 2), {row.customer_code: row for row in rows}, ())
    assert (again.created, again.updated, again.unchanged) == ([], [], len(rows))
