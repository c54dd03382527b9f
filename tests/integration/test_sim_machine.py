"""The order machine against a plain model of it: whatever customers do in whatever order, both agree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.clock import JAPAN
from chassis.errors import KaisenError
from services.sim.timing import latest_start_date
from tests.integration.sim_system import Customer, SimSystem, sim_system

SIMS = 3
HOLDING = {"CS": ("active", "suspended"), "RS": ("suspended", "active")}  # from which status, to which
ACTIONS = {"RC": "set_capacity", "CS": "suspend", "RS": "resume"}


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    with sim_system(
        tmp_path_factory.mktemp("sim"), virtual_hosts.new(), database_server_url, replicas=2
    ) as running:
        yield running
        running.sandbox.reset_clock()


@dataclass
class Expected:
    """An order as the model has it."""

    kind: str
    sim: int
    day: date
    status: str = "pending"
    steps: list[str] = field(default_factory=lambda: ["pending"])

    @property
    def is_open(self) -> bool:
        return self.status == "pending"


def attempt(call: Callable[[], dict[str, Any]]) -> tuple[str, str | None]:
    """The number of the order, or the code of the refusal."""
    try:
        return call()["number"], None
    except KaisenError as refused:
        return "", refused.code


class Orders(RuleBasedStateMachine):
    """Three SIMs of one customer. A day passes only by its rule; what is due is carried out before the next rule."""

    system: SimSystem

    @initialize()
    def begin(self) -> None:
        self.customer: Customer = self.system.customer()
        self.serials = self.customer.new_sims(SIMS)
        self.statuses = ["active"] * SIMS
        self.effects: list[list[str]] = [[] for _ in range(SIMS)]
        self.orders: dict[str, Expected] = {}

    @property
    def today(self) -> date:
        return self.system.sandbox.now().date()

    def refusal(self, kind: str, sim: int, day: date, besides: str = "") -> str | None:
        """The code that the model refuses an order with."""
        if not self.today <= day <= latest_start_date(self.today):
            return "start_date.out_of_range"
        if kind == "RC":
            return None if self.statuses[sim] == "active" else "sim.not_rechargeable"
        others = (order for number, order in self.orders.items() if number != besides)
        if any(each.sim == sim and each.is_open and each.kind in HOLDING for each in others):
            return "order.conflict"
        return None if self.statuses[sim] == HOLDING[kind][0] else "sim.wrong_status"

    def request(self, kind: str, sim: int, day: date) -> dict[str, Any]:
        if kind == "RC":
            wanted: dict[str, Any] = {"sim_serial": self.serials[sim], "gigabytes": 1}
        else:
            wanted = {"sim_serials": [self.serials[sim]]}
        return wanted | {"kind": kind, "start_date": day.isoformat()}

    @rule(
        kind=st.sampled_from(sorted(ACTIONS)),
        sim=st.integers(0, SIMS - 1),
        days=st.sampled_from([-1, 0, 1, 2, 200]),
    )
    def place(self, kind: str, sim: int, days: int) -> None:
        day = self.today + timedelta(days=days)
        refused = self.refusal(kind, sim, day)
        number, code = attempt(lambda: self.customer.place(self.request(kind, sim, day)))
        if days in (0, 1, 2):
            assert code == refused
        else:  # of several reasons any one may be told
            assert code is not None
        if code:
            return
        self.orders[number] = Expected(kind, sim, day)
        self.carry_out()

    @rule(data=st.data(), days=st.sampled_from([0, 1, 3]))
    def change(self, data: st.DataObject, days: int) -> None:
        if not self.orders:
            return
        number = data.draw(st.sampled_from(sorted(self.orders)))
        order, day = self.orders[number], self.today + timedelta(days=days)
        refused: str | None = "order.not_changeable"
        if order.is_open:
            refused = self.refusal(order.kind, order.sim, day, besides=number)
        _, code = attempt(lambda: self.customer.change(number, self.request(order.kind, order.sim, day)))
        assert code == refused
        if code:
            return
        order.day = day
        order.steps.append("pending")
        self.carry_out()

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if not self.orders:
            return
        number = data.draw(st.sampled_from(sorted(self.orders)))
        order = self.orders[number]
        _, code = attempt(lambda: self.customer.call("cancel_order", number=number))
        assert code == (None if order.is_open else "order.not_cancellable")
        if code:
            return
        order.status = "cancelled"
        order.steps.append("cancelled")

    @rule(days=st.integers(1, 2))
    def let_days_pass(self, days: int) -> None:
        for _ in range(days):
            midnight = datetime.combine(self.today + timedelta(days=1), time(), JAPAN)
            self.system.sandbox.move_clock(midnight + timedelta(minutes=1))
            self.carry_out()

    def carry_out(self) -> None:
        """What is due is carried out by the product; the model says with which effect."""
        for number in sorted(self.orders):
            order = self.orders[number]
            if not order.is_open or order.day > self.today:
                continue
            self.customer.wait_for(number, "completed")
            order.status = "completed"
            order.steps += ["in_progress", "completed"]
            self.effects[order.sim].append(ACTIONS[order.kind])
            if order.kind in HOLDING:
                self.statuses[order.sim] = HOLDING[order.kind][1]

    @invariant()
    def both_agree(self) -> None:
        for number, order in getattr(self, "orders", {}).items():
            seen = self.customer.order(number)
            assert (seen["status"], seen["start_date"]) == (order.status, order.day.isoformat())
            assert [step["status"] for step in seen["history"]] == order.steps
            assert seen["cancellable"] is seen["changeable"] is order.is_open

    def teardown(self) -> None:
        for sim, serial in enumerate(getattr(self, "serials", [])):
            assert self.customer.sim(serial)["status"] == self.statuses[sim]
            done = self.system.sandbox.effects(serial)
            assert sorted(action for action, _ in done) == sorted(self.effects[sim])
            assert {count for _, count in done} <= {1}


def test_whatever_customers_do_the_orders_are_those_of_a_plain_model(system: SimSystem) -> None:
    Orders.system = system
    run_state_machine_as_test(
        Orders,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
