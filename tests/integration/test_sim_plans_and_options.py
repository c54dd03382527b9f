"""Changing plans and options of SIMs: what is refused, and what an order makes of a SIM here and at the carrier."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from chassis import errors
from chassis.clock import JAPAN
from chassis.errors import KaisenError
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


def plan_change(*serials: str, **more: Any) -> dict[str, Any]:
    return {"kind": "PR", "sim_serials": list(serials), **more}


def options(*serials: str, **more: Any) -> dict[str, Any]:
    return {"kind": "OP", "sim_serials": list(serials), **more}


def refusal(customer: Customer, order: dict[str, Any]) -> tuple[type[KaisenError], str, dict[str, Any]]:
    """What a quote says; an order says the same."""
    answers = []
    for ask in (customer.quote, customer.place):
        with pytest.raises(KaisenError) as refused:
            ask(order)
        answers.append((type(refused.value), refused.value.code, refused.value.details))
    assert answers[0] == answers[1]
    return answers[0]


def done(customer: Customer, order: dict[str, Any]) -> dict[str, Any]:
    return customer.wait_for(customer.place(order)["number"], "completed")


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), JAPAN)


def used(system: SimSystem, serial: str) -> list[tuple[str, int, int]]:
    """The stored months of a SIM's plan: (month, bytes granted, bytes used)."""
    rows = system.rows(
        "SELECT to_char(valid_from AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM') AS month, amount_bytes, used_bytes"
        " FROM buckets WHERE sim_serial = :serial AND kind = 'plan' ORDER BY valid_from",
        serial=serial,
    )
    return [tuple(row) for row in rows]


