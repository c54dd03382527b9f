"""Two replicas of the SIM service: one winner of every race, one effect whoever crashes or stalls."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from chassis import errors
from chassis.clock import JAPAN
from tests.harness import Process, until
from tests.integration.sim_system import GB, Customer, SimSystem, sim_system


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(
        tmp_path_factory.mktemp("sim"),
        virtual_hosts.new(),
        database_server_url,
        replicas=2,
        # a call lasts long enough to halt a replica in the middle of it, and longer than a lease that nobody renews
        KAISEN_CARRIER_TIMEOUT_SECONDS="6",
        KAISEN_LEASE_SECONDS="3",
        # small enough for both to get some of a few orders
        KAISEN_CARRIER_BULK_SIZE="5",
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_before(system: SimSystem) -> Iterator[None]:
    yield
    system.sandbox.no_faults()
    system.sandbox.reset_clock()


@pytest.fixture
def customer(system: SimSystem) -> Customer:
    return system.customer()


@contextmanager
def halted(replica: Process) -> Iterator[None]:
    """The replica does not run, but keeps its connections and whatever it was about to do."""
    os.kill(replica.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if replica.running:
            os.kill(replica.pid, signal.SIGCONT)


def reserve(system: SimSystem, customer: Customer, serial: str) -> str:
    day = system.sandbox.now().date() + timedelta(days=1)
    number: str = customer.recharge(serial, start_date=day.isoformat())["number"]
    return number


def make_due(system: SimSystem, serial: str) -> None:
    """As if the order's day had come; moving the clock would wait for the replica that is halted."""
    system.change("UPDATE jobs SET not_before = now() - interval '1 s' WHERE sim_serial = :s", s=serial)


def until_begun(system: SimSystem, serial: str) -> None:
    until(lambda: system.rows("SELECT 1 FROM jobs WHERE sim_serial = :s AND state = 'started'", s=serial))


def lines(replica: Process) -> list[dict[str, Any]]:
    return [json.loads(line) for line in replica.output().splitlines() if line.startswith("{")]


def buckets(system: SimSystem, serial: str) -> list[int]:
    found = system.rows(
        "SELECT amount_bytes FROM buckets WHERE sim_serial = :s AND kind = 'recharge'", s=serial
    )
    return [row.amount_bytes for row in found]


def assert_done_once(system: SimSystem, customer: Customer, number: str, serial: str) -> None:
    order = customer.order(number)
    assert [step["status"] for step in order["history"]] == ["pending", "in_progress", "completed"]
    assert system.sandbox.effects(serial) == [("set_capacity", 1)]
    assert buckets(system, serial) == [GB]
    assert len(system.told(number)) == 1


def assert_never_run(system: SimSystem, customer: Customer, number: str, serial: str) -> None:
    order = customer.order(number)
    assert [step["status"] for step in order["history"]] == ["pending", "cancelled"]
    assert system.sandbox.requests(serial) == []
    assert buckets(system, serial) == []
    assert system.told(number) == []


def test_s4_53_between_cancelling_and_executing_exactly_one_wins(
    system: SimSystem, customer: Customer
) -> None:
    serials = customer.new_sims(80)

    def place_and_cancel(serial: str) -> tuple[str, str, bool]:
        number = customer.recharge(serial)["number"]
        try:
            customer.call("cancel_order", number=number)
        except errors.Conflict:
            return serial, number, False
        return serial, number, True

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(place_and_cancel, serials))
    for serial, number, cancelled in outcomes:
        if cancelled:
            assert_never_run(system, customer, number, serial)
        else:
            customer.wait_for(number, "completed")
            assert_done_once(system, customer, number, serial)
    won = sum(cancelled for _, _, cancelled in outcomes)
    assert 0 < won < len(outcomes), f"{won} of {len(outcomes)} were cancelled: no race"


def test_s4_32_a_day_s_orders_are_carried_out_once_each_by_both_replicas(
    system: SimSystem, customer: Customer
) -> None:
    serials = customer.new_sims(60)
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda serial: reserve(system, customer, serial), serials))
    tomorrow = system.sandbox.now().date() + timedelta(days=1)
    system.sandbox.move_clock(datetime.combine(tomorrow, time(), JAPAN))
    for number, serial in zip(numbers, serials, strict=True):
        done = customer.wait_for(number, "completed", timeout=60)
        assert datetime.fromisoformat(done["executed_at"]) <= datetime.fromisoformat(done["not_after"])
        assert_done_once(system, customer, number, serial)
    workers = [
        {line["order"] for line in lines(replica) if line.get("status") == "completed"}
        for replica in system.replicas
    ]
    assert all(set(numbers) & by_one for by_one in workers)
    assert not workers[0] & workers[1]


def test_a_replica_that_stalls_past_its_lease_writes_nothing(system: SimSystem, customer: Customer) -> None:
    """It comes back with the carrier's answer while the other one, which has the job now, still waits for its own."""
    stalled, other = system.replicas
    serial = customer.new_sim()
    number = reserve(system, customer, serial)
    system.sandbox.fault("delay", seconds=1.5, times=2, match={"sim_serial": serial})
    with halted(stalled):
        with halted(other):
            os.kill(stalled.pid, signal.SIGCONT)
            make_due(system, serial)
            until_begun(system, serial)
            os.kill(stalled.pid, signal.SIGSTOP)
        lease_over = "UPDATE jobs SET next_attempt_at = clock_timestamp() WHERE sim_serial = :s"
        system.change(lease_over, s=serial)
        taken_over = "SELECT 1 FROM jobs WHERE sim_serial = :s AND fence = 2"
        until(lambda: system.rows(taken_over, s=serial), message=system.tail)
    customer.wait_for(number, "completed")
    lost = "lease lost, result dropped"
    until(lambda: lost in {line["event"] for line in lines(stalled)}, message=stalled.tail)
    assert [line["order"] for line in lines(other) if line.get("status") == "completed"][-1] == number
    assert_done_once(system, customer, number, serial)


