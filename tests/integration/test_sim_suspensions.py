"""Suspending SIMs and resuming them: what is refused, when it happens, and what races."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import pytest

from chassis import errors
from chassis.clock import JAPAN
from chassis.errors import KaisenError
from services.sim.timing import latest_start_date
from tests.integration.sim_system import Customer, SimSystem, sim_system

Kind = Literal["CS", "RS"]
STATUS: dict[Kind, str] = {"CS": "active", "RS": "suspended"}
BOTH = pytest.mark.parametrize("kind", ["CS", "RS"])


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


def wish(kind: Kind, *serials: str, start: date | str | None = None, **more: Any) -> dict[str, Any]:
    day = start.isoformat() if isinstance(start, date) else start
    return {"kind": kind, "sim_serials": list(serials), "start_date": day, **more}


def refused(customer: Customer, order: dict[str, Any]) -> KaisenError:
    """Why a quote of the order is refused; placing it is refused for the same reason."""
    with pytest.raises(KaisenError) as by_quote:
        customer.quote(order)
    with pytest.raises(KaisenError) as by_placing:
        customer.place(order)
    assert (by_placing.value.code, by_placing.value.details) == (by_quote.value.code, by_quote.value.details)
    return by_quote.value


class TestRefusals:
    @BOTH
    def test_an_unknown_sim_and_another_customer_s_are_refused_alike(
        self, system: SimSystem, customer: Customer, kind: Kind
    ) -> None:
        own = customer.new_sim(status=STATUS[kind])
        foreign = system.customer().new_sim(status=STATUS[kind])
        for wanted in ("AF000000000000", foreign):
            error = refused(customer, wish(kind, own, wanted))
            assert isinstance(error, errors.NotFound)
            assert (error.code, error.details) == ("sim.unknown", {"sim_serial": wanted})

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("CS", "suspended"),
            ("CS", "ordered"),
            ("CS", "shipped"),
            ("CS", "terminated"),
            ("CS", "reissuing"),
            ("CS", "error"),
            ("RS", "active"),
            ("RS", "ordered"),
            ("RS", "shipped"),
            ("RS", "terminated"),
            ("RS", "reissuing"),
            ("RS", "error"),
        ],
    )
    def test_a_sim_of_another_status_is_refused(
        self, system: SimSystem, customer: Customer, kind: Kind, status: str
    ) -> None:
        serial = customer.new_sim()
        system.change("UPDATE sims SET status = :status WHERE serial = :serial", status=status, serial=serial)
        error = refused(customer, wish(kind, serial))
        assert isinstance(error, errors.Conflict)
        assert (error.code, error.details) == (
            "sim.wrong_status",
            {"sim_serial": serial, "status": status, "allowed": [STATUS[kind]]},
        )

    @BOTH
    def test_a_sim_that_is_named_twice_is_refused(self, customer: Customer, kind: Kind) -> None:
        one, other = customer.new_sims(2, status=STATUS[kind])
        error = refused(customer, wish(kind, one, other, one))
        assert isinstance(error, errors.Invalid)
        assert (error.code, error.details) == ("sims.repeated", {"sim_serial": one})

    @BOTH
    def test_s4_60_an_open_order_for_one_of_the_sims_is_named(
        self, system: SimSystem, customer: Customer, kind: Kind
    ) -> None:
        one, other = customer.new_sims(2, status=STATUS[kind])
        later = system.sandbox.now().date() + timedelta(days=9)
        first = customer.place(wish(kind, other, start=later))["number"]
        error = refused(customer, wish(kind, one, other))
        assert isinstance(error, errors.Conflict)
        assert (error.code, error.details) == ("order.conflict", {"number": first, "sim_serial": other})
        customer.call("cancel_order", number=first)
        assert customer.quote(wish(kind, one, other))["notices"] == []

    @BOTH
    @pytest.mark.parametrize("off", ["yesterday", "too late", "no date"])
    def test_s4_38_the_day_is_from_today_to_three_months_later(
        self, system: SimSystem, customer: Customer, kind: Kind, off: str
    ) -> None:
        serial = customer.new_sim(status=STATUS[kind])
        today = system.sandbox.now().date()
        latest = latest_start_date(today)
        wrong = {"yesterday": today - timedelta(days=1), "too late": latest + timedelta(days=1)}.get(off)
        error = refused(customer, wish(kind, serial, start=wrong or "2026-02-30"))
        assert isinstance(error, errors.Invalid)
        assert error.code == "start_date.out_of_range"
        assert error.details == {"earliest": today.isoformat(), "latest": latest.isoformat()}
        for day in (today, latest):
            assert customer.quote(wish(kind, serial, start=day))["start_date"] == day.isoformat()

    @BOTH
    @pytest.mark.parametrize(
        "more", [{"sim_serials": []}, {"gigabytes": 1}, {"sim_serials": ["A" * 33]}], ids=str
    )
    def test_what_is_no_such_request_is_refused(
        self, customer: Customer, kind: Kind, more: dict[str, Any]
    ) -> None:
        error = refused(customer, wish(kind, customer.new_sim(status=STATUS[kind])) | more)
        assert error.code == "request.invalid"

    def test_a_reason_of_control_characters_or_too_long_is_refused(self, customer: Customer) -> None:
        serial = customer.new_sim()
        for reason in ("a\nb", "あ" * 201):
            assert refused(customer, wish("CS", serial, suspension_reason=reason)).code == "request.invalid"

    def test_a_viewer_may_ask_but_not_order(self, customer: Customer) -> None:
        viewer, serial = customer.as_viewer(), customer.new_sim()
        assert viewer.quote(wish("CS", serial))["kind"] == "CS"
        with pytest.raises(errors.Forbidden):
            viewer.place(wish("CS", serial))


def test_s4_39_the_notice_comes_with_the_hundred_and_first_sim(customer: Customer) -> None:
    serials = customer.new_sims(101)
    assert customer.quote(wish("CS", *serials[:100]))["notices"] == []
    assert customer.quote(wish("CS", *serials))["notices"] == ["order.many_sims"]


def test_the_quote_tells_what_is_confirmed_of_each_sim(system: SimSystem, customer: Customer) -> None:
    one, other = customer.new_sims(2)
    system.change("UPDATE sims SET options = '{recharge}' WHERE serial = :serial", serial=other)
    quote = customer.quote(wish("CS", other, one, suspension_reason=" 非稼動のため "))
    assert [(item["sim_serial"], item["details"]) for item in quote["items"]] == [
        (other, {"plan": "500MB", "sim_size": "nano", "options": ["recharge"]}),
        (one, {"plan": "500MB", "sim_size": "nano", "options": []}),
    ]
    assert quote["terms"] == {"suspension_reason": "非稼動のため"}
    placed = customer.place(wish("CS", other, one, suspension_reason="非稼動のため"), quote["fingerprint"])
    items = customer.order(placed["number"])["items"]
    assert [item["details"]["options"] for item in items] == [["recharge"], []]


def test_what_was_confirmed_must_still_be_so(system: SimSystem, customer: Customer) -> None:
    serial = customer.new_sim()
    quote = customer.quote(wish("CS", serial))
    system.change("UPDATE sims SET plan = '1GB' WHERE serial = :serial", serial=serial)
    with pytest.raises(errors.Conflict) as refusal:
        customer.place(wish("CS", serial), quote["fingerprint"])
    assert refusal.value.code == "quote.changed"


def test_s4_36_s4_38_today_s_orders_suspend_and_resume_within_half_an_hour(
    system: SimSystem, customer: Customer
) -> None:
    serials = customer.new_sims(3)
    for kind, status, action in (("CS", "suspended", "suspend"), ("RS", "active", "resume")):
        order = customer.place(wish(kind, *serials))  # type: ignore[arg-type]
        done = customer.wait_for(order["number"], "completed")
        window = [datetime.fromisoformat(order[name]) for name in ("not_before", "not_after")]
        assert window[1] - window[0] == timedelta(minutes=30)
        assert window[0] <= datetime.fromisoformat(done["executed_at"]) <= window[1]
        for serial in serials:
            assert customer.sim(serial)["status"] == status
            assert system.sandbox.effects(serial)[-1] == (action, 1)


def test_s4_38_a_reserved_order_waits_for_the_midnight_of_its_day(
    system: SimSystem, customer: Customer
) -> None:
    serial = customer.new_sim()
    day = system.sandbox.now().date() + timedelta(days=1)
    midnight = datetime.combine(day, time(), JAPAN)
    order = customer.place(wish("CS", serial, start=day))
    assert [datetime.fromisoformat(order[name]) for name in ("not_before", "not_after")] == [
        midnight,
        midnight + timedelta(minutes=30),
    ]
    system.sandbox.move_clock(midnight - timedelta(seconds=30))
    other = customer.place(wish("CS", customer.new_sim()))
    customer.wait_for(other["number"], "completed")  # the scheduler has been at work
    assert customer.sim(serial)["status"] == "active"
    assert system.sandbox.requests(serial) == []
    system.sandbox.move_clock(midnight)
    done = customer.wait_for(order["number"], "completed")
    assert midnight <= datetime.fromisoformat(done["executed_at"]) <= midnight + timedelta(minutes=30)
    assert customer.sim(serial)["status"] == "suspended"


def test_what_the_carrier_refuses_leaves_that_sim_as_it_was(system: SimSystem, customer: Customer) -> None:
    well, ill = customer.new_sims(2)
    system.sandbox.fault("reject", match={"sim_serial": ill})
    order = customer.place(wish("CS", well, ill))
    done = customer.wait_for(order["number"], "partially_failed")
    assert [(item["sim_serial"], item["state"]) for item in done["items"]] == [
        (well, "completed"),
        (ill, "failed"),
    ]
    assert customer.sim(well)["status"] == "suspended"
    assert customer.sim(ill)["status"] == "active"


def test_s4_52_a_change_replaces_the_sims_and_the_reason(system: SimSystem, customer: Customer) -> None:
    one, two, three = customer.new_sims(3)
    day = system.sandbox.now().date() + timedelta(days=3)
    number = customer.place(wish("CS", one, two, start=day, suspension_reason="倉庫"))["number"]
    changed = customer.change(number, wish("CS", two, three, start=day, suspension_reason="修理"))
    assert (changed["items_total"], changed["terms"]["suspension_reason"]) == (2, "修理")
    assert customer.quote(wish("CS", one))["kind"] == "CS"  # free again
    assert refused(customer, wish("CS", three)).details["number"] == number


def test_of_two_orders_for_a_sim_at_the_same_time_one_is_taken(customer: Customer) -> None:
    shared, *others = customer.new_sims(9)

    def place(other: str) -> str:
        try:
            customer.place(wish("CS", shared, other))
        except errors.Conflict as error:
            return error.code
        return "taken"

    with ThreadPoolExecutor(8) as people:
        ends = Counter(people.map(place, others))
    assert ends.pop("taken") == 1
    assert set(ends) <= {"order.conflict", "sim.wrong_status"}
