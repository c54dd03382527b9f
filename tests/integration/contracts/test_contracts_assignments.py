"""The group and the usage limit of lines (グループ・利用制限設定・内容変更, S0-34)."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from tests.integration.contracts.choices import Choice, codes, mobiles, new_choice
from tests.integration.contracts.system import ContractsSystem, phones
from tests.integration.contracts.test_contracts_pairs import race, refused


def lines_of(mine: Choice, **search: Any) -> list[tuple[str, str | None, str | None]]:
    """(number, group, limit) of the lines that a search finds, all pages of it."""
    found: list[tuple[str, str | None, str | None]] = []
    cursor = None
    while True:
        page = mine.call("list_line_choices", contract_code=mine.contract, cursor=cursor, limit=2, **search)
        found += [(one["phone_number"], one["group_code"], one["limit_code"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            assert len(found) == page["total"]
            return found


def assign(mine: Choice, *numbers: str, **wish: str) -> Any:
    return mine.call("assign_to_lines", contract_code=mine.contract, phone_numbers=numbers, **wish)


def assign_hits(mine: Choice, expected: int, **wish: str) -> Any:
    return mine.call("assign_to_hits", contract_code=mine.contract, expected=expected, **wish)


@pytest.fixture
def mine(contracts: ContractsSystem) -> Choice:
    """Five lines, groups A and B, limits L and M."""
    made = new_choice(contracts, 5)
    made.masters(groups=["A", "B"], limits=["L", "M"])
    return made


def test_s0_34_an_assignment_persists_and_is_shown(mine: Choice) -> None:
    one, two, three, *_ = mine.numbers
    assert assign(mine, one, two, group="A", usage_limit="L") == {"lines": 2, "changed": 2}
    assert assign(mine, two, three, group="B") == {"lines": 2, "changed": 2}
    assert lines_of(mine)[:3] == [(one, "A", "L"), (two, "B", "L"), (three, "B", None)]
    assert assign(mine, one, usage_limit="-") == {"lines": 1, "changed": 1}
    assert assign(mine, three, group="-") == {"lines": 1, "changed": 1}
    assert lines_of(mine)[:3] == [(one, "A", None), (two, "B", "L"), (three, None, None)]
    [page] = [mine.call("list_line_choices", contract_code=mine.contract, phone_prefix=one)]
    assert page["items"] == [
        {
            "number": 1,
            "phone_number": one,
            "mobile_number": None,
            "group_code": "A",
            "group_name": "A",
            "limit_code": None,
            "limit_name": None,
        }
    ]


def test_s0_34_lines_are_found_by_number_group_limit_and_by_having_none(mine: Choice) -> None:
    one, two, three, four, five = mine.numbers
    assign(mine, one, two, group="A")
    assign(mine, two, three, usage_limit="L")

    def numbers(**search: str) -> list[str]:
        return [number for number, _, _ in lines_of(mine, **search)]

    assert numbers() == mine.numbers
    assert numbers(phone_prefix=one[:7]) == mine.numbers
    assert numbers(phone_prefix=four) == [four]
    assert numbers(group="A") == [one, two]
    assert numbers(usage_limit="L") == [two, three]
    assert numbers(group="A", usage_limit="L") == [two]
    assert numbers(group="-") == [three, four, five]
    assert numbers(group="-", usage_limit="-") == [four, five]
    assert numbers(group="none-of-ours") == []


@pytest.mark.parametrize(
    ("search", "code"),
    [
        ({"phone_prefix": "050"}, "lines.prefix_too_short"),
        ({"phone_prefix": "０５０１２３４５"}, "lines.prefix_not_digits"),
    ],
    ids=["short", "full-width"],
)
def test_a_wrong_condition_is_refused(mine: Choice, search: dict[str, str], code: str) -> None:
    assert codes(refused(lambda: lines_of(mine, **search))) == [("phone_prefix", code)]


@pytest.mark.parametrize("cursor", ["rubbish", "WyJhIl0", "Wy0xXQ"], ids=["rubbish", "text", "negative"])
def test_a_wrong_cursor_is_refused(mine: Choice, cursor: str) -> None:
    error = refused(lambda: mine.call("list_line_choices", contract_code=mine.contract, cursor=cursor))
    assert error.code == "page.bad_cursor"


def test_s0_34_all_hits_are_assigned_at_once(mine: Choice) -> None:
    assign(mine, *mine.numbers[:2], group="A")
    assert assign_hits(mine, 3, having_group="-", group="B", usage_limit="M") == {"lines": 3, "changed": 3}
    assert [line[1:] for line in lines_of(mine)] == [("A", None)] * 2 + [("B", "M")] * 3
    assert assign_hits(mine, 5, usage_limit="M") == {"lines": 5, "changed": 2}
    assert assign_hits(mine, 1, phone_prefix=mine.numbers[0], group="-") == {"lines": 1, "changed": 1}


def test_s0_34_other_hits_than_confirmed_are_left_alone(mine: Choice) -> None:
    assign(mine, mine.numbers[0], group="A")
    error = refused(lambda: assign_hits(mine, 5, having_group="-", group="B"))
    assert isinstance(error, Conflict)
    assert (error.code, error.details) == ("line_choice.hits_changed", {"expected": 5, "found": 4})
    assert refused(lambda: assign_hits(mine, 0, having_group="B", group="A")).code == "line_choice.no_lines"
    assert [line[1:] for line in lines_of(mine)] == [("A", None)] + [(None, None)] * 4


def test_s0_34_sent_twice_at_once_all_hits_are_assigned_once(mine: Choice) -> None:
    twice = race(*[lambda: assign_hits(mine, 5, having_group="-", group="A")] * 2)
    assert twice == ["done", "line_choice.hits_changed"]
    assert [action for action, _, _ in mine.audited()] == ["line_choice.assigned"]


@pytest.mark.parametrize(
    ("wish", "pointer", "code"),
    [
        ({"group": "C"}, "group", "line_choice.group_unknown"),
        ({"usage_limit": "N"}, "usage_limit", "line_choice.limit_unknown"),
        ({"group": "L"}, "group", "line_choice.group_unknown"),
        ({"group": "FOREIGN"}, "group", "line_choice.group_unknown"),
    ],
    ids=["group", "limit", "a-limit-as-group", "foreign"],
)
def test_s0_34_an_unknown_or_foreign_master_is_refused(
    contracts: ContractsSystem, mine: Choice, wish: dict[str, str], pointer: str, code: str
) -> None:
    new_choice(contracts, 1).masters(groups=["FOREIGN"])
    for attempt in (lambda: assign(mine, mine.numbers[0], **wish), lambda: assign_hits(mine, 5, **wish)):
        error = refused(attempt)
        assert isinstance(error, Invalid)
        assert codes(error) == [(pointer, code)]
    assert {line[1:] for line in lines_of(mine)} == {(None, None)}


def test_s0_34_foreign_unknown_and_terminated_lines_are_each_named(
    contracts: ContractsSystem, mine: Choice
) -> None:
    [ended, foreign, other, unknown] = phones(4)
    contracts.new_lines(mine.contract, [ended], end_date="2024-03-31")
    stranger, sister = new_choice(contracts, 1), new_choice(contracts, 1, mine.customer)
    contracts.new_lines(stranger.contract, [foreign])
    contracts.new_lines(sister.contract, [other])
    error = refused(lambda: assign(mine, mine.numbers[0], ended, foreign, other, unknown, group="A"))
    assert isinstance(error, Invalid)
    assert [(one["pointer"], one["code"], one["phone_number"]) for one in error.details["errors"]] == [
        ("phone_numbers/1", "line_choice.line_terminated", ended),
        ("phone_numbers/2", "line_choice.line_unknown", foreign),
        ("phone_numbers/3", "line_choice.line_unknown", other),
        ("phone_numbers/4", "line_choice.line_unknown", unknown),
    ]
    assert {line[1:] for line in lines_of(mine)} == {(None, None)}
    assert ended not in [number for number, _, _ in lines_of(mine)]


@pytest.mark.parametrize(
    ("numbers", "wish", "code"),
    [(1, {}, "line_choice.nothing"), (0, {"group": "A"}, "line_choice.no_lines")],
    ids=["nothing", "no-lines"],
)
def test_s0_34_an_empty_wish_is_refused(mine: Choice, numbers: int, wish: dict[str, str], code: str) -> None:
    assert refused(lambda: assign(mine, *mine.numbers[:numbers], **wish)).code == code


def test_s0_34_another_customers_contract_is_not_there(contracts: ContractsSystem, mine: Choice) -> None:
    stranger = Choice(contracts, contracts.new_customer(), mine.contract, [])
    for attempt in (
        lambda: lines_of(stranger),
        lambda: assign(stranger, mine.numbers[0], group="A"),
        lambda: assign_hits(stranger, 5, group="A"),
    ):
        error = refused(attempt)
        assert (type(error), error.code) == (NotFound, "contract.unknown")


def test_only_lines_that_change_are_told_and_counted(contracts: ContractsSystem, mine: Choice) -> None:
    one, two, *_ = mine.numbers
    [mobile] = mobiles(1)
    mine.register((two, mobile))
    assign(mine, one, group="A")
    contracts.told()
    assign(mine, one, two, group="A", usage_limit="-")
    told = {"customer_code": mine.customer, "contract_code": mine.contract, "limit_code": None}
    assert contracts.told() == [
        (
            "contracts.line_choice_changed",
            {**told, "phone_number": two, "mobile_number": mobile, "group_code": "A"},
        )
    ]
    details = {"lines": 1, "group": "A", "usage_limit": "-"}
    assert mine.audited()[-1] == ("line_choice.assigned", mine.contract, details)
    assert assign(mine, one, two, group="A") == {"lines": 2, "changed": 0}
    assert contracts.told() == []


def test_two_who_assign_the_same_lines_do_not_undo_each_other(mine: Choice) -> None:
    for group, limit in (("A", "L"), ("B", "M"), ("A", "M")):
        done = race(
            lambda group=group: assign(mine, *mine.numbers, group=group),
            lambda limit=limit: assign(mine, *reversed(mine.numbers), usage_limit=limit),
        )
        assert done == ["done", "done"]
        assert {line[1:] for line in lines_of(mine)} == {(group, limit)}