def test_who_works_on_a_job_keeps_it_longer_than_a_lease(system: SimSystem, customer: Customer) -> None:
    serial = customer.new_sim()
    system.sandbox.fault("delay", seconds=5, match={"sim_serial": serial})
    number = customer.recharge(serial)["number"]
    customer.wait_for(number, "completed")
    assert system.rows("SELECT fence FROM jobs WHERE sim_serial = :s", s=serial) == [(1,)]
    assert_done_once(system, customer, number, serial)


def test_s4_54_between_changing_and_executing_exactly_one_wins(system: SimSystem, customer: Customer) -> None:
    serials = customer.new_sims(40)
    later = (system.sandbox.now().date() + timedelta(days=2)).isoformat()

    def due_and_changed(serial: str) -> tuple[str, str, bool]:
        number = reserve(system, customer, serial)
        make_due(system, serial)
        wanted = {"kind": "RC", "sim_serial": serial, "gigabytes": 3, "start_date": later}
        try:
            customer.change(number, wanted)
        except errors.Conflict:  # of no other kind: nothing else stands against this change
            return serial, number, False
        return serial, number, True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(due_and_changed, serials))
    for serial, number, changed in outcomes:
        if changed:
            order = customer.order(number)
            assert (order["status"], order["start_date"], order["terms"]["gigabytes"]) == (
                "pending",
                later,
                3,
            )
            assert system.sandbox.requests(serial) == []
            customer.call("cancel_order", number=number)
        else:
            customer.wait_for(number, "completed")
            assert_done_once(system, customer, number, serial)
    won = sum(changed for _, _, changed in outcomes)
    assert 0 < won < len(outcomes), f"{won} of {len(outcomes)} were changed: no race"


def test_a_customer_with_many_due_items_does_not_hold_up_another_one(
    system: SimSystem, customer: Customer
) -> None:
    serials = customer.new_sims(600)
    day = system.sandbox.now().date() + timedelta(days=1)
    many = customer.place({"kind": "CS", "sim_serials": serials, "start_date": day.isoformat()})["number"]
    assert customer.quote({"kind": "CS", "sim_serials": customer.new_sims(1)})["notices"] == []
    other = system.customer()
    serial = other.new_sim()
    system.sandbox.fault("delay", seconds=0.5, times=100, match={"action": "suspend"})
    system.sandbox.move_clock(datetime.combine(day, time(), JAPAN))
    until(lambda: customer.order(many)["status"] == "in_progress", message=system.tail)
    number = other.recharge(serial)["number"]
    other.wait_for(number, "completed", timeout=30)
    waiting = "SELECT count(*) FROM jobs WHERE kind = 'suspend' AND state = 'waiting'"
    assert system.rows(waiting)[0][0] > 0, "the other one's items were done before: nothing was shown"
    system.sandbox.no_faults()
    customer.wait_for(many, "completed", timeout=60)


def test_what_a_crashed_replica_began_is_finished_by_another_when_the_lease_ends(
    system: SimSystem, customer: Customer
) -> None:
    crashing, other = system.replicas
    serial = customer.new_sim()
    number = reserve(system, customer, serial)
    system.sandbox.fault("timeout", seconds=1.5, match={"sim_serial": serial})  # done, but not answered yet
    with halted(other):
        make_due(system, serial)
        until(lambda: system.sandbox.effects(serial) == [("set_capacity", 1)], message=system.tail)
        crashing.kill()
    try:
        customer.wait_for(number, "completed", timeout=45)
        assert_done_once(system, customer, number, serial)
        assert [each["outcome"] for each in system.sandbox.requests(serial)] == ["done"]
    finally:
        crashing.start()


def test_usage_that_arrives_while_recharges_are_carried_out_is_all_counted(
    system: SimSystem, customer: Customer
) -> None:
    serials = customer.new_sims(10, "1GB")
    now = system.sandbox.now() - timedelta(minutes=1)

    def use(n: int) -> None:
        rows = [f"{serial}-{n},{serial},{now.isoformat()},{10**6}" for serial in serials]
        report = system.import_usage(*rows)
        assert report.created == len(serials)

    with ThreadPoolExecutor(6) as pool:
        imports = [pool.submit(use, n) for n in range(20)]
        orders = [pool.submit(customer.recharge, serial) for serial in serials for _ in range(2)]
        for done in imports:
            done.result()
        numbers = [order.result()["number"] for order in orders]
    for number in numbers:
        customer.wait_for(number, "completed")
    for serial in serials:
        sim = customer.sim(serial)
        assert (sim["used_bytes"], sim["capacity_bytes"]) == (20 * 10**6, 3 * GB)
        assert system.sandbox.sim(serial)["capacity_bytes"] == 3 * GB
