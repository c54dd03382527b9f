"""アップロード・ダウンロード on the running service: the dry run, and that exactly it is applied."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Invalid, NotFound
from tests.integration.contracts.choices import HEADER, Choice, as_file, mobiles, new_choice
from tests.integration.contracts.system import ContractsSystem, phones
from tests.integration.contracts.test_contracts_pairs import race, refused

NONE = {"added": 0, "changed": 0, "released": 0, "unchanged": 0}


@pytest.fixture(scope="module")
def stocked(contracts: ContractsSystem) -> Choice:
    """A contract with groups and limits; no test changes its lines."""
    mine = new_choice(contracts, 3)
    mine.masters(groups=["sales", "001"], limits=["home"])
    mine.register((mine.numbers[0], mobiles(1)[0]))
    return mine


def test_s0_36_one_file_registers_updates_and_releases(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 5)
    mine.masters(groups=["sales"], limits=["home"])
    one, two, three, four, five = mine.numbers
    given = mobiles(4)
    mine.register((two, given[1]), (three, given[2]), (four, given[3]))
    contracts.told()
    upload = mine.wish(
        (one, given[0], "sales", "home"),
        (two, given[1], "", "home"),
        (three, "", "", ""),
        (four, given[3], "", ""),
    )
    counts = {"added": 1, "changed": 1, "released": 1, "unchanged": 1}
    assert (upload["counts"], upload["applied_at"]) == (counts, None)
    shown = mine.call("get_bulk_upload", upload_id=upload["upload_id"])
    blank = {"mobile_number": "", "group_code": "", "limit_code": ""}
    assert shown["items"] == [
        {
            "row": 2,
            "kind": "added",
            "phone_number": one,
            "before": blank,
            "after": {"mobile_number": given[0], "group_code": "sales", "limit_code": "home"},
        },
        {
            "row": 3,
            "kind": "changed",
            "phone_number": two,
            "before": blank | {"mobile_number": given[1]},
            "after": blank | {"mobile_number": given[1], "limit_code": "home"},
        },
        {
            "row": 4,
            "kind": "released",
            "phone_number": three,
            "before": blank | {"mobile_number": given[2]},
            "after": blank,
        },
    ]
    assert mine.shown() == {one: None, two: given[1], three: given[2], four: given[3], five: None}
    applied = mine.apply(upload)
    assert applied["applied_at"] is not None
    assert mine.shown() == {one: given[0], two: given[1], three: None, four: given[3], five: None}
    assert mine.exported() == [
        (one, given[0], "sales", "home"),
        (two, given[1], "", "home"),
        (three, "", "", ""),
        (four, given[3], "", ""),
        (five, "", "", ""),
    ]
    told = [fact for _, fact in contracts.told()]
    assert [(fact["phone_number"], fact["group_code"], fact["limit_code"]) for fact in told] == [
        (one, "sales", "home"),
        (two, None, "home"),
        (three, None, None),
    ]
    assert mine.audited()[-1] == ("line_choices.applied", mine.contract, counts)
    assert mine.apply(upload) == applied  # once is enough
    assert contracts.told() == []


def test_s0_36_the_downloaded_file_changes_nothing(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 4)
    mine.masters(groups=["001"], limits=["home"])
    first, second = mobiles(2)
    mine.apply(mine.wish((mine.numbers[0], first, "001", ""), (mine.numbers[1], second, "", "home")))
    upload = mine.wish(*mine.exported())
    assert upload["counts"] == NONE | {"unchanged": 4}
    contracts.told()
    mine.apply(upload)
    assert contracts.told() == []


def test_a_spreadsheet_may_have_dropped_the_leading_zeros(stocked: Choice) -> None:
    rows = [(phone[1:], mobile[1:], *codes) for phone, mobile, *codes in stocked.exported()]
    assert stocked.wish(*rows)["counts"] == NONE | {"unchanged": 3}


def test_machine_names_and_any_order_do_for_the_header(stocked: Choice) -> None:
    number = stocked.numbers[1]
    report = stocked.check(f'limit_code,"phone_number",携帯番号,group_code\nhome,{number},,sales\n')
    assert report["upload"]["counts"] == NONE | {"changed": 1}


def test_lines_may_swap_their_mobile_numbers(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 3)
    one, two, three = mine.numbers
    first, second, third = mobiles(3)
    mine.register((one, first), (two, second), (three, third))
    mine.apply(mine.wish((one, second, "", ""), (two, first, "", "")))
    assert mine.shown() == {one: second, two: first, three: third}
    mine.apply(mine.wish((one, third, "", ""), (two, second, "", ""), (three, first, "", "")))
    assert mine.shown() == {one: third, two: second, three: first}
    mine.apply(mine.wish((one, "", "", ""), (two, third, "", "")))
    assert mine.shown() == {one: None, two: third, three: first}


def test_every_bad_row_is_named_and_nothing_is_kept(stocked: Choice) -> None:
    contracts = stocked.system
    one, two, three = stocked.numbers
    held = stocked.shown()[one]
    assert held is not None
    foreign, other = new_choice(contracts, 1), new_choice(contracts, 1, customer=stocked.customer)
    [ended] = phones(1)
    contracts.new_lines(stocked.contract, [ended], end_date="2023-03-31")
    [landline] = ["0399990001"]
    contracts.new_lines(stocked.contract, [landline])
    [taken] = mobiles(1)
    other.register((other.numbers[0], taken))
    new, twice = mobiles(2)
    rows: list[tuple[tuple[str, ...], list[tuple[str, str]]]] = [
        (("050-1", "", "", ""), [("phone_number", "import.bad_phone")]),
        (("", "", "", ""), [("phone_number", "import.blank")]),
        (("05099999999", "", "", ""), [("phone_number", "bulk.line_unknown")]),
        ((foreign.numbers[0], "", "", ""), [("phone_number", "bulk.line_unknown")]),
        ((other.numbers[0], "", "", ""), [("phone_number", "bulk.line_unknown")]),
        ((ended, "", "", ""), [("phone_number", "bulk.terminated")]),
        ((landline, new, "", ""), [("mobile_number", "bulk.not_ip_phone")]),
        ((one, "", "", ""), []),
        ((one, "", "", ""), [("phone_number", "import.duplicate")]),
        (
            (two, taken, "salesx", "homex"),
            [
                ("mobile_number", "bulk.mobile_paired"),
                ("group_code", "bulk.group_unknown"),
                ("limit_code", "bulk.limit_unknown"),
            ],
        ),
        ((three, "０９０１２３４５６７８", "", ""), [("mobile_number", "bulk.mobile_format")]),
        ((two,), [("", "import.column_count")]),
    ]
    report = stocked.check(as_file([row for row, _ in rows]))
    found = [(one["row"], one["field"], one["code"]) for one in report["errors"]]
    expected = [(row, *problem) for row, (_, problems) in enumerate(rows, 2) for problem in problems]
    assert found == expected
    assert (report["rows"], report["error_count"], report["upload"]) == (12, len(expected), None)
    report = stocked.check(as_file([(two, twice, "", ""), (three, twice, "", "")]))
    assert [(one["row"], one["code"], one["first_row"]) for one in report["errors"]] == [
        (3, "import.mobile_twice", 2)
    ]
    report = stocked.check(as_file([(two, held, "", "")]))  # the line that has it is not in the file
    assert [one["code"] for one in report["errors"]] == ["bulk.mobile_paired"]
    report = stocked.check(as_file([(one, held, "", ""), (two, held, "", "")]))
    assert [one["code"] for one in report["errors"]] == ["import.mobile_twice"]


@pytest.mark.parametrize(
    ("content", "errors"),
    [
        (
            "電話番号,携帯番号,グループコード,利用制限コード\n",
            {"import.column_missing", "import.column_unknown"},
        ),
        (f"{HEADER},備考\n", {"import.column_unknown"}),
        (f"{HEADER},050番号\n", {"import.column_twice"}),
        (f'{HEADER}\n"05012345678,,,\n', {"import.not_csv"}),
        (f"{HEADER}\n05012345678,{'9' * 65},,\n", {"import.string_too_long"}),
    ],
    ids=["missing", "unknown", "twice", "quote", "long"],
)
def test_what_is_no_such_file_is_refused(stocked: Choice, content: str, errors: set[str]) -> None:
    report = stocked.check(content)
    assert {one["code"] for one in report["errors"]} == errors
    assert report["upload"] is None


def test_files_without_a_row_or_with_too_many_are_refused(stocked: Choice) -> None:
    error = refused(lambda: stocked.check(f"{HEADER}\n"))
    assert isinstance(error, Invalid)
    assert error.code == "bulk.no_rows"
    error = refused(lambda: stocked.check(as_file([(stocked.numbers[0], "", "", "")] * 10_001)))
    assert isinstance(error, Invalid)
    assert error.code == "bulk.too_many_rows"
    assert error.details == {"rows": 10_001, "limit": 10_000}


def test_another_customers_contract_and_upload_are_not_there(
    contracts: ContractsSystem, stocked: Choice
) -> None:
    foreign = new_choice(contracts, 1)
    upload = stocked.wish((stocked.numbers[1], "", "sales", ""))
    voice = contracts.new_contract(stocked.customer)
    for action, code in (
        (lambda: foreign.call("export_choices", contract_code=stocked.contract), "contract.unknown"),
        (lambda: stocked.call("export_choices", contract_code=voice), "contract.unknown"),
        (lambda: Choice(contracts, foreign.customer, stocked.contract, []).check(HEADER), "contract.unknown"),
        (lambda: foreign.call("get_bulk_upload", upload_id=upload["upload_id"]), "bulk.unknown"),
        (lambda: foreign.apply(upload), "bulk.unknown"),
        (lambda: stocked.apply(upload | {"upload_id": str(uuid4())}), "bulk.unknown"),
    ):
        error = refused(action)
        assert isinstance(error, NotFound)
        assert error.code == code


def _changed_since(mine: Choice, upload: dict[str, Any]) -> None:
    before = mine.exported()
    error = refused(lambda: mine.apply(upload))
    assert isinstance(error, Conflict)
    assert error.code == "bulk.changed_since"
    assert mine.exported() == before


def test_a_dry_run_is_not_applied_when_something_has_changed_since(contracts: ContractsSystem) -> None:
    mine, other = new_choice(contracts, 3), new_choice(contracts, 1)
    mine.masters(groups=["sales"])
    one, two, three = mine.numbers
    first, second, third = mobiles(3)

    upload = mine.wish((one, first, "sales", ""), (two, "", "", ""))
    mine.register((two, second))  # a line that was to stay as it was
    _changed_since(mine, upload)

    upload = mine.wish((one, first, "", ""))
    other.register((other.numbers[0], first))
    _changed_since(mine, upload)

    upload = mine.wish((one, "", "sales", ""))
    with contracts.engine.begin() as connection:
        connection.execute(
            text(
                "DELETE FROM line_groups USING contracts WHERE contracts.id = contract_id AND contracts.code = :code"
            ),
            {"code": mine.contract},
        )
    _changed_since(mine, upload)

    upload = mine.wish((one, third, "", ""))
    mine.register((three, mobiles(1)[0]))  # a line that the file does not speak of
    assert refused(lambda: mine.apply(upload, fingerprint="another")).code == "bulk.changed_since"
    mine.apply(upload)
    assert mine.shown()[one] == third


def test_the_same_dry_run_applied_at_once_from_all_sides_is_done_once(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 50)
    upload = mine.wish(
        *((number, mobile, "", "") for number, mobile in zip(mine.numbers, mobiles(50), strict=True))
    )
    contracts.told()
    assert race(*[lambda: mine.apply(upload)] * 4) == ["done"] * 4
    assert len(contracts.told()) == 50
    assert [action for action, *_ in mine.audited()] == ["line_choices.applied"]


def test_of_two_dry_runs_of_the_same_lines_one_is_applied(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 20)
    uploads = [
        mine.wish(
            *((number, mobile, "", "") for number, mobile in zip(mine.numbers, mobiles(20), strict=True))
        )
        for _ in range(2)
    ]
    outcomes = race(*(lambda one=one: mine.apply(one) for one in uploads))
    assert outcomes == ["bulk.changed_since", "done"]


def test_of_a_file_and_a_pair_that_race_for_a_mobile_number_one_gets_it(contracts: ContractsSystem) -> None:
    [mobile] = mobiles(1)
    mine, other = new_choice(contracts, 1), new_choice(contracts, 1)
    upload = mine.wish((mine.numbers[0], mobile, "", ""))
    outcomes = race(lambda: mine.apply(upload), lambda: other.register((other.numbers[0], mobile)))
    assert outcomes in (["bulk.changed_since", "done"], ["done", "pair.mobile_paired"])


def test_a_dry_run_can_be_applied_for_a_day(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 1)
    upload = mine.wish((mine.numbers[0], *mobiles(1), "", ""))
    checked, until = (datetime.fromisoformat(upload[name]) for name in ("checked_at", "usable_until"))
    assert until - checked == timedelta(days=1)
    with contracts.engine.begin() as connection:
        connection.execute(
            text("UPDATE bulk_uploads SET created_at = :then WHERE id = :id"),
            {"then": datetime.now(UTC) - timedelta(days=1), "id": upload["upload_id"]},
        )
    assert refused(lambda: mine.apply(upload)).code == "bulk.unknown"


def test_ten_thousand_rows_take_seconds(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer, family="mobile_choice", service_type="mobile_choice")
    numbers = phones(10_000)
    contracts.new_lines(contract, numbers)
    mine = Choice(contracts, customer, contract, numbers)
    mine.masters(groups=["sales"], limits=["home"])
    given = mobiles(10_000)
    rows = [(number, mobile, "sales", "home") for number, mobile in zip(numbers, given, strict=True)]
    begun = time.monotonic()
    upload = mine.wish(*rows)
    checked = time.monotonic()
    mine.apply(upload)
    applied = time.monotonic()
    assert mine.exported() == rows
    # everybody takes the number of the next one
    turned = [(number, given[place - 9_999], "sales", "") for place, number in enumerate(numbers)]
    mine.apply(mine.wish(*turned))
    assert mine.exported() == turned
    with contracts.engine.begin() as connection:  # no other test shall wait until all of that has been told
        connection.execute(text("DELETE FROM outbox WHERE published_at IS NULL"))
    print(f"check {checked - begun:.1f} s, apply {applied - checked:.1f} s")
    assert applied - begun < 60  # on a machine that does ten other things