class TestPlanChange:
    def test_s4_56_a_plan_is_changed_today(self, system: SimSystem, customer: Customer, serial: str) -> None:
        quote = customer.quote(plan_change(serial, plan="30GB"))
        assert quote["terms"] == {
            "plan": "30GB",
            "plan_bytes": 30 * GB,
            "project_name": None,
            "before": [{"plan": "500MB", "plan_bytes": 500 * MB, "sims": 1}],
        }
        order = done(customer, plan_change(serial, plan="30GB"))
        assert order["number"].startswith(f"{customer.code}-PR")
        sim = customer.sim(serial)
        assert (sim["plan"], sim["capacity_bytes"]) == ("30GB", 30 * GB)
        at_carrier = system.sandbox.sim(serial)
        assert (at_carrier["plan"], at_carrier["plan_bytes"]) == ("30GB", 30 * GB)
        assert system.sandbox.effects(serial) == [("set_plan", 1)]

    def test_s4_56_a_reserved_change_runs_on_its_date_and_not_before(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        day = system.sandbox.now().date() + timedelta(days=1)
        number = customer.place(plan_change(serial, plan="1GB", start_date=day.isoformat()))["number"]
        system.sandbox.move_clock(at(day) - timedelta(seconds=30))
        done(customer, plan_change(customer.new_sim(), plan="1GB"))
        assert (customer.order(number)["status"], customer.sim(serial)["plan"]) == ("pending", "500MB")
        system.sandbox.move_clock(at(day))
        order = customer.wait_for(number, "completed")
        assert at(day) <= datetime.fromisoformat(order["executed_at"]) <= at(day, 0, 30)
        assert customer.sim(serial)["plan"] == "1GB"

    def test_a_suspended_sim_gets_another_plan_and_stays_suspended(self, customer: Customer) -> None:
        serial = customer.new_sim("500MB", status="suspended")
        done(customer, plan_change(serial, plan="1GB"))
        assert (customer.sim(serial)["plan"], customer.sim(serial)["status"]) == ("1GB", "suspended")

    def test_a_larger_plan_lifts_the_restriction_and_a_smaller_one_sets_it(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        customer.use(serial, system.sandbox.now() - timedelta(seconds=1), 800 * MB)
        until(lambda: system.sandbox.effects(serial) == [("restrict", 1)], message=system.tail)
        done(customer, plan_change(serial, plan="1GB"))
        sim = customer.sim(serial)
        assert (sim["used_bytes"], sim["remaining_bytes"], sim["restricted"]) == (800 * MB, 200 * MB, False)
        until(lambda: system.sandbox.sim(serial)["restricted"] is False, message=system.tail)
        done(customer, plan_change(serial, plan="500MB"))
        sim = customer.sim(serial)
        assert (sim["used_bytes"], sim["remaining_bytes"], sim["restricted"]) == (500 * MB, 0, True)
        until(lambda: system.sandbox.sim(serial)["restricted"] is True, message=system.tail)

    def test_a_change_at_the_start_of_a_month_leaves_the_last_month_as_it_was(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        system.sandbox.move_clock(at(date(2027, 2, 27), 12))
        customer.use(serial, at(date(2027, 2, 27), 11), 400 * MB)
        quiet = customer.new_sim("500MB")
        number = customer.place(plan_change(serial, quiet, plan="1GB", start_date="2027-03-01"))["number"]
        customer.use(serial, at(date(2027, 2, 27), 11, 30), 300 * MB)
        until(lambda: system.sandbox.effects(serial) == [("restrict", 1)], message=system.tail)
        system.sandbox.move_clock(at(date(2027, 3, 1)))
        customer.wait_for(number, "completed")
        assert (customer.sim(serial)["used_bytes"], customer.sim(serial)["capacity_bytes"]) == (0, GB)
        until(lambda: system.sandbox.sim(serial)["restricted"] is False, message=system.tail)
        for late in (serial, quiet):  # told after the change, used before it
            customer.use(late, at(date(2027, 2, 28), 23, 59), 700 * MB)
            assert used(system, late)[0] == ("2027-02", 500 * MB, 500 * MB)
        customer.use(quiet, at(date(2027, 3, 1)), 700 * MB)
        assert used(system, quiet)[1:] == [("2027-03", GB, 700 * MB)]
        assert customer.sim(quiet)["restricted"] is False

    def test_a_recharge_stays_on_top_of_the_new_plan(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        customer.wait_for(customer.recharge(serial, 3)["number"], "completed")
        done(customer, plan_change(serial, plan="1GB"))
        assert customer.sim(serial)["capacity_bytes"] == 4 * GB
        assert system.sandbox.sim(serial)["capacity_bytes"] == 4 * GB
        assert system.sandbox.effects(serial)[1:] == [("set_plan", 1), ("set_capacity", 1)]

    def test_a_project_name_is_changed_without_the_carrier(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        quote = customer.quote(plan_change(serial, project_name="  新案件  "))
        assert quote["terms"]["project_name"] == "新案件"
        done(customer, plan_change(serial, project_name="新案件"))
        assert (customer.sim(serial)["project_name"], customer.sim(serial)["plan"]) == ("新案件", "500MB")
        assert system.sandbox.requests(serial) == []

    def test_of_several_sims_those_that_have_the_plan_already_ask_nobody(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        other = customer.new_sim("1GB")
        order = done(customer, plan_change(serial, other, plan="1GB", project_name="B"))
        assert order["items_total"] == 2
        assert [customer.sim(one)["project_name"] for one in (serial, other)] == ["B", "B"]
        assert system.sandbox.effects(serial) == [("set_plan", 1)]
        assert system.sandbox.requests(other) == []

    def test_what_the_carrier_refuses_changes_nothing(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        system.sandbox.fault("reject", match={"sim_serial": serial})
        number = customer.place(plan_change(serial, plan="1GB", project_name="B"))["number"]
        assert customer.wait_for(number, "failed")["reason"] == "carrier.rejected"
        sim = customer.sim(serial)
        assert (sim["plan"], sim["project_name"], sim["status"]) == ("500MB", "案件A", "active")

    def test_a_change_before_its_day_gives_another_plan(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        day = (system.sandbox.now().date() + timedelta(days=1)).isoformat()
        number = customer.place(plan_change(serial, plan="1GB", start_date=day))["number"]
        changed = customer.change(number, plan_change(serial, plan="30GB", start_date=day))
        assert (changed["number"], changed["terms"]["plan"]) == (number, "30GB")
        system.sandbox.move_clock(at(date.fromisoformat(day)))
        customer.wait_for(number, "completed")
        assert customer.sim(serial)["plan"] == "30GB"

    def test_what_changes_nothing_is_refused(self, customer: Customer, serial: str) -> None:
        other = customer.new_sim("500MB")
        assert refusal(customer, plan_change(serial))[:2] == (errors.Invalid, "plan_change.nothing")
        for same in (
            {"plan": "500MB"},
            {"project_name": "案件A"},
            {"plan": "500MB", "project_name": "案件A"},
        ):
            refused = refusal(customer, plan_change(serial, other, **same))
            assert refused[:2] == (errors.Conflict, "plan_change.same")

    def test_an_unknown_plan_is_refused_with_the_list(self, customer: Customer, serial: str) -> None:
        refused = refusal(customer, plan_change(serial, plan="2TB"))
        assert refused == (errors.Invalid, "plan.unknown", {"allowed": ["500MB", "1GB", "30GB"]})

    @pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 201], ids=["empty", "blank", "lines", "long"])
    def test_an_unusable_project_name_is_refused(self, customer: Customer, serial: str, name: str) -> None:
        refused = refusal(customer, plan_change(serial, project_name=name))
        assert refused[:2] == (errors.Invalid, "request.invalid")

    @pytest.mark.parametrize("status", ["ordered", "shipped"])
    def test_a_sim_that_is_not_in_use_is_refused(self, customer: Customer, status: str) -> None:
        serial = customer.new_sim("500MB", status=status)
        for order in (plan_change(serial, plan="1GB"), options(serial, add=["recharge"])):
            kind, code, details = refusal(customer, order)
            assert (kind, code, details["status"]) == (errors.Conflict, "sim.wrong_status", status)
            assert details["allowed"] == ["active", "suspended"]

    def test_s4_61_another_customers_sim_is_unknown(self, system: SimSystem, customer: Customer) -> None:
        foreign = system.customer().new_sim()
        for order in (plan_change(foreign, plan="1GB"), options(foreign, add=["recharge"])):
            assert refusal(customer, order)[:2] == (errors.NotFound, "sim.unknown")


class TestOptions:
    def test_s4_58_options_are_registered_changed_and_released_and_persist(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        other = customer.new_sim()
        done(customer, options(serial, add=["recharge"]))
        assert self._of(system, serial) == ["recharge"]
        done(customer, options(serial, other, add=["data_share"]))
        assert (self._of(system, serial), self._of(system, other)) == (
            ["data_share", "recharge"],
            ["data_share"],
        )
        done(customer, options(other, add=["recharge"], remove=["data_share"]))
        assert self._of(system, other) == ["recharge"]
        done(customer, options(serial, remove=["data_share", "recharge"]))
        assert self._of(system, serial) == []
        assert system.sandbox.sim(serial)["options"] == []
        assert system.sandbox.sim(other)["options"] == ["recharge"]
        assert system.sandbox.effects(serial) == [("set_options", 1)] * 3

    def test_s4_58_a_reserved_change_runs_on_its_date(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        day = system.sandbox.now().date() + timedelta(days=1)
        wanted = options(serial, add=["recharge"], start_date=day.isoformat())
        number = customer.place(wanted)["number"]
        assert (customer.order(number)["status"], self._of(system, serial)) == ("pending", [])
        system.sandbox.move_clock(at(day))
        customer.wait_for(number, "completed")
        assert self._of(system, serial) == ["recharge"]

    def test_a_sim_that_has_them_already_asks_nobody(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        done(customer, options(serial, add=["recharge"]))
        other = customer.new_sim()
        order = done(customer, options(serial, other, add=["recharge"]))
        assert order["items_total"] == 2
        assert system.sandbox.effects(serial) == [("set_options", 1)]

    def test_what_changes_nothing_is_refused(self, customer: Customer, serial: str) -> None:
        assert refusal(customer, options(serial))[:2] == (errors.Invalid, "options.nothing")
        refused = refusal(customer, options(serial, remove=["recharge"]))
        assert refused[:2] == (errors.Conflict, "options.same")

    def test_unknown_and_contradicting_options_are_refused(self, customer: Customer, serial: str) -> None:
        refused = refusal(customer, options(serial, add=["fax"]))
        assert refused == (
            errors.Invalid,
            "option.unknown",
            {"option": "fax", "allowed": ["data_share", "recharge"]},
        )
        refused = refusal(customer, options(serial, add=["recharge"], remove=["recharge"]))
        assert refused == (errors.Invalid, "option.both", {"option": "recharge"})

    def test_an_option_that_is_no_longer_offered_can_be_released(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        system.change("UPDATE sims SET options = '{former}' WHERE serial = :s", s=serial)
        done(customer, options(serial, add=["recharge"]))
        assert self._of(system, serial) == ["recharge", "former"]
        assert refusal(customer, options(serial, add=["former"]))[:2] == (errors.Invalid, "option.unknown")
        done(customer, options(serial, remove=["former"]))
        assert self._of(system, serial) == ["recharge"]

    def test_two_open_option_orders_for_one_sim_are_refused_and_other_kinds_are_not(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        day = (system.sandbox.now().date() + timedelta(days=1)).isoformat()
        first = customer.place(options(serial, add=["recharge"], start_date=day))["number"]
        refused = refusal(customer, options(serial, add=["data_share"]))
        assert refused == (errors.Conflict, "order.conflict", {"number": first, "sim_serial": serial})
        suspension = {"kind": "CS", "sim_serials": [serial], "start_date": day}
        assert customer.place(suspension)["status"] == "pending"
        changed = customer.change(first, options(serial, add=["data_share"], start_date=day))
        assert changed["terms"]["add"] == ["data_share"]
        customer.call("cancel_order", number=first)
        assert customer.place(options(serial, add=["data_share"], start_date=day))["status"] == "pending"

    def test_of_option_orders_at_the_same_time_one_is_taken(
        self, system: SimSystem, customer: Customer
    ) -> None:
        day = (system.sandbox.now().date() + timedelta(days=1)).isoformat()

        def place(wanted: dict[str, Any]) -> str:
            try:
                return str(customer.place(wanted)["status"])
            except errors.Conflict as conflict:
                return conflict.code

        with ThreadPoolExecutor(6) as pool:
            for _ in range(5):
                serials = customer.new_sims(2)
                wanted = [options(*serials[:: (-1) ** n], add=["recharge"], start_date=day) for n in range(6)]
                assert sorted(pool.map(place, wanted)) == ["order.conflict"] * 5 + ["pending"]

    def _of(self, system: SimSystem, serial: str) -> list[str]:
        (row,) = system.rows("SELECT options FROM sims WHERE serial = :serial", serial=serial)
        found: list[str] = row.options
        return found
