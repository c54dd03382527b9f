"""モバイルチョイス050登録 and 解除 on the running service."""

import threading
from typing import Any

import pytest

from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from tests.integration.contracts.choices import Choice, codes, key, mobiles, new_choice
from tests.integration.contracts.system import LINE, ContractsSystem, as_csv, phones

PAST = "2023-03-31"


def refused(action: Any) -> KaisenError:
    with pytest.raises(KaisenError) as caught:
        action()
    return caught.value


def test_s0_31_a_pair_is_in_the_inquiry_at_once(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 2)
    [mobile] = mobiles(1)
    contracts.told()
    answer = mine.register((mine.numbers[0], mobile))
    pair = {"contract_code": mine.contract, "phone_number": mine.numbers[0], "mobile_number": mobile}
    assert answer == {"items": [pair]}
    assert mine.shown() == {mine.numbers[0]: mobile, mine.numbers[1]: None}
    assert mine.call("list_pairs") == {"total": 1, "items": [pair], "next_cursor": None}
    fact = {"customer_code": mine.customer, "group_code": None, "limit_code": None} | pair
    assert contracts.told() == [("contracts.line_choice_changed", fact)]
    assert mine.audited() == [("pair.registered", mine.numbers[0], {})]


def test_several_pairs_are_registered_together_or_not_at_all(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 4)
    numbers, given = mine.numbers, mobiles(4)
    mine.register(*zip(numbers[:2], given[:2], strict=True))
    error = refused(lambda: mine.register((numbers[2], given[2]), (numbers[0], given[3])))
    assert isinstance(error, Conflict)
    assert codes(error) == [("pairs/1/phone_number", "pair.line_paired")]
    assert mine.shown() == dict(zip(numbers, [*given[:2], None, None], strict=True))


def test_s0_31_a_number_that_is_paired_is_refused(contracts: ContractsSystem) -> None:
    mine, foreign = new_choice(contracts, 3), new_choice(contracts, 1)
    given = mobiles(3)
    mine.register((mine.numbers[0], given[0]))
    foreign.register((foreign.numbers[0], given[1]))
    for pair, problem in (
        ((mine.numbers[0], given[2]), ("pairs/0/phone_number", "pair.line_paired")),
        ((mine.numbers[0], given[0]), ("pairs/0/phone_number", "pair.line_paired")),
        ((mine.numbers[1], given[0]), ("pairs/0/mobile_number", "pair.mobile_paired")),
        ((mine.numbers[1], given[1]), ("pairs/0/mobile_number", "pair.mobile_paired")),
    ):
        error = refused(lambda pair=pair: mine.register(pair))
        assert isinstance(error, Conflict)
        assert codes(error) == [problem]
        wish = [{"phone_number": pair[0], "mobile_number": pair[1]}]
        assert codes(refused(lambda wish=wish: mine.call("check_pairs", pairs=wish))) == [problem]


@pytest.mark.parametrize(
    ("phone", "mobile", "problem"),
    [
        ("050-1234-5678", "09000000001", ("pairs/0/phone_number", "pair.phone_format")),
        ("０５０１２３４５６７８", "09000000001", ("pairs/0/phone_number", "pair.phone_format")),
        ("0312345678", "09000000001", ("pairs/0/phone_number", "pair.phone_format")),
        ("05099999999", "090-0000-0001", ("pairs/0/mobile_number", "pair.mobile_format")),
        ("05099999999", "０９０００００００１", ("pairs/0/mobile_number", "pair.mobile_format")),
        ("05099999999", "0900000001", ("pairs/0/mobile_number", "pair.mobile_format")),
        ("05099999999", "06000000001", ("pairs/0/mobile_number", "pair.mobile_format")),
        ("05099999999", "", ("pairs/0/mobile_number", "pair.mobile_format")),
    ],
    ids=["hyphens", "full-width", "0AB-J", "mobile-hyphens", "mobile-full-width", "short", "060", "blank"],
)
def test_a_malformed_number_is_named(
    contracts: ContractsSystem, phone: str, mobile: str, problem: tuple[str, str]
) -> None:
    error = refused(lambda: new_choice(contracts, 1).register((phone, mobile)))
    assert isinstance(error, Invalid)
    assert codes(error) == [problem]


