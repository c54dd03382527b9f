"""Rejected callers (着信拒否一括登録・削除, S0-35)."""

import time
from typing import Any

import pytest

from chassis.errors import Invalid, NotFound
from tests.integration.contracts.choices import Choice, new_choice
from tests.integration.contracts.system import ContractsSystem, phones
from tests.integration.contracts.test_contracts_masters import execute
from tests.integration.contracts.test_contracts_pairs import race, refused

A, B, C = "0312345678", "09011112222", "0120000000"


def send(mine: Choice, text: str, action: str = "register", mode: str = "apply") -> Any:
    return mine.system.client.call(
        "contracts.change_rejections",
        timeout=60,
        context=mine.system.token(customer=mine.customer),
        sealed=("text",),
        contract_code=mine.contract,
        action=action,
        mode=mode,
        text=text,
    )


def rows(*pairs: tuple[str, str]) -> str:
    return "".join(f"{line},{number}\r\n" for line, number in pairs)


def listed(mine: Choice, limit: int = 2, **search: str) -> list[tuple[str, str]]:
    """(line, rejected number) of what a search finds, all pages of it."""
    found: list[tuple[str, str]] = []
    cursor = None
    while True:
        page = mine.call("list_rejections", contract_code=mine.contract, cursor=cursor, limit=limit, **search)
        found += [(one["phone_number"], one["rejected_number"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            assert len(found) == page["total"]
            return found


def said(report: dict[str, Any], name: str = "errors") -> list[tuple[int, str, str]]:
    return [(one["row"], one["field"], one["code"].removeprefix("rejection.")) for one in report[name]]


@pytest.fixture
def mine(contracts: ContractsSystem) -> Choice:
    return new_choice(contracts, 3)


def test_s0_35_a_list_registers_and_deletes_at_once(contracts: ContractsSystem, mine: Choice) -> None:
    one, two, _ = mine.numbers
    contracts.told()
    report = send(mine, "050番号,着信拒否番号\r\n" + rows((one, B), (one, A), (two, A)))
    assert report == {
        "action": "register",
        "mode": "apply",
        "rows": 3,
        "changed": 3,
        "unchanged": 0,
        "errors": [],
        "error_count": 0,
        "notes": [],
        "applied": True,
    }
    assert listed(mine) == [(one, A), (one, B), (two, A)]
    report = send(mine, rows((one, A), (two, A)), "delete")
    assert (report["changed"], report["applied"]) == (2, True)
    assert listed(mine) == [(one, B)]
    of = {"customer_code": mine.customer, "contract_code": mine.contract}
    assert contracts.told() == [
        (
            "contracts.rejections_changed",
            of
            | {
                "action": action,
                "entries": [{"phone_number": line, "rejected_number": number} for line, number in entries],
            },
        )
        for action, entries in (
            ("register", [(one, B), (one, A), (two, A)]),
            ("delete", [(one, A), (two, A)]),
        )
    ]
    assert mine.audited() == [
        ("rejections.registered", mine.contract, {"numbers": 3, "lines": 2}),
        ("rejections.deleted", mine.contract, {"numbers": 2, "lines": 2}),
    ]


@pytest.mark.parametrize("action", ["register", "delete"])
def test_s0_35_bad_rows_are_named_by_row_and_reason_and_nothing_is_stored(
    contracts: ContractsSystem, mine: Choice, action: str
) -> None:
    [ended, foreign, other, unknown] = phones(4)
    contracts.new_lines(mine.contract, [ended], end_date="2024-03-31")
    contracts.new_lines(new_choice(contracts, 1).contract, [foreign])
    contracts.new_lines(new_choice(contracts, 1, mine.customer).contract, [other])
    one = mine.numbers[0]
    send(mine, rows((one, A)))
    bad = rows(
        (one, C), (ended, A), (foreign, A), (other, A), (unknown, A), ("050-1", A), (one, "x"), (one, C)
    )
    for mode in ("validate", "apply"):
        report = send(mine, bad, action, mode)
        assert said(report) == [
            (2, "phone_number", "line_terminated"),
            (3, "phone_number", "line_unknown"),
            (4, "phone_number", "line_unknown"),
            (5, "phone_number", "line_unknown"),
            (6, "phone_number", "line_format"),
            (7, "rejected_number", "number_format"),
            (8, "", "duplicate"),
        ]
        assert (report["rows"], report["error_count"], report["applied"]) == (8, 7, False)
    assert listed(mine) == [(one, A)]


def test_s0_35_checking_stores_nothing(mine: Choice) -> None:
    report = send(mine, rows((mine.numbers[0], A)), mode="validate")
    assert (report["changed"], report["applied"]) == (1, False)
    assert listed(mine) == []
    assert mine.audited() == []


@pytest.mark.parametrize(
    ("action", "code"), [("register", "known"), ("delete", "absent")], ids=["register", "delete"]
)
def test_s0_35_what_changes_nothing_is_noted_by_row_and_no_mistake(
    mine: Choice, action: str, code: str
) -> None:
    one = mine.numbers[0]
    send(mine, rows((one, A), (one, B)))
    if action == "delete":
        send(mine, rows((one, A)), "delete")
    before = len(mine.audited())
    report = send(mine, rows((one, A)), action)
    assert (report["changed"], report["unchanged"], report["applied"]) == (0, 1, True)
    assert said(report, "notes") == [(1, "rejected_number", code)]
    assert len(mine.audited()) == before


@pytest.mark.parametrize("action", ["register", "delete"])
def test_s0_35_the_same_list_twice_at_once_is_done_once_without_error(mine: Choice, action: str) -> None:
    text = rows(*((line, f"03{number:08}") for line in mine.numbers for number in range(100)))
    if action == "delete":
        send(mine, text)
    reports: list[Any] = []
    assert race(*[lambda: reports.append(send(mine, text, action))] * 3) == ["done"] * 3
    assert sorted(one["changed"] for one in reports) == [0, 0, 300]
    assert all(one["applied"] for one in reports)
    assert len(listed(mine, 100)) == (300 if action == "register" else 0)


def test_s0_35_ten_thousand_rows_take_a_few_seconds(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 20)
    pairs = [(line, f"03{number:08}") for line in mine.numbers for number in range(500)]
    for action, left in (("register", 10_000), ("delete", 0)):
        began = time.monotonic()
        report = send(mine, rows(*pairs), action)
        assert time.monotonic() - began < 8
        assert (report["rows"], report["changed"]) == (10_000, 10_000)
        page = mine.call("list_rejections", contract_code=mine.contract)
        assert page["total"] == left
    error = refused(lambda: send(mine, rows(*pairs, (mine.numbers[0], A))))
    assert isinstance(error, Invalid)
    assert (error.code, error.details) == ("rejection.too_many_rows", {"limit": 10_000})


def test_s0_35_a_line_rejects_only_so_many(contracts: ContractsSystem, mine: Choice) -> None:
    one, two, _ = mine.numbers
    send(mine, rows(*((one, f"03{number:08}") for number in range(999))))
    new = [(one, B), (two, A), (one, C)]
    report = send(mine, rows((one, "0300000000"), *new))
    assert said(report) == [(4, "phone_number", "line_full")]
    assert report["errors"][0]["limit"] == 1_000
    assert not report["applied"]
    outcomes: list[Any] = []
    race(*[lambda pair=pair: outcomes.append(send(mine, rows(pair))) for pair in ((one, B), (one, C))])
    assert sorted(one["applied"] for one in outcomes) == [False, True]
    assert len(listed(mine, 100, phone_prefix=one)) == 1_000


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "rejection.empty"), ("050番号,着信拒否番号\n", "rejection.empty")],
    ids=["empty", "header"],
)
def test_s0_35_a_list_without_numbers_is_refused(mine: Choice, text: str, code: str) -> None:
    assert refused(lambda: send(mine, text)).code == code


