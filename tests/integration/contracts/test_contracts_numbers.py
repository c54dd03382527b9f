"""The pool of numbers: imported, looked through, and taken out of."""

import pytest

from chassis.errors import Conflict, Forbidden, NotFound
from tests.integration.contracts.numbering import as_operator, in_days, in_pool
from tests.integration.contracts.passwords_system import PasswordSystem
from tests.integration.contracts.system import LINE, as_csv, phones


def test_numbers_are_imported_once(passwords: PasswordSystem) -> None:
    rows = [{"phone_number": number, "family": "ip_phone"} for number in phones(3)]
    assert passwords.store("numbers", *rows)["created"] == 3
    assert passwords.store("numbers", *rows)["unchanged"] == 3
    rows[0]["family"] = "mobile_choice"
    assert passwords.store("numbers", *rows)["updated"] == 1


@pytest.mark.parametrize(
    ("number", "family", "code"),
    [
        ("0312345678", "ip_phone", "import.bad_pool_number"),
        ("050-1234-5678", "ip_phone", "import.bad_pool_number"),
        ("0501234567", "ip_phone", "import.bad_pool_number"),
        ("05012345678", "free_voice", "import.unknown_value"),
    ],
    ids=["0ab-j", "hyphens", "ten-digits", "family"],
)
def test_a_bad_row_is_named(passwords: PasswordSystem, number: str, family: str, code: str) -> None:
    [error] = passwords.send("numbers", as_csv([{"phone_number": number, "family": family}]))["errors"]
    assert (error["row"], error["code"]) == (2, code)


def test_a_number_in_use_cannot_come_new(passwords: PasswordSystem) -> None:
    line = passwords.new_line()
    row = {"phone_number": line.number, "family": "ip_phone"}
    [error] = passwords.send("numbers", as_csv([row]))["errors"]
    assert error["code"] == "import.number_in_use"


def test_a_number_whose_line_has_ended_comes_into_its_quarantine(passwords: PasswordSystem) -> None:
    line = passwords.new_line(end_date=in_days(passwords, -30))
    old = passwords.new_line(end_date=in_days(passwords, -180))
    for number, state in ((line.number, "quarantined"), (old.number, "free")):
        passwords.store("numbers", {"phone_number": number, "family": "ip_phone"})
        found = in_pool(passwords, number)
        assert found is not None
        assert found["state"] == state
    found = in_pool(passwords, line.number)
    assert found is not None
    assert found["free_from"] == in_days(passwords, 150)


def test_an_imported_line_takes_its_number_out_of_the_free_ones(passwords: PasswordSystem) -> None:
    customer = passwords.new_customer()
    contract = passwords.new_contract(customer)
    [number] = phones(1)
    passwords.store("numbers", {"phone_number": number, "family": "ip_phone"})
    passwords.new_lines(contract, [number])
    found = in_pool(passwords, number)
    assert found is not None
    assert (found["state"], found["contract_code"]) == ("in_use", contract)
    passwords.store(
        "lines",
        LINE | {"contract_code": contract, "phone_number": number, "end_date": in_days(passwords, -1)},
    )
    found = in_pool(passwords, number)
    assert found is not None
    assert found["state"] == "quarantined"


def test_two_lines_of_a_number_do_not_overlap(passwords: PasswordSystem) -> None:
    customer = passwords.new_customer()
    contract = passwords.new_contract(customer)
    [number] = phones(1)
    line = LINE | {"contract_code": contract, "phone_number": number}
    passwords.store("lines", line | {"start_date": "2020-01-01", "end_date": "2020-12-31"})
    passwords.store("lines", line | {"start_date": "2022-01-01"})
    late = line | {"start_date": "2020-01-01", "end_date": "2022-03-01"}
    [error] = passwords.send("lines", as_csv([late]))["errors"]
    assert error["code"] == "import.number_overlaps"
    passwords.store("lines", line | {"start_date": "2020-01-01", "end_date": "2020-11-30"})
    listed = passwords.call("list_lines", customer, contract_code=contract)["items"]
    assert [(one["start_date"], one["end_date"]) for one in listed] == [
        ("2020-01-01", "2020-11-30"),
        ("2022-01-01", None),
    ]


def test_the_pool_is_counted_searched_and_paged(passwords: PasswordSystem) -> None:
    numbers = phones(5)
    passwords.store("numbers", *({"phone_number": number, "family": "mobile_choice"} for number in numbers))
    prefix = numbers[0][:7]
    first = as_operator(passwords, "list_numbers", prefix=prefix, limit=3)
    assert first["counts"] == [{"family": "mobile_choice", "free": 5, "in_use": 0, "quarantined": 0}]
    assert (first["total"], [one["phone_number"] for one in first["items"]]) == (5, numbers[:3])
    rest = as_operator(passwords, "list_numbers", prefix=prefix, limit=3, cursor=first["next_cursor"])
    assert ([one["phone_number"] for one in rest["items"]], rest["next_cursor"]) == (numbers[3:], None)
    assert as_operator(passwords, "list_numbers", prefix=prefix, state="in_use")["total"] == 0


def test_only_a_free_number_is_taken_out(passwords: PasswordSystem) -> None:
    line = passwords.new_line(end_date=in_days(passwords, -1))
    passwords.store("numbers", {"phone_number": line.number, "family": "ip_phone"})
    with pytest.raises(Conflict) as refused:
        as_operator(passwords, "remove_number", phone_number=line.number)
    assert refused.value.code == "number.not_removable"
    [number] = phones(1)
    passwords.store("numbers", {"phone_number": number, "family": "ip_phone"})
    as_operator(passwords, "remove_number", phone_number=number)
    assert in_pool(passwords, number) is None
    with pytest.raises(NotFound) as missing:
        as_operator(passwords, "remove_number", phone_number=number)
    assert missing.value.code == "number.unknown"
    assert [one["action"] for one in passwords.audited() if one["target"] == number] == ["number.removed"]


def test_only_staff_see_the_pool(passwords: PasswordSystem) -> None:
    support = passwords.token(kind="staff", roles=frozenset({"staff_support"}))
    passwords.client.call("contracts.list_numbers", timeout=10, context=support)
    with pytest.raises(Forbidden):
        passwords.client.call("contracts.remove_number", timeout=10, context=support, phone_number="050")
    with pytest.raises(Forbidden):
        passwords.call("list_numbers", passwords.new_customer())