def test_the_same_number_twice_in_one_form_is_named(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 2)
    first, second = mobiles(2)
    error = refused(lambda: mine.register((mine.numbers[0], first), (mine.numbers[0], second)))
    assert codes(error) == [("pairs/1/phone_number", "pair.twice")]
    error = refused(lambda: mine.register((mine.numbers[0], first), (mine.numbers[1], first)))
    assert codes(error) == [("pairs/1/mobile_number", "pair.twice")]


def test_only_own_lines_of_mobile_choice_in_service_are_paired(contracts: ContractsSystem) -> None:
    mine, foreign = new_choice(contracts, 1), new_choice(contracts, 1)
    ended = new_choice(contracts, 1, customer=mine.customer, end_date=PAST)
    voice = contracts.new_contract(mine.customer)
    [voice_number] = phones(1)
    contracts.new_lines(voice, [voice_number])
    [mobile] = mobiles(1)
    for number in (*foreign.numbers, voice_number, "05099999999"):
        error = refused(lambda number=number: mine.register((number, mobile)))
        assert isinstance(error, NotFound)
        assert codes(error) == [("pairs/0/phone_number", "pair.line_unknown")]
    error = refused(lambda: mine.register((ended.numbers[0], mobile)))
    assert codes(error) == [("pairs/0/phone_number", "pair.terminated")]


def test_s0_32_a_released_pair_is_gone_from_the_inquiry(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 2)
    given = mobiles(2)
    mine.register(*zip(mine.numbers, given, strict=True))
    contracts.told()
    shown = mine.call("check_releases", phone_numbers=mine.numbers[:1])
    assert mine.release(mine.numbers[0]) == shown
    assert shown["items"][0]["mobile_number"] == given[0]
    assert mine.shown() == {mine.numbers[0]: None, mine.numbers[1]: given[1]}
    [(kind, fact)] = contracts.told()
    assert (kind, fact["phone_number"], fact["mobile_number"]) == (
        "contracts.line_choice_changed",
        mine.numbers[0],
        None,
    )
    assert mine.audited()[-1] == ("pair.released", mine.numbers[0], {})
    mine.register((mine.numbers[0], given[0]))  # both numbers are free again


def test_what_is_not_paired_cannot_be_released(contracts: ContractsSystem) -> None:
    mine, foreign = new_choice(contracts, 2), new_choice(contracts, 1)
    mine.register((mine.numbers[0], mobiles(1)[0]))
    foreign.register((foreign.numbers[0], mobiles(1)[0]))
    ended = new_choice(contracts, 1, customer=mine.customer, end_date=PAST)
    for numbers, code in (
        ((mine.numbers[0], mine.numbers[1]), "pair.not_paired"),
        ((mine.numbers[0], foreign.numbers[0]), "pair.line_unknown"),
        ((mine.numbers[0], ended.numbers[0]), "pair.terminated"),
        ((mine.numbers[0], mine.numbers[0]), "pair.twice"),
    ):
        assert codes(refused(lambda numbers=numbers: mine.release(*numbers))) == [("phone_numbers/1", code)]
    assert mine.shown()[mine.numbers[0]] is not None


def test_a_repeated_key_repeats_the_answer_only(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 1)
    [mobile], again = mobiles(1), key()
    first = mine.register((mine.numbers[0], mobile), key=again)
    assert mine.register((mine.numbers[0], mobile), key=again) == first
    assert [action for action, *_ in mine.audited()] == ["pair.registered"]
    released = mine.release(mine.numbers[0], key=again)
    assert mine.release(mine.numbers[0], key=again) == released


