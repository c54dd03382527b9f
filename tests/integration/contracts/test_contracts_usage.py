"""ご利用状況照会 and 明細照会 over the bus."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis import clock, errors
from chassis.paging import encode_cursor
from tests.integration.contracts.calls_system import (
    Caller,
    at,
    call,
    moments,
    months_ago,
    new_caller,
    this_month,
)
from tests.integration.contracts.system import ContractsSystem, phones

LAST = f"{months_ago(1):%Y-%m}"
NOTHING = {"calls": 0, "duration_seconds": 0, "charge_yen": 0}


def totals(calls: int, seconds: int, yen: int) -> dict[str, int]:
    return {"calls": calls, "duration_seconds": seconds, "charge_yen": yen}


@pytest.fixture(scope="module")
def caller(contracts: ContractsSystem) -> Caller:
    """25 numbers; number n made n calls of n minutes for 100 - n yen in the last month."""
    caller = new_caller(contracts, 25)
    rows = [
        call(number, moment, duration_seconds=str(60 * count), charge_yen=str(100 - count))
        for count, number in enumerate(caller.numbers)
        for moment in moments(months_ago(1), count)
    ]
    assert caller.send(rows)["applied"]
    return caller


@pytest.fixture
def applied(contracts: ContractsSystem) -> Caller:
    """Two numbers whose contract applied for call details at noon on the 10th of the month before last."""
    caller = new_caller(contracts)
    caller.ask("apply_for_call_details")
    applied_on(caller, at(months_ago(2).replace(day=10)))
    return caller


def applied_on(caller: Caller, instant: datetime) -> None:
    with caller.system.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE details_applications SET applied_at = :at WHERE cancelled_at IS NULL AND contract_id ="
                " (SELECT id FROM contracts WHERE code = :code)"
            ),
            {"at": instant, "code": caller.contract},
        )


def refused(caller: Caller, method: str, **arguments: Any) -> errors.KaisenError:
    with pytest.raises(errors.KaisenError) as refusal:
        caller.ask(method, **arguments)
    return refusal.value


def all_pages(caller: Caller, method: str, **arguments: Any) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = caller.ask(method, cursor=cursor, **arguments)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


# -- usage


def test_s0_24_every_number_has_calls_duration_and_charge(caller: Caller) -> None:
    items = all_pages(caller, "list_usage", month=LAST)
    assert [(one["number"], one["phone_number"]) for one in items] == list(enumerate(caller.numbers, 1))
    assert [(one["calls"], one["duration_seconds"], one["charge_yen"]) for one in items] == [
        (count, count * count * 60, count * (100 - count)) for count in range(25)
    ]
    page = caller.usage(months_ago(1))
    assert (page["total"], page["month"], page["kept_since"]) == (25, LAST, f"{months_ago(23):%Y-%m}")
    assert page["totals"] == totals(
        sum(one["calls"] for one in items),
        sum(one["duration_seconds"] for one in items),
        sum(one["charge_yen"] for one in items),
    )


@pytest.mark.parametrize(
    ("sort", "field", "down"),
    [
        ("number", "number", False),
        ("phone_number", "phone_number", False),
        ("calls", "calls", True),
        ("duration", "duration_seconds", True),
        ("charge", "charge_yen", True),
    ],
)
def test_s0_24_pages_go_through_every_order_without_a_gap(
    caller: Caller, sort: str, field: str, down: bool
) -> None:
    items = all_pages(caller, "list_usage", month=LAST, sort=sort)
    values = [one[field] for one in items]
    assert values == sorted(values, reverse=down)
    assert {one["phone_number"] for one in items} == set(caller.numbers)
    assert len(items) == 25
    assert all_pages(caller, "export_usage", month=LAST, sort=sort, limit=4) == items


def test_s0_24_a_search_by_the_beginning_sums_its_hits(caller: Caller) -> None:
    page = caller.usage(months_ago(1), phone_prefix=caller.numbers[7])
    assert [one["phone_number"] for one in page["items"]] == [caller.numbers[7]]
    assert (page["total"], page["totals"]) == (1, totals(7, 7 * 7 * 60, 7 * 93))


def test_s0_24_a_month_shows_the_lines_in_service_and_those_with_calls(contracts: ContractsSystem) -> None:
    caller = new_caller(contracts, 1)
    numbers = phones(3)
    first = months_ago(2)
    for number, start, end in (
        (numbers[0], months_ago(5), str(months_ago(3))),
        (numbers[1], first.replace(day=20), ""),
        (numbers[2], months_ago(1), ""),
    ):
        contracts.new_lines(caller.contract, [number], start_date=str(start), end_date=end)

    def shown(month: date) -> set[str]:
        return {one["phone_number"] for one in caller.usage(month)["items"]} - set(caller.numbers)

    assert shown(months_ago(6)) == set()
    assert shown(months_ago(3)) == {numbers[0]}
    assert shown(first) == {numbers[1]}
    assert shown(months_ago(1)) == {numbers[1], numbers[2]}


def test_s0_24_month_by_month_the_contract_and_a_number(caller: Caller, contracts: ContractsSystem) -> None:
    whole = caller.ask("usage_history")
    assert len(whole["items"]) == 24
    assert [one["month"] for one in whole["items"]][-2:] == [LAST, f"{this_month():%Y-%m}"]
    assert {"month": LAST, **caller.usage(months_ago(1))["totals"]} in whole["items"]
    of_number = caller.ask("usage_history", phone_number=caller.numbers[3])
    assert of_number["items"][-2] == {"month": LAST, **totals(3, 540, 291)}
    assert of_number["items"][0] == {"month": f"{months_ago(23):%Y-%m}", **NOTHING}
    [young] = phones(1)
    contracts.new_lines(caller.contract, [young], start_date=str(clock.today() + timedelta(days=1)))
    assert [one["month"] for one in caller.ask("usage_history", phone_number=young)["items"]] == [
        f"{this_month():%Y-%m}"
    ]


def test_s0_24_a_contract_without_lines_has_an_empty_page(contracts: ContractsSystem) -> None:
    customer = contracts.new_customer()
    caller = Caller(contracts, customer, contracts.new_contract(customer), [])
    page = caller.usage()
    assert (page["items"], page["total"], page["totals"]) == ([], 0, NOTHING)
    assert len(caller.ask("usage_history")["items"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"month": "2026-13"}, "calls.month_format"),
        ({"month": f"{months_ago(24):%Y-%m}"}, "calls.month_not_kept"),
        ({"phone_prefix": "050"}, "lines.prefix_too_short"),
        ({"phone_prefix": "050-0000"}, "lines.prefix_not_digits"),
        ({"cursor": "?"}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["0", 1])}, "page.bad_cursor"),
        ({"cursor": encode_cursor([1, 2**80])}, "page.bad_cursor"),
        ({"cursor": encode_cursor([1, 2]), "sort": "phone_number"}, "page.bad_cursor"),
        ({"sort": "name"}, "request.invalid"),
        ({"limit": 30}, "request.invalid"),
    ],
)
def test_s0_24_what_cannot_be_asked_for_is_refused(
    caller: Caller, arguments: dict[str, Any], code: str
) -> None:
    assert refused(caller, "list_usage", **arguments).code == code


def test_s0_24_s0_26_another_s_contract_and_number_are_not_there(
    caller: Caller, contracts: ContractsSystem
) -> None:
    other = new_caller(contracts)
    assert refused(caller, "usage_history", phone_number=other.numbers[0]).code == "line.unknown"
    assert caller.usage(phone_prefix=other.numbers[0])["items"] == []
    stranger = Caller(contracts, other.customer, caller.contract, [])
    for method in (
        "list_usage",
        "export_usage",
        "usage_history",
        "get_call_details",
        "apply_for_call_details",
        "cancel_call_details",
        "list_calls",
        "export_calls",
    ):
        assert refused(stranger, method).code == "contract.unknown"
    assert caller.ask("get_call_details")["applied"] is False


def test_s0_24_the_basic_plan_sees_its_usage(contracts: ContractsSystem) -> None:
    caller = new_caller(contracts, family="mobile_choice", service_type="mobile_choice", display_plan="basic")
    caller.send([call(caller.numbers[0], at(months_ago(1)))])
    assert caller.usage(months_ago(1))["totals"] == totals(1, 60, 8)


# -- the application for call details


def test_s0_25_details_are_closed_until_the_contract_applies(contracts: ContractsSystem) -> None:
    caller = new_caller(contracts)
    for method in ("list_calls", "export_calls"):
        refusal = refused(caller, method)
        assert (type(refusal), refusal.code) == (errors.Conflict, "call_details.not_applied")
    assert caller.ask("get_call_details") == {"applied": False, "since": None}
    state = caller.ask("apply_for_call_details")
    assert state["applied"]
    assert caller.ask("list_calls")["since"] == state["since"]
    told = [one for one in contracts.audited() if one["target"] == caller.contract]
    assert [one["action"] for one in told] == ["call_details.applied"]


def test_s0_25_applying_twenty_times_at_once_is_one_application(contracts: ContractsSystem) -> None:
    caller = new_caller(contracts)
    with ThreadPoolExecutor(20) as pool:
        states = list(pool.map(lambda _: caller.ask("apply_for_call_details"), range(20)))
    assert len({state["since"] for state in states}) == 1
    told = [one for one in contracts.audited() if one["target"] == caller.contract]
    assert len(told) == 1


def test_s0_25_a_cancelled_application_closes_the_details_and_a_new_one_begins_anew(applied: Caller) -> None:
    number = applied.numbers[0]
    applied.send([call(number, at(months_ago(1)))])
    assert applied.ask("list_calls", month=LAST)["total"] == 1
    assert applied.ask("cancel_call_details") == {"applied": False, "since": None}
    assert applied.ask("cancel_call_details") == {"applied": False, "since": None}
    assert refused(applied, "list_calls").code == "call_details.not_applied"
    assert applied.usage(months_ago(1))["totals"] == totals(1, 60, 8)
    again = applied.ask("apply_for_call_details")
    assert datetime.fromisoformat(again["since"]) > at(months_ago(1))
    assert applied.ask("list_calls", month=LAST)["total"] == 0
    told = [one["action"] for one in applied.system.audited() if one["target"] == applied.contract]
    assert told == ["call_details.applied", "call_details.cancelled", "call_details.applied"]


def test_s0_25_calls_from_the_instant_of_the_application_on_are_shown(applied: Caller) -> None:
    number, month = applied.numbers[0], months_ago(2)
    noon = at(month.replace(day=10))
    applied.send(
        [
            call(number, noon - timedelta(microseconds=1), charge_yen="1"),
            call(number, noon, charge_yen="10"),
            call(number, noon + timedelta(days=1), charge_yen="100"),
        ]
    )
    answer = applied.ask("list_calls", month=f"{month:%Y-%m}")
    assert datetime.fromisoformat(answer["since"]) == noon
    assert [one["charge_yen"] for one in answer["items"]] == [100, 10]
    assert applied.usage(month)["totals"]["charge_yen"] == 111


# -- call details


def test_s0_26_a_call_has_destination_time_duration_and_charge(applied: Caller) -> None:
    row = call(
        applied.numbers[0],
        at(months_ago(1), 23, 59, 59),
        destination="010441234567",
        call_type="international",
        duration_seconds="3661",
        charge_yen="1234",
    )
    applied.send([row])
    [shown] = applied.ask("list_calls", month=LAST)["items"]
    assert datetime.fromisoformat(shown.pop("started_at")) == at(months_ago(1), 23, 59, 59)
    assert shown == {
        "record_id": row["record_id"],
        "phone_number": applied.numbers[0],
        "destination": "010441234567",
        "call_type": "international",
        "duration_seconds": 3661,
        "charge_yen": 1234,
    }


def test_s0_24_s0_26_sums_are_the_totals_of_the_month_and_of_each_number(applied: Caller) -> None:
    rows = [
        call(applied.numbers[index % 2], moment, duration_seconds=str(index), charge_yen=str(index * 3))
        for index, moment in enumerate(moments(months_ago(1), 45))
    ]
    applied.send(rows)
    usage = applied.usage(months_ago(1))
    details = applied.ask("list_calls", month=LAST)
    assert details["totals"] == usage["totals"] == totals(45, sum(range(45)), 3 * sum(range(45)))
    assert details["total"] == 45
    for item in usage["items"]:
        of_number = applied.ask("list_calls", month=LAST, phone_prefix=item["phone_number"])
        assert of_number["totals"] == {name: item[name] for name in NOTHING}
    items = all_pages(applied, "list_calls", month=LAST)
    assert [one["record_id"] for one in items] == [row["record_id"] for row in reversed(rows)]
    assert all_pages(applied, "export_calls", month=LAST, limit=7) == items


def test_s0_26_calls_of_one_instant_are_all_on_some_page(applied: Caller) -> None:
    rows = [call(applied.numbers[0], at(months_ago(1))) for _ in range(25)]
    applied.send(rows)
    found = [one["record_id"] for one in all_pages(applied, "list_calls", month=LAST)]
    assert sorted(found) == sorted(row["record_id"] for row in rows)
    assert len(found) == 25


def test_s0_26_conditions_are_met_together(applied: Caller) -> None:
    month = months_ago(1)
    one, other = applied.numbers
    rows = [
        call(one, at(month.replace(day=5), 0), destination="0312345678"),
        call(one, at(month.replace(day=6), 23, 59, 59), destination="0398765432"),
        call(other, at(month.replace(day=6)), destination="0312340000"),
        call(other, at(month.replace(day=7), 0), destination="0312349999"),
    ]
    applied.send(rows)

    def hits(**conditions: Any) -> list[int]:
        found = {each["record_id"] for each in applied.ask("list_calls", **conditions)["items"]}
        return [index for index, row in enumerate(rows) if row["record_id"] in found]

    fifth, sixth = str(month.replace(day=5)), str(month.replace(day=6))
    assert hits(month=LAST) == [0, 1, 2, 3]
    assert hits(day_from=fifth, day_to=fifth) == [0]
    assert hits(day_from=sixth, day_to=sixth) == [1, 2]
    assert hits(day_from=sixth) == [1, 2, 3]
    assert hits(day_to=fifth) == [0]
    assert hits(month=LAST, destination_prefix="031234") == [0, 2, 3]
    assert hits(month=LAST, phone_prefix=one) == [0, 1]
    assert hits(month=LAST, phone_prefix=one, destination_prefix="031234", day_from=fifth) == [0]
    assert hits() == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"month": "2026-3"}, "calls.month_format"),
        ({"month": f"{months_ago(24):%Y-%m}"}, "calls.month_not_kept"),
        ({"day_from": "2026-03-02", "day_to": "2026-03-01"}, "calls.range_reversed"),
        ({"day_from": "2026-02-30"}, "request.invalid"),
        ({"phone_prefix": "050"}, "lines.prefix_too_short"),
        ({"phone_prefix": "0500-000"}, "lines.prefix_not_digits"),
        ({"destination_prefix": "03"}, "calls.destination_too_short"),
        ({"destination_prefix": "0a3"}, "calls.destination_not_digits"),
        ({"cursor": "?"}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["2026-03-01", "R1"])}, "page.bad_cursor"),
        ({"cursor": encode_cursor(["yesterday", "R1"])}, "page.bad_cursor"),
        ({"cursor": encode_cursor([1, 2])}, "page.bad_cursor"),
        ({"limit": 5}, "request.invalid"),
    ],
)
def test_s0_26_what_cannot_be_asked_for_is_refused(
    applied: Caller, arguments: dict[str, Any], code: str
) -> None:
    assert refused(applied, "list_calls", **arguments).code == code
