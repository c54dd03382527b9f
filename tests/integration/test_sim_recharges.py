"""Quoting, placing and cancelling recharges: what is promised, what is refused, and what comes twice."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis import errors
from chassis.clock import JAPAN
from chassis.errors import KaisenError
from services.sim.timing import latest_start_date
from tests.integration.sim_system import Customer, SimSystem, sim_system


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(tmp_path_factory.mktemp("sim"), virtual_hosts.new(), database_server_url) as running:
        yield running


@pytest.fixture
def customer(system: SimSystem) -> Customer:
    return system.customer()


@pytest.fixture
def serial(customer: Customer) -> str:
    return customer.new_sim()


@pytest.fixture
def today(system: SimSystem) -> date:
    return system.sandbox.now().date()


def tomorrow(today: date) -> str:
    return (today + timedelta(days=1)).isoformat()


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[type[KaisenError], str]:
    with pytest.raises(KaisenError) as refused:
        call(*arguments, **named)
    return type(refused.value), refused.value.code


@pytest.mark.parametrize(("gigabytes", "price"), [(1, 300), (3, 900), (10, 3000), (100, 30000)])
def test_s4_30_amounts_and_prices(customer: Customer, serial: str, gigabytes: int, price: int) -> None:
    quote = customer.quote_recharge(serial, gigabytes=gigabytes)
    assert (quote["terms"]["gigabytes"], quote["price_yen"]) == (gigabytes, price)


@pytest.mark.parametrize("gigabytes", [0, -1, 2, 5, 30, 1000])
def test_s4_30_other_amounts_are_refused_with_the_list(
    customer: Customer, serial: str, gigabytes: int
) -> None:
    for order in (customer.quote_recharge, customer.recharge):
        with pytest.raises(errors.Invalid) as refused:
            order(serial, gigabytes)
        assert refused.value.code == "recharge.amount"
        assert refused.value.details["allowed"] == [1, 3, 10, 100]


@pytest.mark.parametrize("gigabytes", ["1", 1.0, True, None])
def test_s4_30_an_amount_is_a_whole_number(customer: Customer, serial: str, gigabytes: object) -> None:
    refused = refusal(customer.quote_recharge, serial, gigabytes)
    assert refused == (errors.Invalid, "request.invalid")


def test_s4_31_today_and_three_months_later_can_be_chosen(
    customer: Customer, serial: str, today: date
) -> None:
    latest = latest_start_date(today)
    for chosen in (None, today.isoformat(), latest.isoformat()):
        quote = customer.quote_recharge(serial, gigabytes=1, start_date=chosen)
        assert quote["start_date"] == (chosen or today.isoformat())


def test_s4_31_other_days_are_refused_with_the_range(customer: Customer, serial: str, today: date) -> None:
    latest = latest_start_date(today)
    bad = [today - timedelta(days=1), latest + timedelta(days=1)]
    for chosen in (*map(date.isoformat, bad), "2026-02-30", "2026/03/01", "20260301", "tomorrow", ""):
        with pytest.raises(errors.Invalid) as refused:
            customer.recharge(serial, start_date=chosen)
        assert refused.value.code == "start_date.out_of_range"
        details = refused.value.details
        assert (details["earliest"], details["latest"]) == (today.isoformat(), latest.isoformat())


def test_s4_32_the_window_of_today_is_half_an_hour(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    quote = customer.quote_recharge(serial, gigabytes=1)
    begin, end = (datetime.fromisoformat(quote[name]) for name in ("not_before", "not_after"))
    assert abs(begin - system.sandbox.now()) < timedelta(seconds=10)
    assert end - begin == timedelta(minutes=30)
    assert quote["cancellable_until"] is None


def test_s4_32_the_window_of_a_reserved_day_begins_at_midnight(
    customer: Customer, serial: str, today: date
) -> None:
    quote = customer.quote_recharge(serial, gigabytes=1, start_date=tomorrow(today))
    midnight = datetime.combine(today + timedelta(days=1), time(), JAPAN)
    assert datetime.fromisoformat(quote["not_before"]) == midnight
    assert datetime.fromisoformat(quote["not_after"]) == midnight + timedelta(minutes=30)
    assert datetime.fromisoformat(quote["cancellable_until"]) == midnight


def test_s4_33_a_recharge_is_valid_through_the_third_month_after(customer: Customer, serial: str) -> None:
    quote = customer.quote_recharge(serial, gigabytes=1)
    start, through = (
        date.fromisoformat(quote["start_date"]),
        date.fromisoformat(quote["terms"]["valid_through"]),
    )
    assert (through.year * 12 + through.month) - (start.year * 12 + start.month) == 3
    assert (through + timedelta(days=1)).day == 1


def test_a_quote_shows_the_sim(customer: Customer, serial: str) -> None:
    quote = customer.quote_recharge(serial, gigabytes=3)
    sim = customer.sim(serial)
    assert all(quote["items"][0][name] == sim[name] for name in ("sim_serial", "msisdn"))
    assert all(quote["terms"][name] == sim[name] for name in ("plan", "project_name"))
    assert re.fullmatch("[0-9a-f]{64}", quote["fingerprint"])


@pytest.mark.parametrize("status", ["suspended", "ordered", "shipped"])
def test_only_an_active_sim_can_be_recharged(customer: Customer, status: str) -> None:
    serial = customer.new_sim(status=status)
    with pytest.raises(errors.Conflict) as refused:
        customer.recharge(serial)
    assert (refused.value.code, refused.value.details) == ("sim.not_rechargeable", {"status": status})


def test_s4_61_a_foreign_sim_is_like_an_unknown_one(system: SimSystem, serial: str) -> None:
    other = system.customer()
    for wanted in (serial, "AF99999999999"):
        for call in (
            lambda wanted=wanted: other.quote_recharge(wanted, gigabytes=1),
            lambda wanted=wanted: other.recharge(wanted),
        ):
            assert refusal(call) == (errors.NotFound, "sim.unknown")


def test_s4_61_foreign_orders_cannot_be_seen_or_cancelled(
    system: SimSystem, customer: Customer, serial: str, today: date
) -> None:
    number = customer.recharge(serial, start_date=tomorrow(today))["number"]
    other = system.customer()
    for wanted in (number, f"{other.code}-RC269999"):
        assert refusal(other.order, wanted) == (errors.NotFound, "order.unknown")
        assert refusal(other.call, "cancel_order", number=wanted) == (errors.NotFound, "order.unknown")
    assert other.call("list_orders")["total"] == 0
    assert customer.order(number)["status"] == "pending"


def test_who_may_only_look_cannot_order_or_cancel(customer: Customer, serial: str, today: date) -> None:
    number = customer.recharge(serial, start_date=tomorrow(today))["number"]
    viewer = customer.as_viewer()
    assert viewer.order(number)["number"] == number
    assert refusal(viewer.recharge, serial) == (errors.Forbidden, "role.missing")
    assert refusal(viewer.call, "cancel_order", number=number) == (errors.Forbidden, "role.missing")


def test_what_was_confirmed_is_what_is_ordered(customer: Customer, serial: str, today: date) -> None:
    quote = customer.quote_recharge(serial, 3, tomorrow(today))
    order = customer.recharge(serial, 3, start_date=tomorrow(today), fingerprint=quote["fingerprint"])
    assert quote["terms"]["gigabytes"] == 3
    for name in ("price_yen", "terms", "start_date", "not_before", "not_after"):
        assert order[name] == quote[name]
    assert (order["status"], order["cancellable"], order["applicant"]) == (
        "pending",
        True,
        customer.login_id,
    )
    assert [item["sim_serial"] for item in customer.order(order["number"])["items"]] == [serial]


@pytest.mark.parametrize("change", ["amount", "day", "plan"])
def test_another_thing_than_was_confirmed_is_refused(
    system: SimSystem, customer: Customer, serial: str, today: date, change: str
) -> None:
    quote = customer.quote_recharge(serial, gigabytes=1, start_date=(today + timedelta(days=2)).isoformat())
    if change == "plan":
        system.change("UPDATE sims SET plan = '1GB' WHERE serial = :serial", serial=serial)
    with pytest.raises(errors.Conflict) as refused:
        customer.recharge(
            serial,
            3 if change == "amount" else 1,
            start_date=(today + timedelta(days=1 if change == "day" else 2)).isoformat(),
            fingerprint=quote["fingerprint"],
        )
    assert refused.value.code == "quote.changed"
    assert customer.call("list_orders")["total"] == 0


def test_s4_50_numbers_count_by_customer_and_year(
    system: SimSystem, customer: Customer, serial: str, today: date
) -> None:
    numbers = [customer.recharge(serial, start_date=tomorrow(today))["number"] for _ in range(3)]
    other = system.customer()
    numbers.append(other.recharge(other.new_sim(), start_date=tomorrow(today))["number"])
    year = f"{today.year % 100:02}"
    assert numbers == [f"{customer.code}-RC{year}{n:04}" for n in (1, 2, 3)] + [f"{other.code}-RC{year}0001"]


def test_s4_50_numbers_are_unique_under_concurrency_and_never_used_again(
    customer: Customer, today: date
) -> None:
    serials = customer.new_sims(8)
    start = tomorrow(today)
    with ThreadPoolExecutor(8) as pool:
        orders = list(pool.map(lambda n: customer.recharge(serials[n % 8], start_date=start), range(40)))
    year = f"{today.year % 100:02}"
    expected = {f"{customer.code}-RC{year}{n:04}" for n in range(1, 41)}
    assert {order["number"] for order in orders} == expected
    customer.call("cancel_order", number=max(expected))
    assert customer.recharge(serials[0], start_date=start)["number"] not in expected


def test_two_recharges_of_one_sim_are_two_orders(customer: Customer, serial: str, today: date) -> None:
    first = customer.recharge(serial, 1, start_date=tomorrow(today))
    second = customer.recharge(serial, 1, start_date=tomorrow(today))
    assert first["number"] != second["number"]
    assert customer.call("list_orders", status="pending")["total"] == 2


def test_the_same_key_gets_the_same_order(customer: Customer, serial: str, today: date) -> None:
    key = uuid4().hex
    first = customer.recharge(serial, 1, key, start_date=tomorrow(today))
    assert customer.recharge(serial, 1, key, start_date=tomorrow(today)) == first
    assert customer.call("list_orders")["total"] == 1


def test_the_same_key_with_another_request_is_refused(customer: Customer, serial: str, today: date) -> None:
    key = uuid4().hex
    customer.recharge(serial, 1, key, start_date=tomorrow(today))
    for gigabytes, start in ((3, tomorrow(today)), (1, None)):
        refused = refusal(customer.recharge, serial, gigabytes, key, start_date=start)
        assert refused == (errors.Invalid, "idempotency.mismatch")
    assert customer.call("list_orders")["total"] == 1


def test_the_same_key_at_the_same_time_is_one_order(customer: Customer, serial: str, today: date) -> None:
    def place(key: str) -> str:
        try:
            number: str = customer.recharge(serial, 1, key, start_date=tomorrow(today))["number"]
            return number
        except errors.Conflict as conflict:
            return conflict.code

    outcomes = []
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            outcomes.append(set(pool.map(place, [uuid4().hex] * 8)))
    placed = [{one for one in seen if one != "idempotency.in_progress"} for seen in outcomes]
    assert all(len(numbers) == 1 for numbers in placed)
    assert customer.call("list_orders")["total"] == 10


def test_a_request_is_in_progress_while_another_one_holds_its_key(
    system: SimSystem, customer: Customer, serial: str, today: date
) -> None:
    """The second one does not wait for the first, which here waits for the customer's order number."""
    key = uuid4().hex
    customer.recharge(serial, 1, start_date=tomorrow(today))
    with ThreadPoolExecutor(1) as pool:
        with system.transaction(
            "SELECT 1 FROM order_sequences WHERE customer_code = :code FOR UPDATE", code=customer.code
        ):
            first = pool.submit(customer.recharge, serial, 1, key, start_date=tomorrow(today))
            system.until_blocked()
            refused = refusal(customer.recharge, serial, 1, key, start_date=tomorrow(today))
            assert refused == (errors.Conflict, "idempotency.in_progress")
        order = first.result(10)
    assert customer.recharge(serial, 1, key, start_date=tomorrow(today)) == order


