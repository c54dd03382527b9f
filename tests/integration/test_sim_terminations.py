"""Ending SIMs, what that does to their groups and other orders, and which orders exclude each other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chassis import errors
from chassis.errors import KaisenError
from tests.harness import until
from tests.integration.share_fleet import Fleet, at
from tests.integration.shipping_desk import reissue
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


@pytest.fixture
def tomorrow(system: SimSystem) -> str:
    return (system.sandbox.now().date() + timedelta(days=1)).isoformat()


def termination(*serials: str, **more: Any) -> dict[str, Any]:
    return {"kind": "TM", "sim_serials": list(serials), **more}


def refused(customer: Customer, order: dict[str, Any]) -> KaisenError:
    with pytest.raises(KaisenError) as found:
        customer.place(order)
    return found.value


def terminate(customer: Customer, *serials: str) -> dict[str, Any]:
    return customer.wait_for(customer.place(termination(*serials))["number"], "completed")


class TestTermination:
    def test_s4_57_a_sim_is_terminated_and_takes_no_more_requests(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        order = terminate(customer, serial)
        assert order["number"].startswith(f"{customer.code}-TM")
        assert customer.sim(serial)["status"] == "terminated"
        assert system.sandbox.sim(serial)["status"] == "terminated"
        for kind, more in (CONTENT | {"OP": {"add": ["recharge"]}}).items():
            error = refused(customer, {"kind": kind, "sim_serials": [serial], **more})
            assert (type(error), error.code) == (errors.Conflict, "sim.wrong_status"), kind
            assert error.details["status"] == "terminated"
        with pytest.raises(errors.Conflict) as no_recharge:
            customer.recharge(serial)
        assert no_recharge.value.code == "sim.not_rechargeable"

    def test_s4_57_a_reserved_termination_runs_on_its_date_and_can_be_taken_back_before(
        self, system: SimSystem, customer: Customer, serial: str, tomorrow: str
    ) -> None:
        kept = customer.new_sim()
        number = customer.place(termination(serial, start_date=tomorrow))["number"]
        other = customer.place(termination(kept, start_date=tomorrow))["number"]
        customer.call("cancel_order", number=other)
        day = date.fromisoformat(tomorrow)
        system.sandbox.move_clock(at(day))
        order = customer.wait_for(number, "completed")
        assert at(day) <= datetime.fromisoformat(order["executed_at"]) <= at(day, 0, 30)
        assert customer.sim(serial)["status"] == "terminated"
        assert customer.sim(kept)["status"] == "active"

    def test_a_suspended_sim_can_be_terminated(self, customer: Customer) -> None:
        serial = customer.new_sim(status="suspended")
        terminate(customer, serial)
        assert customer.sim(serial)["status"] == "terminated"

    def test_the_terms_say_until_when_fees_run_and_what_is_lost(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        system.sandbox.move_clock(at(date(2027, 2, 10), 12))
        customer.wait_for(customer.recharge(serial, 3)["number"], "completed")
        quote = customer.quote(termination(serial, start_date="2027-02-28"))
        assert quote["terms"] == {
            "fees_through": "2027-02-28",
            "recharge_bytes": 3 * GB,
            "groups": [],
            "orders": [],
        }
        assert quote["notices"] == ["termination.final"]
        assert (
            customer.quote(termination(serial, start_date="2027-03-01"))["terms"]["fees_through"]
            == "2027-03-31"
        )
        customer.use(serial, system.sandbox.now() + timedelta(seconds=1), 700 * MB)
        used = customer.quote(termination(serial, start_date="2027-02-28"))
        assert used["terms"]["recharge_bytes"] == 2800 * MB
        assert used["fingerprint"] == quote["fingerprint"]

    @pytest.mark.parametrize("count", [100, 101])
    def test_s4_39_more_than_a_hundred_sims_come_with_advice(self, customer: Customer, count: int) -> None:
        quote = customer.quote(termination(*customer.new_sims(count)))
        assert ("order.many_sims" in quote["notices"]) == (count > 100)

    def test_s4_57_a_sim_leaves_its_group_with_the_month(self, system: SimSystem, customer: Customer) -> None:
        system.sandbox.move_clock(at(date(2027, 1, 10), 12))
        fleet = Fleet(system, customer)
        numbers = fleet.numbers(3)
        first, second, _ = (fleet.serial(number) for number in numbers)
        group = fleet.begun(numbers)
        quote = customer.quote(termination(first))
        assert quote["terms"]["groups"] == [{"group_id": group, "name": "営業部", "leaving": 1, "staying": 2}]
        assert "termination.group_too_small" not in quote["notices"]
        terminate(customer, first)
        members = system.rows(
            "SELECT msisdn, until_month FROM share_members WHERE group_id = :g ORDER BY msisdn", g=group
        )
        assert [row.until_month for row in members] == [date(2027, 3, 1), None, None]
        assert members[0].msisdn == numbers[0].replace("-", "")
        fleet.until_carrier_has(group, 1500 * MB)  # the month was paid for
        quote = customer.quote(termination(second))
        assert quote["terms"]["groups"] == [{"group_id": group, "name": "営業部", "leaving": 1, "staying": 1}]
        assert "termination.group_too_small" in quote["notices"]
        fleet.move_to("2027-03")
        fleet.until_carrier_has(group, 1000 * MB)

    def test_orders_that_come_too_late_are_named_and_fail(
        self, system: SimSystem, customer: Customer, serial: str, tomorrow: str
    ) -> None:
        day = date.fromisoformat(tomorrow)
        later = (day + timedelta(days=1)).isoformat()
        before = customer.place(
            {"kind": "OP", "sim_serials": [serial], "add": ["recharge"], "start_date": tomorrow}
        )["number"]
        recharge = customer.recharge(serial, 1, start_date=later)["number"]
        quote = customer.quote(termination(serial, start_date=later))
        assert quote["terms"]["orders"] == [recharge]
        assert "termination.orders_fail" in quote["notices"]
        number = customer.place(termination(serial, start_date=tomorrow))["number"]
        assert customer.order(number)["terms"]["orders"] == [before, recharge]
        system.sandbox.move_clock(at(day))
        customer.wait_for(number, "completed")
        assert customer.order(before)["status"] == "completed"  # it was there first
        system.sandbox.move_clock(at(date.fromisoformat(later)))
        assert customer.wait_for(recharge, "failed")["reason"] == "sim.terminated"
        assert system.sandbox.effects(serial) == [("set_options", 1), ("terminate", 1)]

    def test_options_ordered_for_after_the_termination_fail(
        self, system: SimSystem, customer: Customer, serial: str, tomorrow: str
    ) -> None:
        wanted = {"kind": "OP", "sim_serials": [serial], "add": ["recharge"], "start_date": tomorrow}
        number = customer.place(wanted)["number"]
        terminate(customer, serial)
        system.sandbox.move_clock(at(date.fromisoformat(tomorrow)))
        assert customer.wait_for(number, "failed")["reason"] == "sim.terminated"

    def test_no_answer_leaves_the_sim_in_error_and_a_refusal_as_it_was(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        system.sandbox.fault("reject", match={"sim_serial": serial})
        number = customer.place(termination(serial))["number"]
        assert customer.wait_for(number, "failed")["reason"] == "carrier.rejected"
        assert customer.sim(serial)["status"] == "active"

    def test_a_restriction_that_a_termination_overtakes_never_reaches_the_carrier(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        system.sandbox.fault("delay", seconds=0.4, match={"sim_serial": serial})
        number = customer.place(termination(serial))["number"]
        started = "SELECT 1 FROM jobs WHERE sim_serial = :s AND state = 'started'"
        until(lambda: system.rows(started, s=serial), message=system.tail)
        customer.use(serial, system.sandbox.now() - timedelta(seconds=1), 600 * MB)
        customer.wait_for(number, "completed")
        states = "SELECT kind, state FROM jobs WHERE sim_serial = :s ORDER BY created_at"
        ended = [("terminate", "done"), ("restrict", "obsolete")]
        until(lambda: system.rows(states, s=serial) == ended, message=system.tail)
        assert system.sandbox.effects(serial) == [("terminate", 1)]


class TestRechargeOfAMember:
    def test_a_member_of_a_group_is_not_recharged_alone(self, system: SimSystem, customer: Customer) -> None:
        """From the month on in which it is one, whether the order for that has been carried out or not."""
        system.sandbox.move_clock(at(date(2027, 1, 10), 12))
        fleet = Fleet(system, customer)
        numbers = fleet.numbers(2)
        serial = fleet.serial(numbers[0])
        registered = fleet.register(numbers)
        details = {"group_id": registered["group_id"], "group_name": "営業部"}
        assert customer.quote_recharge(serial, 1, "2027-01-31")["start_date"] == "2027-01-31"
        for ask in (customer.quote_recharge, customer.recharge):
            assert self._refused(ask, serial, start_date="2027-02-01") == details
        fleet.move_to("2027-02")
        customer.wait_for(registered["number"], "completed")
        assert self._refused(customer.quote_recharge, serial) == details
        fleet.delete(registered["group_id"], "2027-03")
        assert customer.quote_recharge(serial, 1, "2027-03-01")["start_date"] == "2027-03-01"

    def test_a_reserved_recharge_of_a_sim_that_joins_a_group_before_fails(
        self, system: SimSystem, customer: Customer
    ) -> None:
        system.sandbox.move_clock(at(date(2027, 1, 10), 12))
        fleet = Fleet(system, customer)
        numbers = fleet.numbers(2)
        number = customer.recharge(fleet.serial(numbers[0]), 1, start_date="2027-02-02")["number"]
        fleet.begun(numbers)
        system.sandbox.move_clock(at(date(2027, 2, 2)))
        assert customer.wait_for(number, "failed")["reason"] == "sim.in_group"

    def _refused(self, ask: Any, serial: str, **more: Any) -> dict[str, Any]:
        with pytest.raises(errors.Conflict) as found:
            ask(serial, **more)
        assert found.value.code == "sim.in_group"
        return found.value.details


CONTENT: dict[str, dict[str, Any]] = {"CS": {}, "RS": {}, "TM": {}, "PR": {"plan": "1GB"}}


def order_of(kind: str, serial: str, day: str | None) -> dict[str, Any]:
    if kind == "SR":  # its day is that of the delivery
        return reissue(serial)
    return {"kind": kind, "sim_serials": [serial], "start_date": day, **CONTENT[kind]}


class TestConflicts:
    @pytest.mark.parametrize("pair", list(permutations([*CONTENT, "SR"], 2)), ids="-".join)
    def test_s4_60_a_second_order_for_a_sim_is_refused_with_the_number_of_the_first(
        self, customer: Customer, tomorrow: str, pair: tuple[str, str]
    ) -> None:
        first, second = pair
        serial = customer.new_sim(status="suspended" if first == "RS" else "active")
        placed = customer.place(order_of(first, serial, tomorrow))
        for day in (None, tomorrow):
            error = refused(customer, order_of(second, serial, day))
            assert (type(error), error.code) == (errors.Conflict, "order.conflict")
            assert error.details == {"number": placed["number"], "sim_serial": serial}

    @pytest.mark.parametrize("kind", CONTENT)
    def test_s4_60_a_second_order_of_the_same_kind_is_refused_until_the_first_is_cancelled(
        self, customer: Customer, tomorrow: str, kind: str
    ) -> None:
        serial, other = customer.new_sims(2, status="suspended" if kind == "RS" else "active")
        wanted = {"kind": kind, "start_date": tomorrow, **CONTENT[kind]}
        first = customer.place({"sim_serials": [serial], **wanted})["number"]
        error = refused(customer, {"sim_serials": [other, serial], **wanted})
        assert error.details == {"number": first, "sim_serial": serial}
        assert customer.place({"sim_serials": [other], **wanted})["status"] == "pending"
        customer.call("cancel_order", number=first)
        assert customer.place({"sim_serials": [serial], **wanted})["status"] == "pending"

    def test_s4_60_of_orders_at_the_same_time_one_is_taken(self, customer: Customer, tomorrow: str) -> None:
        def place(wanted: dict[str, Any]) -> str:
            try:
                return str(customer.place(wanted)["status"])
            except errors.Conflict as conflict:
                return conflict.code

        kinds = ["CS", "TM", "PR"] * 2
        with ThreadPoolExecutor(len(kinds)) as pool:
            for _ in range(5):
                serials = customer.new_sims(2)
                wanted = [
                    {"kind": kind, "sim_serials": serials, "start_date": tomorrow, **CONTENT[kind]}
                    for kind in kinds
                ]
                assert sorted(pool.map(place, wanted)) == ["order.conflict"] * 5 + ["pending"]
