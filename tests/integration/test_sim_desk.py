"""The staff's desk: orders of all customers, and failed items carried out once more or decided on."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from chassis import errors
from chassis.errors import KaisenError
from tests.harness import until
from tests.integration.shipping_desk import reissue
from tests.integration.sim_system import GB, STAFF_ROLES, Customer, SimSystem, sim_system

SUPPORT_ROLES = frozenset({"staff_support"})
MB = 10**6


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, virtual_hosts, database_server_url: str
) -> Iterator[SimSystem]:
    folder = tmp_path_factory.mktemp("sim")
    with sim_system(
        folder, virtual_hosts.new(), database_server_url, KAISEN_RETRY_FOR_MINUTES="0"
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


class Staff:
    def __init__(
        self, system: SimSystem, login_id: str = "desk", roles: frozenset[str] = STAFF_ROLES
    ) -> None:
        self._system, self.login_id, self._roles = system, login_id, roles

    def call(self, method: str, **arguments: Any) -> Any:
        return self._system.call(method, self._roles, None, self.login_id, **arguments)

    def retry(self, number: str, **more: Any) -> Any:
        return self.call("retry_order", number=number, **{"note": "回線を確認した", **more})

    def resolve(self, number: str, outcome: str, **more: Any) -> Any:
        return self.call(
            "resolve_order", number=number, outcome=outcome, **{"note": "通信網の記録による", **more}
        )

    def order(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("get_any_order", number=number)
        return found

    def listed(self, customer: Customer, **search: Any) -> list[str]:
        found = self.call("list_all_orders", customer_code=customer.code, **search)
        assert found["total"] == len(found["items"])
        return [order["number"] for order in found["items"]]


@pytest.fixture
def staff(system: SimSystem) -> Staff:
    return Staff(system)


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[type[KaisenError], str]:
    with pytest.raises(KaisenError) as refused:
        call(*arguments, **named)
    return type(refused.value), refused.value.code


def suspension(serials: Sequence[str], **more: Any) -> dict[str, Any]:
    return {"kind": "CS", "sim_serials": list(serials), **more}


def reject(system: SimSystem, *serials: str) -> None:
    for serial in serials:
        system.sandbox.fault("reject", match={"sim_serial": serial})


def rejected(system: SimSystem, customer: Customer, count: int = 1) -> tuple[str, list[str]]:
    """A suspension whose SIMs the carrier has all refused once: its number, and the SIMs."""
    serials = customer.new_sims(count)
    reject(system, *serials)
    number = customer.place(suspension(serials))["number"]
    customer.wait_for(number, "failed")
    system.sandbox.no_faults()
    return number, serials


def unanswered(system: SimSystem, customer: Customer, order: dict[str, Any], action: str) -> str:
    """An order of which nobody knows whether the carrier has done it."""
    system.sandbox.fault("error", times=1000, match={"action": action})
    number = customer.place(order)["number"]
    customer.wait_for(number, "in_progress")
    system.sandbox.move_clock(system.sandbox.now() + timedelta(minutes=31))
    customer.wait_for(number, "failed")
    system.sandbox.no_faults()
    return number


def audited(system: SimSystem, number: str) -> list[tuple[str, dict[str, Any]]]:
    rows = system.rows(
        "SELECT payload FROM outbox WHERE type = 'sim.audited' AND payload ->> 'target' = :number ORDER BY id",
        number=number,
    )
    return [(row.payload["action"], row.payload["details"]) for row in rows]


class TestSearch:
    def test_the_failed_come_first_then_the_overdue_then_the_latest(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        failed, _ = rejected(system, customer)
        tomorrow = (system.sandbox.now().date() + timedelta(days=1)).isoformat()
        overdue = customer.place(suspension(customer.new_sims(1), start_date=tomorrow))["number"]
        system.change(
            "UPDATE orders SET not_after = now() - interval '1 hour' WHERE number = :number", number=overdue
        )
        done = customer.recharge(customer.new_sim())["number"]
        customer.wait_for(done, "completed")
        pending = customer.recharge(customer.new_sim(), start_date=tomorrow)["number"]
        assert staff.listed(customer) == [failed, overdue, pending, done]
        assert staff.listed(customer, trouble="any") == [failed, overdue]
        assert staff.listed(customer, trouble="failed") == [failed]
        assert staff.listed(customer, trouble="overdue") == [overdue]
        assert staff.listed(customer, status="completed") == [done]
        assert staff.listed(customer, kind="CS") == [failed, overdue]
        assert staff.listed(customer, number=pending[-8:].lower()) == [pending]
        paged, cursor = [], None
        for _ in range(4):
            page = staff.call("list_all_orders", customer_code=customer.code, limit=1, cursor=cursor)
            paged += [order["number"] for order in page["items"]]
            cursor = page["next_cursor"]
        assert (paged, cursor) == ([failed, overdue, pending, done], None)

    def test_an_order_of_any_customer_is_found_by_its_sims(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serial = customer.new_sim()
        number = customer.recharge(serial)["number"]
        msisdn = customer.sim(serial)["msisdn"]
        for search in ({"serial": serial[2:].lower()}, {"msisdn": f"{msisdn[:3]}-{msisdn[3:]}"}):
            found = staff.call("list_all_orders", **search)
            assert [order["number"] for order in found["items"]] == [number]
            assert found["items"][0]["customer_name"] == f"株式会社{customer.code}"

    def test_the_start_page_counts_what_waits(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        before = staff.call("count_order_troubles")
        number, _ = rejected(system, customer)
        assert staff.call("count_order_troubles") == before | {"failed": before["failed"] + 1}
        staff.resolve(number, "not_done")
        assert staff.call("count_order_troubles") == before

    @pytest.mark.parametrize("cursor", ["x", "WzFd", "WzksMV0"])
    def test_a_made_up_cursor_is_refused(self, staff: Staff, cursor: str) -> None:
        assert refusal(staff.call, "list_all_orders", cursor=cursor) == (errors.Invalid, "page.bad_cursor")

    def test_who_may_look_may_not_act(self, system: SimSystem, customer: Customer) -> None:
        number, _ = rejected(system, customer)
        support = Staff(system, "support", SUPPORT_ROLES)
        assert support.order(number)["trouble"] == "failed"
        assert refusal(support.retry, number) == (errors.Forbidden, "role.missing")
        assert refusal(support.resolve, number, "done") == (errors.Forbidden, "role.missing")


class TestRetry:
    def test_a_refused_order_is_carried_out_once_more(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        number, (serial,) = rejected(system, customer)
        seen = staff.order(number)
        assert (seen["trouble"], seen["undecided"], seen["items_failed"]) == ("failed", True, 1)
        (job,) = seen["items"][0]["jobs"]
        assert (job["state"], job["attempts"], job["error"]) == ("failed", 1, "carrier.rejected")
        assert staff.retry(number) == {"number": number, "items": 1}
        done = customer.wait_for(number, "completed")
        assert (done["items_failed"], done["reason"], done["items"][0]["reason"]) == (0, None, None)
        assert customer.sim(serial)["status"] == "suspended"
        assert system.sandbox.effects(serial) == [("suspend", 1)]
        steps = [(step["status"], step["actor"]) for step in done["history"]]
        assert steps[2:] == [("failed", ""), ("in_progress", "staff"), ("completed", "")]
        history = staff.order(number)["history"]
        assert (history[3]["actor"], history[3]["note"]) == ("staff:desk", "回線を確認した")
        assert audited(system, number) == [
            ("order.retried", {"items": 1, "customer": customer.code, "note": "回線を確認した"})
        ]

    def test_s4_11_the_status_error_ends_with_the_outcome(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serial = customer.new_sim()
        number = unanswered(system, customer, suspension([serial]), "suspend")
        assert customer.sim(serial)["status"] == "error"
        staff.retry(number)
        customer.wait_for(number, "completed")
        assert customer.sim(serial)["status"] == "suspended"

    def test_what_was_done_unanswered_is_asked_for_and_not_sent_again(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serial = customer.new_sim()
        number = unanswered(system, customer, suspension([serial]), "suspend")
        ((operation_id,),) = [job["operations"] for job in staff.order(number)["items"][0]["jobs"]]
        late = {"operation_id": operation_id, "action": "suspend", "sim_serial": serial, "params": {}}
        url = f"{system.sandbox.url}/carrier/operations/bulk"
        requests.post(url, json={"operations": [late]}, timeout=10).raise_for_status()
        sent = len(system.sandbox.requests(serial))
        staff.retry(number)
        customer.wait_for(number, "completed")
        assert system.sandbox.effects(serial) == [("suspend", 1)]
        assert len(system.sandbox.requests(serial)) == sent

    def test_a_sim_is_what_it_was_before_if_the_carrier_refuses_in_the_end(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serial = customer.new_sim(status="suspended")
        order = {"kind": "RS", "sim_serials": [serial]}
        number = unanswered(system, customer, order, "resume")
        assert customer.sim(serial)["status"] == "error"
        reject(system, serial)
        staff.retry(number)
        until(lambda: len(customer.order(number)["history"]) == 5 and customer.order(number))
        assert customer.order(number)["status"] == "failed"
        assert customer.sim(serial)["status"] == "suspended"

    @pytest.mark.parametrize("how", ["retry", "done"])
    def test_an_overtaken_recharge_leaves_the_carrier_with_the_whole_capacity(
        self, system: SimSystem, customer: Customer, staff: Staff, how: str
    ) -> None:
        serial = customer.new_sim()
        order = {"kind": "RC", "sim_serial": serial, "gigabytes": 3}
        number = unanswered(system, customer, order, "set_capacity")
        customer.wait_for(customer.recharge(serial, 1)["number"], "completed")
        assert system.sandbox.sim(serial)["capacity_bytes"] == 500 * MB + GB
        if how == "retry":
            staff.retry(number)
        else:
            staff.resolve(number, how)
        customer.wait_for(number, "completed")
        until(lambda: system.sandbox.sim(serial)["capacity_bytes"] == 500 * MB + 4 * GB, 20)
        assert customer.sim(serial)["capacity_bytes"] == 500 * MB + 4 * GB

    def test_it_has_its_whole_time_again(self, system: SimSystem, customer: Customer, staff: Staff) -> None:
        serial = customer.new_sim()
        number = unanswered(system, customer, suspension([serial]), "suspend")
        system.sandbox.fault("error", times=2, match={"sim_serial": serial})
        staff.retry(number)
        customer.wait_for(number, "completed")

    def test_only_the_failed_items_that_are_named(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serials = customer.new_sims(4)
        reject(system, *serials[:3])
        number = customer.place(suspension(serials))["number"]
        customer.wait_for(number, "partially_failed")
        system.sandbox.no_faults()
        assert refusal(staff.retry, number, items=[1, 4]) == (errors.Conflict, "desk.not_failed")
        staff.retry(number, items=[2])
        until(lambda: customer.order(number)["items_failed"] == 2)
        order = customer.wait_for(number, "partially_failed")
        assert [item["state"] for item in order["items"]] == ["failed", "completed", "failed", "completed"]
        failed = staff.call("list_any_order_items", number=number, state="failed")
        assert [item["item"] for item in failed["items"]] == [1, 3]
        staff.retry(number)
        assert customer.wait_for(number, "completed")["items_failed"] == 0

    def test_another_order_may_hold_the_sim_by_now(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        number, (serial,) = rejected(system, customer)
        tomorrow = (system.sandbox.now().date() + timedelta(days=1)).isoformat()
        other = customer.place(suspension([serial], start_date=tomorrow))["number"]
        with pytest.raises(errors.Conflict) as refused:
            staff.retry(number)
        assert (refused.value.code, refused.value.details["number"]) == ("order.conflict", other)
        assert customer.order(number)["status"] == "failed"

    def test_what_has_not_failed_is_not_retried(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        number = customer.recharge(customer.new_sim())["number"]
        customer.wait_for(number, "completed")
        assert refusal(staff.retry, number) == (errors.Conflict, "desk.nothing_failed")
        assert refusal(staff.retry, "TC0000-00000-RC260001") == (errors.NotFound, "order.unknown")

    @pytest.mark.parametrize("note", ["", "   ", "x" * 501], ids=["none", "blank", "too-long"])
    def test_a_reason_is_required(self, staff: Staff, note: str) -> None:
        for act in (staff.retry, lambda number, note: staff.resolve(number, "done", note=note)):
            assert refusal(act, "TC0000-00000-RC260001", note=note)[0] is errors.Invalid


class TestResolve:
    def test_what_was_done_gets_its_effect_here(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serials = customer.new_sims(2)
        number = unanswered(system, customer, suspension(serials), "suspend")
        staff.resolve(number, "done")
        done = customer.order(number)
        assert (done["status"], done["items_failed"]) == ("completed", 0)
        assert [item["state"] for item in done["items"]] == ["completed", "completed"]
        assert all(item["executed_at"] for item in done["items"])
        assert [customer.sim(serial)["status"] for serial in serials] == ["suspended", "suspended"]
        assert [action for action, _ in audited(system, number)] == ["order.resolved_done"]

    def test_a_recharge_that_was_done_is_there(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serial = customer.new_sim()
        order = {"kind": "RC", "sim_serial": serial, "gigabytes": 3}
        number = unanswered(system, customer, order, "set_capacity")
        assert customer.sim(serial)["capacity_bytes"] == 500 * MB
        staff.resolve(number, "done")
        assert customer.order(number)["status"] == "completed"
        assert customer.sim(serial)["capacity_bytes"] == 500 * MB + 3 * GB

    def test_what_was_not_done_stays_failed_and_the_sim_is_what_it_was(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serial = customer.new_sim()
        number = unanswered(system, customer, suspension([serial]), "suspend")
        staff.resolve(number, "not_done")
        order = customer.order(number)
        assert (order["status"], order["items"][0]["state"]) == ("failed", "failed")
        assert order["items"][0]["settled"]
        assert customer.sim(serial)["status"] == "active"
        assert staff.listed(customer, trouble="any") == []
        assert [step["actor"] for step in order["history"]][-1] == "staff"
        for act in (staff.retry, lambda number: staff.resolve(number, "done")):
            assert refusal(act, number) == (errors.Conflict, "desk.nothing_failed")
        customer.wait_for(customer.place(suspension([serial]))["number"], "completed")

    def test_an_order_waits_until_all_its_failures_are_decided_on(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        number, serials = rejected(system, customer, 2)
        staff.resolve(number, "not_done", items=[1])
        assert staff.order(number)["undecided"]
        assert staff.listed(customer, trouble="failed") == [number]
        staff.resolve(number, "done", items=[2])
        order = customer.order(number)
        assert (order["status"], order["items_failed"]) == ("partially_failed", 1)
        assert [customer.sim(serial)["status"] for serial in serials] == ["active", "suspended"]


class TestRaces:
    def test_of_two_people_at_once_one_decides(self, system: SimSystem, customer: Customer) -> None:
        number, (serial,) = rejected(system, customer)
        acts = [
            lambda: Staff(system, "first").retry(number),
            lambda: Staff(system, "second").resolve(number, "done"),
            lambda: Staff(system, "third").resolve(number, "not_done"),
            lambda: Staff(system, "fourth").retry(number),
        ]
        lock = "SELECT 1 FROM sims WHERE serial = :serial FOR UPDATE"
        with ThreadPoolExecutor(len(acts)) as pool:
            with system.transaction(lock, serial=serial):
                running = [pool.submit(act) for act in acts]
                system.until_blocked()
            outcomes = [one.exception() for one in running]
        refused = [error for error in outcomes if error is not None]
        assert len(refused) == len(acts) - 1
        codes = {error.code for error in refused if isinstance(error, errors.Conflict)}
        assert codes <= {"desk.changed", "desk.nothing_failed"}
        assert codes
        assert len(audited(system, number)) == 1
        order = customer.order(number)
        assert order["items_failed"] + (order["items"][0]["state"] != "failed") == 1

    def test_a_thousand_failed_items_take_few_statements(
        self, system: SimSystem, customer: Customer, staff: Staff
    ) -> None:
        serials = customer.new_sims(1000)
        system.sandbox.fault("reject", times=100_000, match={"action": "suspend"})
        number = customer.place(suspension(serials))["number"]
        customer.wait_for(number, "failed", timeout=60)
        system.sandbox.no_faults()
        assert customer.order(number)["items_total"] == 1000
        staff.call("resolve_order", number=number, outcome="not_done", note="一部", items=[1], timeout=10)
        staff.call("resolve_order", number=number, outcome="done", note="全件", timeout=10)
        order = customer.order(number)
        assert (order["status"], order["items_failed"]) == ("partially_failed", 1)
        (told,) = system.rows(
            "SELECT count(*) AS mails FROM outbox WHERE type = 'sim.order_progressed'"
            " AND payload ->> 'number' = :number AND payload ->> 'happening' = 'accepted'",
            number=number,
        )
        assert told.mails == 1


def test_s4_10_each_of_the_five_statuses_is_reached_by_an_order(
    system: SimSystem, customer: Customer
) -> None:
    active, suspended, terminated, reissuing, troubled = serials = customer.new_sims(5)
    for kind, serial in (("CS", suspended), ("TM", terminated)):
        customer.wait_for(customer.place({"kind": kind, "sim_serials": [serial]})["number"], "completed")
    customer.place(reissue(reissuing))
    unanswered(system, customer, suspension([troubled]), "suspend")
    assert [customer.sim(serial)["status"] for serial in serials] == [
        "active",
        "suspended",
        "terminated",
        "reissuing",
        "error",
    ]
    for status, serial in zip(("active", "terminated", "error"), (active, terminated, troubled), strict=True):
        found = customer.call("list_sims", status=status)["items"]
        assert [sim["sim_serial"] for sim in found] == [serial]