def test_pairs_are_listed_by_pages_and_found_by_either_number(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 5)
    given = mobiles(5)
    mine.register(*zip(mine.numbers, given, strict=True))
    first = mine.call("list_pairs", limit=3)
    second = mine.call("list_pairs", limit=3, cursor=first["next_cursor"])
    assert (first["total"], second["next_cursor"]) == (5, None)
    assert [one["phone_number"] for one in first["items"] + second["items"]] == mine.numbers
    for digits in (mine.numbers[3], given[3]):
        assert [one["mobile_number"] for one in mine.call("list_pairs", digits=digits)["items"]] == [given[3]]
    for arguments, code in (
        ({"digits": "050-"}, "lines.prefix_not_digits"),
        ({"cursor": "x"}, "page.bad_cursor"),
        ({"cursor": "WzFd"}, "page.bad_cursor"),
    ):
        assert refused(lambda arguments=arguments: mine.call("list_pairs", **arguments)).code == code


def test_a_terminated_line_loses_its_mobile_number_to_the_line_that_gets_it(
    contracts: ContractsSystem,
) -> None:
    [mobile] = mobiles(1)
    former = new_choice(contracts, 1, mobile_number=mobile, end_date=PAST)
    mine = new_choice(contracts, 1)
    mine.register((mine.numbers[0], mobile))
    assert (former.shown()[former.numbers[0]], mine.shown()[mine.numbers[0]]) == (None, mobile)


def race(*actions: Any) -> list[str]:
    """The outcomes of actions that are begun at the same time."""
    outcomes: list[str] = []
    start = threading.Barrier(len(actions))

    def run(action: Any) -> None:
        start.wait()
        try:
            action()
            outcomes.append("done")
        except KaisenError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_two_lines_that_race_for_a_mobile_number_one_gets_it(contracts: ContractsSystem) -> None:
    for mobile in mobiles(5):
        rivals = [new_choice(contracts, 1), new_choice(contracts, 1)]
        outcomes = race(
            *(lambda one=one, mobile=mobile: one.register((one.numbers[0], mobile)) for one in rivals)
        )
        assert outcomes == ["done", "pair.mobile_paired"]
        assert sorted(one.shown()[one.numbers[0]] or "" for one in rivals) == ["", mobile]


def test_of_two_mobile_numbers_that_race_for_a_line_one_gets_it(contracts: ContractsSystem) -> None:
    mine = new_choice(contracts, 1)
    given = mobiles(2)
    outcomes = race(*(lambda one=one: mine.register((mine.numbers[0], one)) for one in given))
    assert outcomes == ["done", "pair.line_paired"]


def _line(contract: str, number: str, mobile: str, **changes: str) -> dict[str, str]:
    return LINE | {"contract_code": contract, "phone_number": number, "mobile_number": mobile} | changes


def test_an_import_names_rows_with_a_mobile_number_that_has_a_line(contracts: ContractsSystem) -> None:
    paired: Choice = new_choice(contracts, 1)
    taken, twice, free = mobiles(3)
    paired.register((paired.numbers[0], taken))
    new = phones(4)
    rows = [
        _line(paired.contract, new[0], taken),
        _line(paired.contract, new[1], twice),
        _line(paired.contract, new[2], twice),
        _line(paired.contract, new[3], free),
        _line(paired.contract, paired.numbers[0], twice),  # of a line that is there it is not looked at
    ]
    for mode in ("validate", "apply"):
        report = contracts.send("lines", as_csv(rows), mode)
        assert [(one["row"], one["field"], one["code"]) for one in report["errors"]] == [
            (2, "mobile_number", "import.mobile_paired"),
            (4, "mobile_number", "import.mobile_twice"),
        ]
        assert (report["errors"][1]["first_row"], report["applied"]) == (3, False)
    assert contracts.send("lines", as_csv(rows[3:]))["applied"]
    assert contracts.send("lines", as_csv(rows[3:]))["applied"]


def test_an_import_takes_a_mobile_number_from_a_terminated_line(contracts: ContractsSystem) -> None:
    [mobile] = mobiles(1)
    former = new_choice(contracts, 1, mobile_number=mobile, end_date=PAST)
    mine = new_choice(contracts, 1, mobile_number=mobile)
    assert (former.shown()[former.numbers[0]], mine.shown()[mine.numbers[0]]) == (None, mobile)
