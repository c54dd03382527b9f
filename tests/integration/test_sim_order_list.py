"""The list of orders, its file, one order in detail, and the facts that become mails."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy.orm import Session

from chassis import errors
from chassis.errors import KaisenError
from services.sim.happenings import happenings_of
from services.sim.numbers import ORDER_KINDS
from services.sim.watching import watch_jobs
from tests.integration.sim_system import Customer, SimSystem, sim_system


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


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[type[KaisenError], str]:
    with pytest.raises(KaisenError) as refused:
        call(*arguments, **named)
    return type(refused.value), refused.value.code


def tomorrow(system: SimSystem) -> str:
    return (system.sandbox.now().date() + timedelta(days=1)).isoformat()


def suspension(serials: list[str], **more: Any) -> dict[str, Any]:
    return {"kind": "CS", "sim_serials": serials, **more}


def numbers(found: dict[str, Any]) -> list[str]:
    return [order["number"] for order in found["items"]]


@dataclass
class Fleet:
    """A customer with orders of three kinds and four statuses, placed by two people."""

    customer: Customer
    serials: list[str]
    pending: str = ""
    cancelled: str = ""
    completed: str = ""
    several: str = ""
    failed: str = ""
    orders: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def fleet(system: SimSystem) -> Fleet:
    customer = system.customer()
    fleet = Fleet(customer, customer.new_sims(6))
    day = tomorrow(system)
    fleet.completed = customer.recharge(fleet.serials[0])["number"]
    customer.wait_for(fleet.completed, "completed")
    fleet.pending = customer.recharge(fleet.serials[0], 3, start_date=day)["number"]
    customer.login_id = "the-other_one"
    fleet.several = customer.place(suspension(fleet.serials[1:4], start_date=day))["number"]
    fleet.cancelled = customer.place(suspension(fleet.serials[4:5], start_date=day))["number"]
    customer.call("cancel_order", number=fleet.cancelled)
    system.sandbox.fault("reject", match={"sim_serial": fleet.serials[5]})
    fleet.failed = customer.place(suspension(fleet.serials[5:]))["number"]
    customer.wait_for(fleet.failed, "failed")
    found = customer.call("list_orders", limit=100)
    assert found["total"] == 5
    fleet.orders = found["items"]
    return fleet


class TestList:
    def test_s4_49_the_latest_come_first(self, fleet: Fleet) -> None:
        assert [order["number"] for order in fleet.orders] == [
            fleet.failed,
            fleet.cancelled,
            fleet.several,
            fleet.pending,
            fleet.completed,
        ]
        assert {order["customer_name"] for order in fleet.orders} == {f"株式会社{fleet.customer.code}"}

    @pytest.mark.parametrize(
        ("search", "expected"),
        [
            ({"status": "pending"}, ["several", "pending"]),
            ({"status": "cancelled"}, ["cancelled"]),
            ({"kind": "RC"}, ["pending", "completed"]),
            ({"kind": "TM"}, []),
            ({"service_type": "mixed"}, []),
            ({"service_type": "data", "kind": "CS"}, ["failed", "cancelled", "several"]),
            ({"applicant": "OTHER_"}, ["failed", "cancelled", "several"]),
            ({"applicant": "%"}, []),
            ({"number": "-rc26"}, ["pending", "completed"]),
            ({"number": "_"}, []),
        ],
        ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
    )
    def test_s4_49_conditions(self, fleet: Fleet, search: dict[str, str], expected: list[str]) -> None:
        if "number" in search and search["number"] == "-rc26":
            search = {"number": f"-rc{fleet.pending[-6:-4]}"}
        found = fleet.customer.call("list_orders", **search)
        assert numbers(found) == [getattr(fleet, name) for name in expected]
        assert found["total"] == len(expected)

    def test_s4_49_a_part_of_a_number_or_serial_finds_the_orders_of_its_sim(self, fleet: Fleet) -> None:
        third = fleet.customer.sim(fleet.serials[2])
        msisdn, serial = third["msisdn"], third["sim_serial"]
        for search in (
            {"msisdn": msisdn[2:]},
            {"msisdn": f"{msisdn[:3]}-{msisdn[3:7]}-{msisdn[7:]}"},
            {"serial": serial[-6:]},
            {"serial": serial.lower()},
            {"serial": serial, "msisdn": msisdn, "status": "pending", "kind": "CS"},
        ):
            assert numbers(fleet.customer.call("list_orders", **search)) == [fleet.several], search
        other = fleet.customer.sim(fleet.serials[0])["msisdn"]
        assert fleet.customer.call("list_orders", serial=serial, msisdn=other)["total"] == 0
        assert fleet.customer.call("list_orders", msisdn="0200")["total"] == 5

    def test_s4_61_another_customers_orders_are_not_found(self, system: SimSystem, fleet: Fleet) -> None:
        other = system.customer()
        serial = fleet.serials[0]
        for search in ({}, {"serial": serial}, {"number": fleet.pending}):
            assert other.call("list_orders", **search)["total"] == 0
            assert other.call("export_orders", **search)["items"] == []
        for method in ("get_order", "list_order_items"):
            assert refusal(other.call, method, number=fleet.pending) == (errors.NotFound, "order.unknown")

    @pytest.mark.parametrize(
        "column",
        [
            "number",
            "kind",
            "service_type",
            "applicant",
            "accepted_at",
            "executed_on",
            "cancelled_on",
            "status",
        ],
    )
    def test_s4_49_every_column_sorts_and_pages_both_ways(self, fleet: Fleet, column: str) -> None:
        whole = numbers(fleet.customer.call("list_orders", sort=column))
        assert numbers(fleet.customer.call("list_orders", sort=f"-{column}")) == whole[::-1]
        for sort, expected in ((column, whole), (f"-{column}", whole[::-1])):
            seen, cursor = [], None
            while True:
                page = fleet.customer.call("list_orders", sort=sort, limit=2, cursor=cursor)
                seen += numbers(page)
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert seen == expected

    @pytest.mark.parametrize(
        ("sort", "cursor"),
        [
            ("kind", "WzFd"),
            ("-accepted_at", "WyJraW5kIiwiQ1MiLDFd"),
            ("executed_on", "WyJleGVjdXRlZF9vbiIsIngiLDFd"),
            ("status", "WyJraW5kIiwiQ1MiLDFd"),
        ],
        ids=["id-for-a-column", "column-for-the-id", "no-day", "another-column"],
    )
    def test_a_cursor_belongs_to_its_sort(self, fleet: Fleet, sort: str, cursor: str) -> None:
        refused = refusal(fleet.customer.call, "list_orders", sort=sort, cursor=cursor)
        assert refused == (errors.Invalid, "page.bad_cursor")


class TestFile:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        search=st.fixed_dictionaries(
            {},
            optional={
                "status": st.sampled_from(["pending", "completed", "cancelled", "failed", "in_progress"]),
                "kind": st.sampled_from(["RC", "CS", "TM"]),
                "applicant": st.sampled_from(["the", "user", "x"]),
                "number": st.sampled_from(["-RC", "cs", "0001"]),
                "msisdn": st.sampled_from(["0200", "1", "0001"]),
                "serial": st.sampled_from(["AF", "00001", "00003"]),
            },
        ),
        sort=st.sampled_from(["-accepted_at", "number", "-status", "executed_on"]),
        part=st.integers(1, 3),
    )
    def test_s4_49_the_file_is_the_filtered_list(
        self, fleet: Fleet, search: dict[str, str], sort: str, part: int
    ) -> None:
        shown = fleet.customer.call("list_orders", sort=sort, limit=100, **search)
        rows: list[dict[str, Any]] = []
        cursor = None
        while True:
            piece = fleet.customer.call("export_orders", sort=sort, limit=part, cursor=cursor, **search)
            assert len(piece["items"]) <= part
            rows += piece["items"]
            cursor = piece["next_cursor"]
            if cursor is None:
                break
        assert len(rows) == shown["total"]
        assert rows == [{name: order[name] for name in rows[0]} for order in shown["items"]] if rows else True


class TestDetail:
    def test_s4_51_an_order_tells_its_targets_and_its_history(self, fleet: Fleet) -> None:
        order = fleet.customer.order(fleet.several)
        assert [item["sim_serial"] for item in order["items"]] == fleet.serials[1:4]
        first = order["items"][0]
        assert (first["plan"], first["sim_size"], first["options"], first["state"]) == (
            "500MB",
            "nano",
            [],
            "pending",
        )
        assert [(step["status"], step["actor"]) for step in order["history"]] == [
            ("pending", "the-other_one")
        ]
        assert (order["changeable"], order["cancellable"]) == (True, True)

    def test_s4_53_a_cancelled_order_tells_its_day_and_never_runs(
        self, system: SimSystem, fleet: Fleet
    ) -> None:
        order = fleet.customer.order(fleet.cancelled)
        assert order["cancelled_at"] is not None
        assert (order["executed_at"], order["changeable"], order["cancellable"]) == (None, False, False)
        assert [item["state"] for item in order["items"]] == ["cancelled"]
        system.sandbox.move_clock(system.sandbox.now() + timedelta(days=2))
        fleet.customer.wait_for(fleet.several, "completed")
        assert fleet.customer.order(fleet.cancelled)["status"] == "cancelled"
        assert system.sandbox.requests(fleet.serials[4]) == []

    def test_s4_51_ten_thousand_targets_come_in_pages(self, system: SimSystem, customer: Customer) -> None:
        serials = customer.new_sims(120)
        number = customer.place(suspension(serials, start_date=tomorrow(system)))["number"]
        order = customer.order(number)
        assert (len(order["items"]), order["items_total"]) == (50, 120)
        seen, cursor = order["items"], order["items_next_cursor"]
        while cursor is not None:
            page = customer.call("list_order_items", number=number, cursor=cursor, limit=50)
            assert page["total"] == 120
            seen += page["items"]
            cursor = page["next_cursor"]
        assert [item["sim_serial"] for item in seen] == serials
        assert customer.call("list_order_items", number=number, limit=100)["items"] == seen[:100]

    @pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "Wy0xXQ"])
    def test_a_made_up_cursor_is_refused(self, fleet: Fleet, cursor: str) -> None:
        refused = refusal(fleet.customer.call, "list_order_items", number=fleet.pending, cursor=cursor)
        assert refused == (errors.Invalid, "page.bad_cursor")


def told(system: SimSystem, number: str) -> list[dict[str, Any]]:
    rows = system.rows(
        "SELECT payload FROM outbox WHERE type = 'sim.order_progressed' AND payload ->> 'number' = :number"
        " ORDER BY id",
        number=number,
    )
    return [row.payload for row in rows]


class TestMails:
    def test_each_happening_is_told_once_whatever_the_size(
        self, system: SimSystem, customer: Customer
    ) -> None:
        serials = customer.new_sims(30)
        order = suspension(serials, start_date=tomorrow(system))
        number = customer.place(order, key="the-same")["number"]
        customer.place(order, key="the-same")
        customer.change(number, order | {"suspension_reason": "冬季"})
        customer.call("cancel_order", number=number)
        facts = told(system, number)
        assert [fact["happening"] for fact in facts] == ["accepted", "changed", "cancelled"]
        assert facts[0] == {
            "customer_code": customer.code,
            "number": number,
            "kind": "CS",
            "happening": "accepted",
            "applicant": customer.login_id,
            "start_date": tomorrow(system),
            "cancellable_until": facts[0]["cancellable_until"],
            "items_total": 30,
            "items_failed": 0,
        }

    def test_the_end_is_told(self, system: SimSystem, customer: Customer) -> None:
        serials = customer.new_sims(3)
        system.sandbox.fault("reject", match={"sim_serial": serials[1]})
        failed = customer.place(suspension(serials))["number"]
        customer.wait_for(failed, "partially_failed")
        facts = told(system, failed)
        assert [fact["happening"] for fact in facts] == ["accepted", "failed"]
        assert (facts[1]["items_total"], facts[1]["items_failed"]) == (3, 1)
        done = customer.recharge(customer.new_sim())["number"]
        customer.wait_for(done, "completed")
        assert [fact["happening"] for fact in told(system, done)] == ["accepted", "completed"]

    def test_what_is_switched_off_is_not_told(self, system: SimSystem, customer: Customer) -> None:
        off = {"RC": {"accepted": False}, "CS": {"completed": False}}
        mails = customer.call("set_mail_settings", mails=off)["mails"]
        assert mails["RC"]["accepted"] is False
        assert mails["RC"]["completed"] is True
        number = customer.recharge(customer.new_sim())["number"]
        customer.wait_for(number, "completed")
        assert [fact["happening"] for fact in told(system, number)] == ["completed"]
        other = system.customer()
        untouched = other.recharge(other.new_sim())["number"]
        assert told(system, untouched)[0]["happening"] == "accepted"
        assert customer.call("set_mail_settings", mails={"RC": {"accepted": True}})["mails"]["RC"]["accepted"]
        (audited, *_) = [
            row.payload
            for row in system.rows(
                "SELECT payload FROM outbox WHERE type = 'sim.audited' AND payload ->> 'target' = :code ORDER BY id",
                code=customer.code,
            )
        ]
        assert audited["action"] == "mail_settings.changed"
        assert audited["details"] == {"off": ["CS completed", "RC accepted"], "on": []}

    def test_all_mails_are_on_for_a_new_customer(self, customer: Customer) -> None:
        mails = customer.call("get_mail_settings")["mails"]
        assert mails == {kind: dict.fromkeys(happenings_of(kind), True) for kind in ORDER_KINDS}
        assert {kind for kind, switches in mails.items() if "shipped" in switches} == {"NS", "SR"}

    @pytest.mark.parametrize(
        "mails",
        [{"XX": {"accepted": False}}, {"RC": {"shipped": False}}, {"RC": {"lost": True}}],
        ids=["kind", "not-of-the-kind", "happening"],
    )
    def test_unknown_mails_are_refused(self, customer: Customer, mails: dict[str, dict[str, bool]]) -> None:
        refused = refusal(customer.call, "set_mail_settings", mails=mails)
        assert refused == (errors.Invalid, "mail_settings.unknown")

    def test_only_administrators_see_and_change_them(self, system: SimSystem, customer: Customer) -> None:
        operator = Customer(system, customer.code, frozenset({"console_viewer", "console_operator"}))
        assert refusal(operator.call, "get_mail_settings") == (errors.Forbidden, "role.missing")
        assert refusal(operator.call, "set_mail_settings", mails={}) == (errors.Forbidden, "role.missing")

    def test_two_who_switch_at_once_both_succeed(self, system: SimSystem, customer: Customer) -> None:
        lock = "SELECT 1 FROM customers WHERE code = :code FOR UPDATE"
        with ThreadPoolExecutor(2) as pool:
            with system.transaction(lock, code=customer.code):
                wishes = [{"RC": {"accepted": False}}, {"RC": {"accepted": False, "failed": False}}]
                running = [pool.submit(customer.call, "set_mail_settings", mails=wish) for wish in wishes]
                system.until_blocked()
            for one in running:
                one.result()
        assert not any(
            customer.call("get_mail_settings")["mails"]["RC"][each] for each in ("accepted", "failed")
        )


def test_a_job_past_its_promised_time_shows_in_the_metrics(system: SimSystem, customer: Customer) -> None:
    number = customer.recharge(customer.new_sim(), start_date=tomorrow(system))["number"]
    assert overdue(system) == 0
    system.change(
        "UPDATE orders SET not_after = now() - interval '1 day' WHERE number = :number", number=number
    )
    assert overdue(system) == 1
    customer.call("cancel_order", number=number)
    assert overdue(system) == 0


def overdue(system: SimSystem) -> float | None:
    with Session(system._engine) as session:
        watch_jobs(session, system.sandbox.now())
    return REGISTRY.get_sample_value("kaisen_sim_jobs_overdue")
