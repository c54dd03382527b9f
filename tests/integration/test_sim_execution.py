"""Carrying out recharges: when, with what effect here and at the carrier, and what the carrier's faults change."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis import errors
from chassis.clock import JAPAN
from tests.harness import until
from tests.integration.sim_system import GB, Customer, SimSystem, sim_system

MB = 10**6


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(tmp_path_factory.mktemp("sim"), virtual_hosts.new(), database_server_url) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_before(system: SimSystem) -> Iterator[None]:
    yield
    system.sandbox.no_faults()
    system.sandbox.reset_clock()


@pytest.fixture
def customer(system: SimSystem) -> Customer:
    return system.customer()


@pytest.fixture
def serial(customer: Customer) -> str:
    return customer.new_sim("500MB")


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), JAPAN)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def reserve(system: SimSystem, customer: Customer, serial: str, **more: Any) -> tuple[dict[str, Any], date]:
    """An order for tomorrow, and that day."""
    day = system.sandbox.now().date() + timedelta(days=1)
    return customer.recharge(serial, start_date=day.isoformat(), **more), day


def until_the_scheduler_has_run(customer: Customer) -> None:
    """Another order of the same customer has been carried out from beginning to end."""
    number = customer.recharge(customer.new_sim())["number"]
    customer.wait_for(number, "completed")


def exhaust(system: SimSystem, customer: Customer, serial: str, amount: int = 600 * MB) -> None:
    customer.use(serial, system.sandbox.now() - timedelta(seconds=1), amount)


def recharges(system: SimSystem, serial: str) -> list[Any]:
    return system.rows(
        "SELECT amount_bytes, used_bytes FROM buckets WHERE sim_serial = :serial AND kind = 'recharge' ORDER BY id",
        serial=serial,
    )


def test_s4_32_a_recharge_for_today_is_carried_out_within_half_an_hour(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    order = customer.recharge(serial, 3)
    done = customer.wait_for(order["number"], "completed")
    assert instant(order["not_before"]) <= instant(done["executed_at"]) <= instant(order["not_after"])
    assert [step["status"] for step in done["history"]] == ["pending", "in_progress", "completed"]
    assert not any(step["late"] for step in done["history"])
    assert [(item["state"], item["sim_serial"]) for item in done["items"]] == [("completed", serial)]
    assert system.sandbox.effects(serial) == [("set_capacity", 1)]
    assert system.sandbox.sim(serial)["capacity_bytes"] == 500 * MB + 3 * GB


def test_a_recharge_is_a_bucket_of_its_own(customer: Customer, serial: str) -> None:
    order = customer.recharge(serial, 1)
    customer.wait_for(order["number"], "completed")
    sim = customer.sim(serial)
    assert (sim["used_bytes"], sim["capacity_bytes"], sim["remaining_bytes"]) == (0, 1500 * MB, 1500 * MB)
    plan, recharge = sim["buckets"]
    assert (plan["kind"], plan["amount_bytes"], plan["order_number"]) == ("plan", 500 * MB, None)
    assert (recharge["kind"], recharge["amount_bytes"], recharge["order_number"]) == (
        "recharge",
        GB,
        order["number"],
    )
    assert (recharge["valid_from"], recharge["valid_through"]) == (
        order["start_date"],
        order["terms"]["valid_through"],
    )


def test_s4_32_a_reserved_recharge_begins_at_midnight_and_not_before(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    order, day = reserve(system, customer, serial)
    system.sandbox.move_clock(at(day) - timedelta(seconds=60))
    until_the_scheduler_has_run(customer)
    assert customer.order(order["number"])["status"] == "pending"
    assert system.sandbox.requests(serial) == []
    system.sandbox.move_clock(at(day))
    done = customer.wait_for(order["number"], "completed")
    assert at(day) <= instant(done["executed_at"]) <= at(day, 0, 30)


def test_s4_33_a_recharge_ends_with_the_third_month_after(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    system.sandbox.move_clock(at(date(2027, 11, 29), 12))
    order = customer.recharge(serial, 1, start_date="2027-11-30")
    system.sandbox.move_clock(at(date(2027, 11, 30)))
    customer.wait_for(order["number"], "completed")
    assert order["terms"]["valid_through"] == "2028-02-29"
    system.sandbox.move_clock(at(date(2028, 2, 29), 23, 58))
    assert customer.sim(serial)["capacity_bytes"] == 1500 * MB
    system.sandbox.move_clock(at(date(2028, 3, 1)))
    assert customer.sim(serial)["capacity_bytes"] == 500 * MB


def test_s4_34_a_recharge_lifts_the_speed_restriction(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    exhaust(system, customer, serial)
    assert customer.sim(serial)["restricted"] is True
    until(lambda: system.sandbox.effects(serial) == [("restrict", 1)], message=system.tail)
    assert system.sandbox.sim(serial)["restricted"] is True
    customer.wait_for(customer.recharge(serial, 1)["number"], "completed")
    sim = customer.sim(serial)
    assert (sim["restricted"], sim["remaining_bytes"]) == (False, GB)
    assert system.sandbox.effects(serial) == [("restrict", 1), ("set_capacity", 1), ("lift_restriction", 1)]
    assert system.sandbox.sim(serial)["restricted"] is False


def test_s4_34_usage_after_a_recharge_takes_the_plan_first(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    customer.wait_for(customer.recharge(serial, 1)["number"], "completed")
    customer.use(serial, system.sandbox.now(), 700 * MB)
    used = {bucket["kind"]: bucket["used_bytes"] for bucket in customer.sim(serial)["buckets"]}
    assert used == {"plan": 500 * MB, "recharge": 200 * MB}


def test_a_restriction_that_a_recharge_overtakes_never_reaches_the_carrier(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    """The SIM is exhausted while the carrier works on its recharge, which has no restriction to lift yet."""
    system.sandbox.fault("delay", seconds=0.4, match={"sim_serial": serial})
    number = customer.recharge(serial, 1)["number"]
    until(lambda: system.rows("SELECT 1 FROM jobs WHERE sim_serial = :s AND state = 'started'", s=serial))
    exhaust(system, customer, serial)
    customer.wait_for(number, "completed")
    states = "SELECT kind, state FROM jobs WHERE sim_serial = :s ORDER BY created_at"
    ended = [("recharge", "done"), ("restrict", "obsolete")]
    until(lambda: system.rows(states, s=serial) == ended, message=system.tail)
    assert system.sandbox.effects(serial) == [("set_capacity", 1)]
    assert customer.sim(serial)["restricted"] is False


def test_a_new_month_lifts_the_restriction(system: SimSystem, customer: Customer, serial: str) -> None:
    exhaust(system, customer, serial)
    until(lambda: system.sandbox.effects(serial) == [("restrict", 1)], message=system.tail)
    today = system.sandbox.now().date()
    system.sandbox.move_clock(at((today.replace(day=1) + timedelta(days=32)).replace(day=1)))
    sim = customer.sim(serial)
    assert (sim["restricted"], sim["used_bytes"], sim["remaining_bytes"]) == (False, 0, 500 * MB)
    lifted = [("restrict", 1), ("lift_restriction", 1)]
    until(lambda: system.sandbox.effects(serial) == lifted, 20, system.tail)


def test_two_recharges_of_one_sim_add_up(system: SimSystem, customer: Customer, serial: str) -> None:
    reserved = [reserve(system, customer, serial, gigabytes=gigabytes) for gigabytes in (1, 3, 10)]
    orders = [order["number"] for order, _ in reserved]
    day = reserved[0][1]
    system.sandbox.move_clock(at(day))
    for number in orders:
        customer.wait_for(number, "completed")
    assert system.sandbox.effects(serial) == [("set_capacity", 1)] * 3
    assert system.sandbox.sim(serial)["capacity_bytes"] == 500 * MB + 14 * GB
    assert customer.sim(serial)["capacity_bytes"] == 500 * MB + 14 * GB
    assert [row.amount_bytes for row in recharges(system, serial)] == [GB, 3 * GB, 10 * GB]


def test_an_event_tells_a_completed_recharge_once(system: SimSystem, customer: Customer, serial: str) -> None:
    order = customer.recharge(serial, 10)
    number = order["number"]
    done = customer.wait_for(number, "completed")
    arrived: list[dict[str, Any]] = []

    def has_arrived() -> bool:
        arrived.extend(each for each in system.published() if each["order_number"] == number)
        return bool(arrived)

    until(has_arrived, message=system.tail)
    until_the_scheduler_has_run(customer)
    has_arrived()
    assert arrived == system.told(number)
    (event,) = arrived
    assert instant(event.pop("completed_at")) == instant(done["executed_at"])
    assert event == {
        "order_number": number,
        "item": 1,
        "customer_code": customer.code,
        "sim_serial": serial,
        "msisdn": done["items"][0]["msisdn"],
        "gigabytes": 10,
        "price_yen": 3000,
        "start_date": order["start_date"],
    }


def test_the_request_s_correlation_id_is_in_the_log_of_the_execution_and_in_the_event(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    mark = uuid4().hex
    number = customer.recharge(serial, correlation_id=mark)["number"]
    customer.wait_for(number, "completed")
    logged = [line for line in system.log_lines() if line.get("order") == number]
    assert [line["status"] for line in logged] == ["pending", "in_progress", "completed"]
    assert {line["correlation_id"] for line in logged} == {mark}
    assert system.rows("SELECT 1 FROM outbox WHERE correlation_id = :mark", mark=mark)


def test_a_late_recharge_is_carried_out_and_marked(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    order, day = reserve(system, customer, serial)
    (replica,) = system.replicas
    replica.stop()
    system.sandbox.move_clock(at(day, 2))
    replica.start()
    done = customer.wait_for(order["number"], "completed")
    assert [(step["status"], step["late"]) for step in done["history"]] == [
        ("pending", False),
        ("in_progress", True),
        ("completed", False),
    ]
    assert done["terms"]["valid_through"] == order["terms"]["valid_through"]
    late = [line for line in system.log_lines() if line["event"] == "order begun late"]
    assert [line["order"] for line in late] == [order["number"]]


def test_a_recharge_that_could_not_be_used_any_more_fails(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    order, day = reserve(system, customer, serial)
    system.sandbox.move_clock(at(day + timedelta(days=200)))
    failed = customer.wait_for(order["number"], "failed")
    assert failed["reason"] == "recharge.expired"
    assert system.sandbox.requests(serial) == []
    assert system.told(order["number"]) == []


def test_s4_53_a_cancelled_recharge_never_runs(system: SimSystem, customer: Customer, serial: str) -> None:
    order, day = reserve(system, customer, serial)
    customer.call("cancel_order", number=order["number"])
    system.sandbox.move_clock(at(day, 0, 1))
    until_the_scheduler_has_run(customer)
    assert customer.order(order["number"])["status"] == "cancelled"
    assert system.sandbox.requests(serial) == []
    assert recharges(system, serial) == []
    assert system.told(order["number"]) == []


def test_s4_54_from_midnight_of_its_day_a_recharge_cannot_be_cancelled_even_if_nobody_has_begun_it(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    order, day = reserve(system, customer, serial)
    system.sandbox.move_clock(at(day) - timedelta(seconds=30))
    assert customer.order(order["number"])["cancellable"] is True
    with system.transaction("SELECT 1 FROM jobs WHERE sim_serial = :serial FOR UPDATE", serial=serial):
        system.sandbox.move_clock(at(day))
        seen = customer.order(order["number"])
        assert (seen["status"], seen["cancellable"]) == ("pending", False)
        with pytest.raises(errors.Conflict) as refused:
            customer.call("cancel_order", number=order["number"])
        assert refused.value.code == "order.not_cancellable"
        assert instant(refused.value.details["cancellable_until"]) == at(day)
    customer.wait_for(order["number"], "completed")


def test_a_quote_for_tomorrow_is_another_one_when_tomorrow_has_come(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    day = system.sandbox.now().date() + timedelta(days=1)
    quote = customer.quote_recharge(serial, 1, day.isoformat())
    system.sandbox.move_clock(at(day, 0, 1))
    with pytest.raises(errors.Conflict) as refused:
        customer.recharge(serial, start_date=day.isoformat(), fingerprint=quote["fingerprint"])
    assert refused.value.code == "quote.changed"


FAULTS: list[dict[str, Any]] = [
    {"kind": "error", "times": 2},
    {"kind": "timeout", "seconds": 1},
    {"kind": "timeout", "seconds": 1, "times": 2},
    {"kind": "drop_after"},
    {"kind": "delay", "seconds": 0.2},
    {"kind": "delay", "seconds": 1},
]


@pytest.mark.parametrize("action", ["set_capacity", "lift_restriction"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: "-".join(map(str, each.values())))
def test_a_fault_of_the_carrier_delays_a_recharge_and_nothing_happens_twice(
    system: SimSystem, customer: Customer, serial: str, fault: dict[str, Any], action: str
) -> None:
    exhaust(system, customer, serial)
    until(lambda: system.sandbox.effects(serial) == [("restrict", 1)], message=system.tail)
    system.sandbox.fault(**fault, match={"sim_serial": serial, "action": action})
    number = customer.recharge(serial, 1)["number"]
    customer.wait_for(number, "completed")
    assert system.sandbox.effects(serial) == [("restrict", 1), ("set_capacity", 1), ("lift_restriction", 1)]
    assert [(row.amount_bytes, row.used_bytes) for row in recharges(system, serial)] == [(GB, 0)]
    assert len(system.told(number)) == 1
    assert customer.sim(serial)["restricted"] is False


def test_what_the_carrier_has_done_is_asked_for_and_not_sent_again(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    system.sandbox.fault("drop_after", match={"sim_serial": serial})
    customer.wait_for(customer.recharge(serial, 1)["number"], "completed")
    assert [each["outcome"] for each in system.sandbox.requests(serial)] == ["done"]


def test_a_rejected_recharge_fails_with_a_reason_and_costs_nothing(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    system.sandbox.fault("reject", match={"sim_serial": serial})
    number = customer.recharge(serial, 1)["number"]
    failed = customer.wait_for(number, "failed")
    assert (failed["reason"], failed["executed_at"]) == ("carrier.rejected", None)
    assert [(item["state"], item["reason"]) for item in failed["items"]] == [("failed", "carrier.rejected")]
    assert failed["history"][-1]["reason"] == "carrier.rejected"
    assert recharges(system, serial) == []
    assert system.told(number) == []
    customer.wait_for(customer.recharge(serial, 1)["number"], "completed")
    assert system.sandbox.sim(serial)["capacity_bytes"] == 1500 * MB


def test_a_carrier_that_never_answers_is_given_up_at_the_end_of_the_promised_time(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    system.sandbox.fault("error", times=100_000, match={"sim_serial": serial})
    order = customer.recharge(serial, 1)
    until(lambda: len(system.sandbox.requests(serial)) >= 2, message=system.tail)
    system.sandbox.move_clock(instant(order["not_after"]) - timedelta(minutes=1))
    before = len(system.sandbox.requests(serial))
    until(lambda: len(system.sandbox.requests(serial)) > before, message=system.tail)
    assert customer.order(order["number"])["status"] == "in_progress"
    # begun a moment later than promised, it has as much longer
    system.sandbox.move_clock(instant(order["not_after"]) + timedelta(minutes=1))
    failed = customer.wait_for(order["number"], "failed", timeout=30)
    assert failed["reason"] == "carrier.no_answer"
    assert recharges(system, serial) == []
    assert system.told(order["number"]) == []


def test_one_sim_s_trouble_does_not_hold_up_the_others(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    system.sandbox.fault("error", times=100_000, match={"sim_serial": serial})
    troubled = customer.recharge(serial, 1)["number"]
    for _ in range(3):
        until_the_scheduler_has_run(customer)
    assert customer.order(troubled)["status"] == "in_progress"
    system.sandbox.no_faults()
    customer.wait_for(troubled, "completed", timeout=30)


def test_an_order_that_cannot_be_begun_does_not_hold_up_the_others(
    system: SimSystem, customer: Customer, serial: str
) -> None:
    order, day = reserve(system, customer, serial)
    system.change("UPDATE sims SET plan = 'withdrawn' WHERE serial = :serial", serial=serial)
    system.sandbox.move_clock(at(day))
    until_the_scheduler_has_run(customer)
    assert customer.order(order["number"])["status"] == "pending"
    system.change("UPDATE sims SET plan = '1GB' WHERE serial = :serial", serial=serial)
    customer.wait_for(order["number"], "completed")


def test_when_the_carrier_is_down_everything_is_carried_out_after_its_return(
    system: SimSystem, customer: Customer
) -> None:
    serials = customer.new_sims(25)
    system.sandbox.fault("error", times=100_000)
    numbers = [customer.recharge(serial)["number"] for serial in serials]
    until(lambda: any(line["event"] == "no answer, to be tried again" for line in system.log_lines()))
    system.sandbox.no_faults()
    for number, serial in zip(numbers, serials, strict=True):
        customer.wait_for(number, "completed", timeout=60)
        assert system.sandbox.effects(serial) == [("set_capacity", 1)]
        assert len(system.told(number)) == 1
