"""Reissuing SIMs as eSIMs: what is offered and refused, when it is carried out, and who may have the code."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from chassis import clock, errors
from chassis.clock import JAPAN
from chassis.errors import KaisenError
from chassis.sealing import FieldCipher
from services.sim.activation_code import decrypt
from services.sim.timing import latest_start_date
from tests.harness import ROOT, until
from tests.integration import esim_orders as esim
from tests.integration.esim_orders import wish
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
    # what a test has ordered for a day to come would take the profiles of another one
    system.change("UPDATE jobs SET state = 'cancelled' WHERE state = 'waiting' AND kind = 'reserve_profile'")
    system.sandbox.no_faults()
    system.sandbox.reset_clock()


@pytest.fixture
def customer(system: SimSystem) -> Customer:
    return system.customer()


@pytest.fixture
def serial(system: SimSystem, customer: Customer) -> str:
    esim.stock(system)
    return esim.new_sim(system, customer)


@pytest.fixture
def today(system: SimSystem) -> date:
    return system.sandbox.now().date()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def tomorrow(today: date) -> str:
    return (today + timedelta(days=1)).isoformat()


def refused(call: Any, *arguments: Any, **named: Any) -> KaisenError:
    with pytest.raises(KaisenError) as found:
        call(*arguments, **named)
    return found.value


def codes_of(error: KaisenError) -> list[str]:
    return [f"{each['pointer']} {each['code']}" for each in error.details["errors"]]


class TestWhatIsOrdered:
    def test_s4_45_without_a_day_it_is_promised_within_ten_minutes(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        quote = customer.quote(wish(serial))
        begin, end = instant(quote["not_before"]), instant(quote["not_after"])
        assert abs(begin - system.sandbox.now()) < timedelta(seconds=10)
        assert end - begin == timedelta(minutes=10)
        assert (quote["cancellable_until"], quote["price_yen"], quote["by_hand"]) == (None, 0, False)
        assert quote["terms"]["sim_type"] == "esim"

    def test_s4_47_it_is_said_that_the_old_sim_stops_working(self, customer: Customer, serial: str) -> None:
        assert customer.quote(wish(serial))["notices"] == ["esim.discard_old_sim"]

    def test_s4_46_a_day_is_chosen_from_the_present_one_on(
        self, customer: Customer, serial: str, today: date
    ) -> None:
        for day in (today, today + timedelta(days=1), latest_start_date(today)):
            assert (
                customer.quote(wish(serial, delivery_date=day.isoformat()))["start_date"] == day.isoformat()
            )
        for day in (today - timedelta(days=1), latest_start_date(today) + timedelta(days=1)):
            error = refused(customer.quote, wish(serial, delivery_date=day.isoformat()))
            assert error.code == "delivery_date.out_of_range"
            assert error.details["earliest"] == today.isoformat()
            assert error.details["latest"] == latest_start_date(today).isoformat()

    def test_s4_46_a_day_to_come_begins_at_midnight(
        self, customer: Customer, serial: str, today: date
    ) -> None:
        quote = customer.quote(wish(serial, delivery_date=tomorrow(today)))
        midnight = datetime.combine(today + timedelta(days=1), time(), JAPAN)
        assert instant(quote["not_before"]) == instant(quote["cancellable_until"]) == midnight
        assert instant(quote["not_after"]) == midnight + timedelta(minutes=30)

    @pytest.mark.parametrize(
        "more", [{"delivery": {}}, {"sim_size": "nano"}, {"reason": "bored"}, {"eid": None}]
    )
    def test_s4_44_s4_46_no_address_is_asked_for_and_the_reason_is_one_of_two(
        self, customer: Customer, serial: str, more: dict[str, Any]
    ) -> None:
        assert refused(customer.quote, wish(serial, **more)).code == "request.invalid"

    @pytest.mark.parametrize("reason", ["lost_or_stolen", "other"])
    def test_s4_44_both_reasons_are_kept(self, customer: Customer, serial: str, reason: str) -> None:
        assert customer.quote(wish(serial, reason=reason))["terms"]["reason"] == reason

    def test_s4_48_only_mobile_choice_sims_become_esims(self, system: SimSystem, customer: Customer) -> None:
        serial = esim.new_sim(system, customer, "data")
        error = refused(customer.quote, wish(serial))
        assert (type(error), error.code) == (errors.Conflict, "esim.not_offered")
        assert error.details == {"service_type": "data"}
        offered = customer.call("order_choices", kind="SR")["esim"]
        assert offered["service_types"] == ["mobile_choice"]

    @pytest.mark.parametrize(
        ("more", "problems"),
        [
            ({"eid": ""}, ["eid eid.malformed"]),
            ({"eid": esim.eid()[:-1]}, ["eid eid.malformed"]),
            ({"eid": f"{esim.eid()[:-1]}{(int(esim.eid()[-1]) + 1) % 10}"}, ["eid eid.check_digits"]),
            ({"contact_name": " "}, ["contact_name delivery.blank"]),
            ({"contact_mail": "taro"}, ["contact_mail delivery.mail"]),
            ({"eid": "1", "contact_mail": ""}, ["eid eid.malformed", "contact_mail delivery.blank"]),
        ],
        ids=["no-eid", "short-eid", "wrong-eid", "no-name", "wrong-mail", "several"],
    )
    def test_what_is_wrong_is_named_with_its_field(
        self, customer: Customer, serial: str, more: dict[str, Any], problems: list[str]
    ) -> None:
        assert codes_of(refused(customer.quote, wish(serial, **more))) == problems

    def test_an_eid_may_be_entered_in_groups(self, customer: Customer, serial: str) -> None:
        grouped = " ".join(esim.eid()[start : start + 4] for start in range(0, 32, 4))
        assert customer.quote(wish(serial, eid=grouped))["terms"]["eid"] == esim.eid()

    @pytest.mark.parametrize("status", ["suspended", "shipped"])
    def test_only_an_active_sim_is_reissued(self, system: SimSystem, customer: Customer, status: str) -> None:
        serial = esim.new_sim(system, customer, status=status)
        error = refused(customer.quote, wish(serial))
        assert (error.code, error.details["status"]) == ("sim.not_reissuable", status)

    def test_s4_60_an_order_that_holds_the_sim_goes_first(
        self, customer: Customer, serial: str, today: date
    ) -> None:
        first = customer.place({"kind": "CS", "sim_serials": [serial], "start_date": tomorrow(today)})
        error = refused(customer.place, wish(serial))
        assert (error.code, error.details["number"]) == ("order.conflict", first["number"])
        customer.call("cancel_order", number=first["number"])
        number = customer.place(wish(serial, delivery_date=tomorrow(today)))["number"]
        error = refused(customer.place, {"kind": "CS", "sim_serials": [serial]})
        assert (error.code, error.details["number"]) == ("order.conflict", number)

    def test_s4_61_a_foreign_sim_is_like_an_unknown_one(self, system: SimSystem, serial: str) -> None:
        other = system.customer()
        for wanted in (serial, "AF99999999999"):
            error = refused(other.quote, wish(wanted))
            assert (type(error), error.code) == (errors.NotFound, "sim.unknown")

    def test_without_a_profile_in_stock_only_a_later_day_is_taken(
        self, system: SimSystem, customer: Customer, serial: str, today: date
    ) -> None:
        system.change("UPDATE sim_stock SET state = 'retired' WHERE state = 'free'")
        for day in (None, today.isoformat()):
            assert refused(customer.place, wish(serial, delivery_date=day)).code == "esim.out_of_stock"
        assert customer.place(wish(serial, delivery_date=tomorrow(today)))["status"] == "pending"

    def test_s4_53_a_cancelled_order_leaves_the_sim_and_the_stock(
        self, system: SimSystem, customer: Customer, serial: str, today: date
    ) -> None:
        number = customer.place(wish(serial, delivery_date=tomorrow(today)))["number"]
        assert customer.sim(serial)["status"] == "active"
        assert customer.call("cancel_order", number=number)["status"] == "cancelled"
        assert customer.sim(serial)["status"] == "active"
        assert (
            system.rows(
                "SELECT 1 FROM esim_profiles p JOIN order_items i ON i.id = p.order_item_id"
                " WHERE i.sim_serial = :serial",
                serial=serial,
            )
            == []
        )

    def test_s4_52_another_day_and_another_device_can_be_put_in_place(
        self, customer: Customer, serial: str, today: date
    ) -> None:
        number = customer.place(wish(serial, delivery_date=tomorrow(today)))["number"]
        day = (today + timedelta(days=2)).isoformat()
        changed = customer.change(number, wish(serial, delivery_date=day, eid=esim.eid(2)))
        assert (changed["number"], changed["start_date"], changed["terms"]["eid"]) == (
            number,
            day,
            esim.eid(2),
        )

    def test_the_language_of_the_notice_is_no_part_of_what_is_confirmed(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        quote = customer.quote(wish(serial))
        assert quote["terms"]["language"] == "ja"
        assert "eid" in quote["terms"]
        assert not {"contact_name", "contact_mail"} & quote["terms"].keys()


class TestHowItIsCarriedOut:
    def test_s4_40_s4_45_the_number_goes_on_with_the_esim(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        before = customer.sim(serial)
        order = customer.place(wish(serial))
        done = customer.wait_for(order["number"], "completed")
        assert instant(done["executed_at"]) <= instant(order["not_after"])
        iccid = esim.new_serial(customer, order["number"])
        after = customer.sim(iccid)
        assert (after["status"], after["sim_type"]) == ("active", "esim")
        assert (after["msisdn"], after["plan"]) == (before["msisdn"], before["plan"])
        assert esim.profile_state(system, iccid) == "released"
        assert esim.stock_state(system, iccid) == "assigned"

    def test_s4_47_the_old_sim_is_dead_at_the_switch(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        number = customer.place(wish(serial))["number"]
        customer.wait_for(number, "completed")
        iccid = esim.new_serial(customer, number)
        assert system.sandbox.effects(serial) == [("swap", 1)]
        network = system.sandbox.sim(serial)
        assert (network["status"], network["replaced_by"]) == ("replaced", iccid)
        assert customer.sim(serial)["status"] == "terminated"

    def test_s4_40_the_sim_is_being_reissued_meanwhile(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        system.sandbox.fault("delay", seconds=0.4, match={"action": "confirm_order"})
        system.sandbox.fault("delay", seconds=0.4, match={"sim_serial": serial})
        number = customer.place(wish(serial))["number"]
        until(lambda: customer.sim(serial)["status"] == "reissuing", message=system.tail)
        customer.wait_for(number, "completed")

    def test_s4_46_a_chosen_day_begins_at_midnight_and_not_before(
        self, system: SimSystem, customer: Customer, serial: str, today: date
    ) -> None:
        number = customer.place(wish(serial, delivery_date=tomorrow(today)))["number"]
        midnight = datetime.combine(today + timedelta(days=1), time(), JAPAN)
        system.sandbox.move_clock(midnight - timedelta(seconds=60))
        customer.wait_for(customer.recharge(customer.new_sim())["number"], "completed")
        assert (customer.order(number)["status"], customer.sim(serial)["status"]) == ("pending", "active")
        system.sandbox.move_clock(midnight)
        done = customer.wait_for(number, "completed")
        assert midnight <= instant(done["executed_at"]) <= midnight + timedelta(minutes=30)

    def test_the_contact_is_told_without_the_code(
        self, system: SimSystem, customer: Customer, serial: str
    ) -> None:
        number = customer.place(wish(serial))["number"]
        customer.wait_for(number, "completed")
        (told,) = esim.mailed(system, number)
        shown = esim.activation(customer, number)
        assert (told["contact_mail"], told["msisdn"], told["language"]) == (esim.MAIL, shown["msisdn"], "ja")
        assert shown["matching_id"] not in json.dumps(told)

    def test_the_last_profile_is_given_to_one_of_two(
        self, system: SimSystem, customer: Customer, today: date
    ) -> None:
        system.change("UPDATE sim_stock SET state = 'retired' WHERE state = 'free'")
        (only,) = esim.stock(system)
        serials = [esim.new_sim(system, customer) for _ in range(2)]
        day = tomorrow(today)
        numbers = [customer.place(wish(serial, delivery_date=day))["number"] for serial in serials]
        system.sandbox.move_clock(datetime.combine(today + timedelta(days=1), time(), JAPAN))

        def statuses() -> list[str]:
            return sorted(customer.order(number)["status"] for number in numbers)

        until(lambda: statuses() == ["completed", "pending"], message=system.tail)
        assert esim.stock_state(system, only) == "assigned"
        until(lambda: [line for line in system.log_lines() if line.get("event") == "no profile in stock"])
        (waiting,) = [number for number in numbers if customer.order(number)["status"] == "pending"]
        esim.stock(system)
        customer.wait_for(waiting, "completed")
        assert len({esim.new_serial(customer, number) for number in numbers}) == 2

    def test_an_order_without_a_profile_fails_in_the_end(
        self, system: SimSystem, customer: Customer, serial: str, today: date
    ) -> None:
        number = customer.place(wish(serial, delivery_date=tomorrow(today)))["number"]
        system.change("UPDATE sim_stock SET state = 'retired' WHERE state = 'free'")
        system.sandbox.move_clock(datetime.combine(today + timedelta(days=3), time(), JAPAN))
        assert customer.wait_for(number, "failed")["reason"] == "esim.out_of_stock"
        assert customer.sim(serial)["status"] == "active"

    def test_orders_at_the_same_time_get_profiles_of_their_own(
        self, system: SimSystem, customer: Customer
    ) -> None:
        esim.stock(system, 8)
        serials = [esim.new_sim(system, customer) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            numbers = [
                order["number"] for order in pool.map(lambda serial: customer.place(wish(serial)), serials)
            ]
        for number in numbers:
            customer.wait_for(number, "completed")
        iccids = {esim.new_serial(customer, number) for number in numbers}
        assert len(iccids) == 8
        assert all(esim.calls(system, iccid) == ["download_order", "confirm_order"] for iccid in iccids)


def everything_stored(system: SimSystem) -> dict[str, str]:
    """All rows as text, by table."""
    tables = system.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    return {
        table.name: str(system.rows(f'SELECT CAST(t AS text) FROM "{table.name}" t'))  # noqa: S608
        for table in tables
    }


def reencrypt(system: SimSystem, keys: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.sim.reencrypt", "--batch", "2"],
        env=system.replicas[0].env | {"KAISEN_FIELD_KEYS": json.dumps(keys)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


class TestTheActivationCode:
    @pytest.fixture
    def number(self, customer: Customer, serial: str) -> str:
        order: dict[str, Any] = customer.place(wish(serial))
        customer.wait_for(order["number"], "completed")
        return str(order["number"])

    def test_the_code_opens_the_profile_for_the_device(
        self, system: SimSystem, customer: Customer, number: str
    ) -> None:
        shown = esim.activation(customer, number)
        assert shown["activation_code"] == f"LPA:1$smdp.example${shown['matching_id']}"
        assert (shown["iccid"], shown["eid"]) == (esim.new_serial(customer, number), esim.eid())
        assert not esim.download(system, shown["activation_code"], esim.eid(2)).ok
        assert esim.download(system, shown["activation_code"]).ok
        assert esim.profile_state(system, shown["iccid"]) == "downloaded"

    def test_every_time_is_audited_without_the_code(
        self, system: SimSystem, customer: Customer, number: str
    ) -> None:
        shown, _ = (esim.activation(customer, number) for _ in range(2))
        rows = system.rows(
            "SELECT payload FROM outbox WHERE type = 'sim.audited' AND payload ->> 'target' = :number",
            number=number,
        )
        assert [row.payload["action"] for row in rows] == ["activation.shown"] * 2
        assert all(row.payload["login_id"] == customer.login_id for row in rows)
        assert shown["matching_id"] not in json.dumps([row.payload for row in rows])

    def test_it_asks_for_a_fresh_proof(self, customer: Customer, number: str) -> None:
        error = refused(
            esim.activation, customer, number, authenticated_at=clock.wall() - timedelta(minutes=11)
        )
        assert (type(error), error.code) == (errors.Forbidden, "proof.required")

    def test_who_may_only_look_does_not_get_it(self, customer: Customer, number: str) -> None:
        assert refused(esim.activation, customer.as_viewer(), number).code == "role.missing"

    def test_s4_61_another_customer_does_not_get_it(self, system: SimSystem, number: str) -> None:
        error = refused(esim.activation, system.customer(), number)
        assert (type(error), error.code) == (errors.NotFound, "order.unknown")

    def test_other_orders_have_none(self, customer: Customer) -> None:
        number = customer.recharge(customer.new_sim())["number"]
        assert refused(esim.activation, customer, number).code == "activation.none"

    def test_it_is_not_there_before_the_esim_is_ready(
        self, customer: Customer, serial: str, today: date
    ) -> None:
        number = customer.place(wish(serial, delivery_date=tomorrow(today)))["number"]
        error = refused(esim.activation, customer, number)
        assert (error.code, error.details) == ("activation.not_ready", {"status": "pending"})

    def test_it_is_stored_nowhere_in_clear(self, system: SimSystem, customer: Customer, number: str) -> None:
        secret = esim.activation(customer, number)["matching_id"]
        assert [name for name, rows in everything_stored(system).items() if secret in rows] == []
        assert secret not in json.dumps(system.log_lines())

    def test_the_key_can_be_changed(self, system: SimSystem, customer: Customer, number: str) -> None:
        secret = esim.activation(customer, number)["matching_id"]
        iccid = esim.new_serial(customer, number)
        old = json.loads(system.replicas[0].env["KAISEN_FIELD_KEYS"])
        new = {"f2": base64.b64encode(os.urandom(32)).decode()}
        unreadable = reencrypt(system, new)
        assert unreadable.returncode != 0
        assert iccid in unreadable.stderr
        assert reencrypt(system, new | old).stdout.endswith(" re-encrypted\n")
        (row,) = system.rows("SELECT matching_id FROM esim_profiles WHERE iccid = :iccid", iccid=iccid)
        assert decrypt(FieldCipher(json.dumps(new)), iccid, row.matching_id) == secret
        assert reencrypt(system, old | new).returncode == 0
        assert esim.activation(customer, number)["matching_id"] == secret