def test_s0_35_entries_are_found_by_line_and_by_number(contracts: ContractsSystem, mine: Choice) -> None:
    one, two, three = mine.numbers
    send(mine, rows((one, A), (one, B), (two, A), (three, C)))
    assert listed(mine, phone_prefix=one) == [(one, A), (one, B)]
    assert listed(mine, number_prefix="03") == [(one, A), (two, A)]
    assert listed(mine, phone_prefix=two, number_prefix="0312345678") == [(two, A)]
    assert listed(mine, phone_prefix=three, number_prefix="03") == []
    execute(contracts, "UPDATE lines SET end_date = start_date WHERE phone_number = :one", one=one)
    assert listed(mine) == [(two, A), (three, C)], "terminated lines are not shown"


@pytest.mark.parametrize(
    ("search", "code"),
    [
        ({"phone_prefix": "050"}, "lines.prefix_too_short"),
        ({"number_prefix": "03-"}, "rejection.prefix"),
        ({"number_prefix": "０３"}, "rejection.prefix"),
        ({"cursor": "WzEsIkEiXQ"}, "page.bad_cursor"),
        ({"cursor": "rubbish"}, "page.bad_cursor"),
    ],
    ids=["short", "hyphen", "full-width", "letter-in-cursor", "no-cursor"],
)
@pytest.mark.parametrize("method", ["list_rejections", "export_rejections"])
def test_a_wrong_search_is_refused(mine: Choice, method: str, search: dict[str, str], code: str) -> None:
    error = refused(lambda: mine.call(method, contract_code=mine.contract, **search))
    assert isinstance(error, Invalid)
    assert error.code == code


def test_s0_35_one_entry_is_deleted(mine: Choice) -> None:
    one, two, _ = mine.numbers
    send(mine, rows((one, A), (two, A)))

    def delete(line: str, number: str) -> None:
        mine.call("delete_rejection", contract_code=mine.contract, phone_number=line, rejected_number=number)

    delete(one, A)
    assert listed(mine) == [(two, A)]
    assert mine.audited()[-1][0] == "rejections.deleted"
    for line, number in ((one, A), (two, B), ("05099999999", A), ("x", "x")):
        error = refused(lambda line=line, number=number: delete(line, number))
        assert (type(error), error.code) == (NotFound, "rejection.unknown")


def test_s0_35_another_customers_contract_is_not_there(contracts: ContractsSystem, mine: Choice) -> None:
    send(mine, rows((mine.numbers[0], A)))
    stranger = Choice(contracts, contracts.new_customer(), mine.contract, mine.numbers)
    for attempt in (
        lambda: listed(stranger),
        lambda: stranger.call("export_rejections", contract_code=mine.contract),
        lambda: send(stranger, rows((mine.numbers[0], B))),
        lambda: stranger.call(
            "delete_rejection",
            contract_code=mine.contract,
            phone_number=mine.numbers[0],
            rejected_number=A,
        ),
    ):
        error = refused(attempt)
        assert (type(error), error.code) == (NotFound, "contract.unknown")
    assert listed(mine) == [(mine.numbers[0], A)]
