"""Reissues as eSIMs while the SM-DP+ and the carrier fail: nothing happens twice, and nobody is left without a SIM."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Conflict
from tests.harness import until
from tests.integration import esim_orders as esim
from tests.integration.esim_orders import wish
from tests.integration.sim_system import STAFF_ROLES, Customer, SimSystem, sim_system

DAYS = timedelta(days=2)  # beyond the day that orders are retried for
FUNCTIONS = ["download_order", "confirm_order"]


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    """Two replicas, so that one comes upon what the other one left."""
    folder = tmp_path_factory.mktemp("sim")
    with sim_system(folder, virtual_hosts.new(), database_server_url, replicas=2) as running:
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
def iccid(system: SimSystem) -> str:
    """The profile that the next order gets."""
    system.change("UPDATE sim_stock SET state = 'retired' WHERE state = 'free'")
    return esim.stock(system)[0]


@pytest.fixture
def serial(system: SimSystem, customer: Customer, iccid: str) -> str:
    return esim.new_sim(system, customer)


def failed_order(system: SimSystem, customer: Customer, serial: str, reason: str) -> str:
    """The number of an order that came to nothing; the SIM goes on."""
    number: str = customer.place(wish(serial))["number"]
    assert customer.wait_for(number, "failed")["reason"] == reason
    assert customer.sim(serial)["status"] == "active"
    assert system.rows("SELECT 1 FROM sims WHERE replaced_by IS NOT NULL AND serial = :s", s=serial) == []
    assert esim.mailed(system, number) == []
    return number


def given_up(system: SimSystem, customer: Customer, number: str) -> dict[str, Any]:
    """The order, when nobody has answered for longer than it is retried."""
    system.sandbox.move_clock(system.sandbox.now() + DAYS)
    return customer.wait_for(number, "failed", timeout=40)


@pytest.mark.parametrize("action", FUNCTIONS)
@pytest.mark.parametrize("kind", ["timeout", "drop_after", "error"])
def test_an_order_without_an_answer_is_repeated_and_has_its_effect_once(
    system: SimSystem, customer: Customer, serial: str, iccid: str, kind: str, action: str
) -> None:
    match = {"action": action, "iccid": iccid}
    system.sandbox.fault(kind, match=match, **({"seconds": 1} if kind == "timeout" else {}))
    number = customer.place(wish(serial))["number"]
    customer.wait_for(number, "completed")
    assert esim.calls(system, iccid) == FUNCTIONS
    assert esim.new_serial(customer, number) == iccid
    assert esim.download(system, esim.activation(customer, number)["activation_code"]).ok
    assert len(esim.mailed(system, number)) == 1


@pytest.mark.parametrize("action", FUNCTIONS)
def test_a_refused_profile_is_cancelled_and_given_to_nobody_else(
    system: SimSystem, customer: Customer, serial: str, iccid: str, action: str
) -> None:
    system.sandbox.fault("reject", match={"action": action, "iccid": iccid})
    failed_order(system, customer, serial, "carrier.rejected")
    assert system.sandbox.requests(serial) == []
    assert esim.stock_state(system, iccid) == "retired"
    state = "SELECT state, matching_id FROM esim_profiles WHERE iccid = :iccid"
    until(lambda: system.rows(state, iccid=iccid) == [("cancelled", None)], message=system.tail)
    assert esim.profile_state(system, iccid) == "available"


def test_a_silent_smdp_is_given_up_and_the_profile_is_in_stock_again(
    system: SimSystem, customer: Customer, serial: str, iccid: str
) -> None:
    system.sandbox.fault("error", times=100_000, match={"iccid": iccid, "action": "confirm_order"})
    number = customer.place(wish(serial))["number"]
    until(lambda: esim.calls(system, iccid, "smdp.unavailable"), message=system.tail)
    assert customer.sim(serial)["status"] == "reissuing"
    assert given_up(system, customer, number)["reason"] == "carrier.no_answer"
    assert customer.sim(serial)["status"] == "active"
    assert system.sandbox.requests(serial) == []
    until(lambda: esim.stock_state(system, iccid) == "free", message=system.tail)
    assert esim.profile_state(system, iccid) == "available"
    system.sandbox.no_faults()
    number = customer.place(wish(serial, eid=esim.eid(3)))["number"]
    customer.wait_for(number, "completed", timeout=40)
    assert esim.new_serial(customer, number) == iccid


def test_a_profile_that_the_smdp_does_not_take_back_is_in_stock_no_more(
    system: SimSystem, customer: Customer, serial: str, iccid: str
) -> None:
    system.sandbox.fault("error", times=100_000, match={"iccid": iccid, "action": "confirm_order"})
    system.sandbox.fault("reject", match={"iccid": iccid, "action": "cancel_order"})
    number = customer.place(wish(serial))["number"]
    until(lambda: esim.calls(system, iccid, "smdp.unavailable"), message=system.tail)
    assert customer.sim(serial)["status"] == "reissuing"
    given_up(system, customer, number)
    job = "SELECT state FROM jobs WHERE lane = :lane"
    until(lambda: system.rows(job, lane=f"profile {iccid}") == [("failed",)], message=system.tail)
    assert esim.stock_state(system, iccid) == "reserved"


@pytest.mark.parametrize("kind", ["timeout", "drop_after", "error"])
def test_a_swap_without_an_answer_is_repeated_and_has_its_effect_once(
    system: SimSystem, customer: Customer, serial: str, iccid: str, kind: str
) -> None:
    match = {"sim_serial": serial, "action": "swap"}
    system.sandbox.fault(kind, match=match, **({"seconds": 1} if kind == "timeout" else {}))
    number = customer.place(wish(serial))["number"]
    customer.wait_for(number, "completed")
    assert system.sandbox.effects(serial) == [("swap", 1)]
    assert customer.sim(iccid)["status"] == "active"
    assert len(esim.mailed(system, number)) == 1


def test_s4_47_a_refused_swap_leaves_the_old_sim_and_cancels_the_profile(
    system: SimSystem, customer: Customer, serial: str, iccid: str
) -> None:
    system.sandbox.fault("reject", match={"sim_serial": serial, "action": "swap"})
    number = failed_order(system, customer, serial, "carrier.rejected")
    until(lambda: esim.profile_state(system, iccid) == "available", message=system.tail)
    assert esim.stock_state(system, iccid) == "retired"
    with pytest.raises(Conflict) as refused:
        esim.activation(customer, number)
    assert refused.value.code == "activation.not_ready"
    esim.stock(system)
    customer.wait_for(customer.place(wish(serial))["number"], "completed")


def test_a_swap_that_nobody_knows_of_is_left_to_staff(
    system: SimSystem, customer: Customer, serial: str, iccid: str
) -> None:
    match = {"sim_serial": serial, "action": "swap"}
    system.sandbox.fault("error", times=100_000, match=match)
    number = customer.place(wish(serial))["number"]
    until(lambda: system.sandbox.requests(serial), message=system.tail)
    assert given_up(system, customer, number)["reason"] == "carrier.no_answer"
    assert customer.sim(serial)["status"] == "error"
    assert esim.profile_state(system, iccid) == "released"
    assert esim.stock_state(system, iccid) == "reserved"


def by_staff(system: SimSystem, method: str, number: str, **more: Any) -> Any:
    return system.call(
        method, STAFF_ROLES, None, "operations", number=number, items=None, note="carrier asked", **more
    )


@pytest.mark.parametrize("outcome", ["done", "not_done"])
def test_staff_judge_a_swap_that_nobody_knows_of(
    system: SimSystem, customer: Customer, serial: str, iccid: str, outcome: str
) -> None:
    system.sandbox.fault("error", times=100_000, match={"sim_serial": serial, "action": "swap"})
    number = customer.place(wish(serial))["number"]
    until(lambda: system.sandbox.requests(serial), message=system.tail)
    given_up(system, customer, number)
    by_staff(system, "resolve_order", number, outcome=outcome)
    if outcome == "done":
        customer.wait_for(number, "completed")
        system.sandbox.reset_clock()  # the proof of the person is of the present
        assert esim.activation(customer, number)["iccid"] == iccid
        assert len(esim.mailed(system, number)) == 1
    else:
        assert customer.sim(serial)["status"] == "active"
        until(lambda: esim.profile_state(system, iccid) == "available", message=system.tail)
        assert esim.stock_state(system, iccid) == "retired"


@pytest.mark.parametrize("action", ["swap", "confirm_order"])
def test_staff_do_not_repeat_what_has_lost_its_profile(
    system: SimSystem, customer: Customer, serial: str, iccid: str, action: str
) -> None:
    target = {"sim_serial": serial} if action == "swap" else {"iccid": iccid}
    system.sandbox.fault("reject", match={**target, "action": action})
    number = failed_order(system, customer, serial, "carrier.rejected")
    until(lambda: esim.profile_state(system, iccid) == "available", message=system.tail)
    with pytest.raises(Conflict) as refused:
        by_staff(system, "retry_order", number)
    assert refused.value.code == "desk.no_work"
    system.change("UPDATE sims SET status = 'suspended' WHERE serial = :serial", serial=serial)
    by_staff(system, "resolve_order", number, outcome="not_done")
    assert customer.sim(serial)["status"] == "suspended"


def test_a_silent_smdp_holds_up_no_other_work(
    system: SimSystem, customer: Customer, serial: str, iccid: str
) -> None:
    system.sandbox.fault("error", times=100_000, match={"iccid": iccid})
    esim.stock(system, 11)
    waiting = [customer.place(wish(serial))["number"]]
    system.sandbox.fault("error", times=100_000, match={"action": "download_order"})
    for other in [esim.new_sim(system, customer) for _ in range(11)]:
        waiting.append(customer.place(wish(other))["number"])
    customer.wait_for(customer.recharge(customer.new_sim())["number"], "completed")
    assert all(customer.order(number)["status"] == "in_progress" for number in waiting)
    system.sandbox.no_faults()
    for number in waiting:
        customer.wait_for(number, "completed", timeout=40)