@pytest.mark.parametrize("key", ["", "a" * 256, "with space", "\x00"])
def test_an_unusable_key_is_refused(customer: Customer, serial: str, key: str) -> None:
    wanted = {"kind": "RC", "sim_serial": serial, "gigabytes": 1}
    refused = refusal(customer.call, "place_order", order=wanted, idempotency_key=key)
    assert refused == (errors.Invalid, "request.invalid")


def test_s4_53_a_cancelled_order_has_its_date_and_history(
    customer: Customer, serial: str, today: date
) -> None:
    number = customer.recharge(serial, start_date=tomorrow(today))["number"]
    cancelled = customer.call("cancel_order", number=number)
    assert (cancelled["status"], cancelled["cancellable"]) == ("cancelled", False)
    assert cancelled["cancelled_at"] is not None
    assert cancelled["executed_at"] is None
    seen = customer.order(number)
    assert [step["status"] for step in seen["history"]] == ["pending", "cancelled"]
    assert [step["actor"] for step in seen["history"]] == [customer.login_id] * 2
    assert [item["state"] for item in seen["items"]] == ["cancelled"]
    refused = refusal(customer.call, "cancel_order", number=number)
    assert refused == (errors.Conflict, "order.not_cancellable")


def test_s4_54_an_order_that_was_carried_out_cannot_be_cancelled(customer: Customer, serial: str) -> None:
    number = customer.recharge(serial)["number"]
    customer.wait_for(number, "completed")
    refused = refusal(customer.call, "cancel_order", number=number)
    assert refused == (errors.Conflict, "order.not_cancellable")
    assert customer.order(number)["status"] == "completed"


def test_the_list_of_orders_has_filters_and_pages_the_latest_first(
    customer: Customer, serial: str, today: date
) -> None:
    numbers = [customer.recharge(serial, start_date=tomorrow(today))["number"] for _ in range(5)]
    customer.call("cancel_order", number=numbers[0])
    first = customer.call("list_orders", limit=3)
    assert first["total"] == 5
    rest = customer.call("list_orders", limit=3, cursor=first["next_cursor"])
    assert [order["number"] for order in first["items"] + rest["items"]] == numbers[::-1]
    assert rest["next_cursor"] is None
    assert customer.call("list_orders", status="cancelled")["total"] == 1
    assert customer.call("list_orders", kind="RC")["total"] == 5
    assert customer.call("list_orders", kind="CS")["total"] == 0
    assert customer.call("list_orders", number=numbers[1][-6:].lower())["total"] == 1
    refused = refusal(customer.call, "list_orders", status="lost")
    assert refused == (errors.Invalid, "request.invalid")
